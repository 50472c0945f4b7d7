//! The route of a call: lookup, filter, gate, backend. Each room takes what the one before it made.

use std::sync::Arc;

use arc_swap::Guard;
use mcpmux_core::call::{Answer, Call, Final, Method, NamedBy, Outcome, Permitted, Routed, Target};
use mcpmux_core::catalog::{Entry, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::{Ruling, unknown};
use mcpmux_core::json::Raw;
use mcpmux_core::peer::Flight;

use crate::policy::{self, Filtered, Passage, Plan};
use crate::view::{Placed, View};
use crate::{Mux, bridge, links};

/// Room 2 makes this: where a call goes, and which plugins it meets on its way.
pub(crate) struct Found {
    pub(crate) routed: Routed,
    pub(crate) place: Place,
    pub(crate) plan: Option<Arc<Plan>>,
}

/// Who answers a call.
pub(crate) enum Place {
    /// A backend.
    Backend(Arc<Placed>),
    /// The request hook of the plugin that added the tool.
    Plugin,
}

/// A call that passed the rooms before its backend.
pub(crate) enum Admitted {
    /// It may be sent.
    On { permitted: Permitted, placed: Arc<Placed>, passage: Option<Passage> },
    /// A plugin answered it.
    Answered(Answer),
}

impl Mux {
    /// Takes a call from the door to its backend and its outcome back. Dropping the future cancels it.
    ///
    /// Where client and backend are of different eras, what a backend asks meanwhile is put in the client's terms:
    /// a legacy client is asked through `flight`, a modern one gets a result that asks for input, and comes back.
    pub async fn call(&self, call: Call, flight: Flight) -> Outcome {
        let client = Arc::clone(&call.client);
        let outcome = if call.method.may_need_input() && bridge::comes_back(&call) {
            self.resume(call, flight).await
        } else {
            self.begin(call, flight, Vec::new()).await
        };
        outcome.map_err(|fault| said_to(&client, fault))
    }

    /// A call that is none's continuation; `approved` are the plugins whose questions were answered with yes when it was
    /// made before.
    pub(crate) async fn begin(&self, call: Call, flight: Flight, approved: Vec<String>) -> Outcome {
        let (found, view) = self.lookup(call).await?;
        let (routed, placed, passage) = match self.filter(found, view.as_deref(), approved)? {
            Past::On(routed, placed, passage) => (routed, placed, passage),
            Past::Answered(answer) => return Ok(answer),
        };
        let (method, to) = (routed.call.method, routed.to.clone());
        // What meets plugins is traced with what they decided.
        let traced = passage.is_none() && tracing::enabled!(tracing::Level::DEBUG);
        let started = traced.then(std::time::Instant::now);
        let outcome = self.across(routed, &placed, flight, passage).await;
        if let Some(started) = started {
            log(method, &to, &outcome, started.elapsed());
        }
        outcome.map(|answer| links::outgoing(&self.shared, method, &to, answer))
    }

    /// The rooms before the backend, for a call that needs no bridge.
    pub(crate) async fn admit(&self, call: Call, flight: &Flight) -> Result<Admitted, Fault> {
        let (found, view) = self.lookup(call).await?;
        self.admit_found(found, view.as_deref(), flight).await
    }

    /// The same, for one of which it is known where it goes.
    pub(crate) async fn admit_found(
        &self,
        found: Found,
        view: Option<&View>,
        flight: &Flight,
    ) -> Result<Admitted, Fault> {
        let (routed, placed, passage) = match self.filter(found, view, Vec::new())? {
            Past::On(routed, placed, passage) => (routed, placed, passage),
            Past::Answered(answer) => return Ok(Admitted::Answered(answer)),
        };
        let permitted = match policy::rule(passage.as_ref(), Final::new(routed)) {
            Ok(Ruling::Permitted(permitted, _)) => Ok(permitted),
            Ok(Ruling::Undecided(undecided)) => match &passage {
                Some(passage) => {
                    policy::agree(passage.escort(), undecided, flight.peer.clone()).await
                }
                None => Err(policy::cannot_ask(&undecided, false).unwrap_or_else(unasked)),
            },
            Err(fault) => Err(fault),
        };
        match permitted {
            Ok(permitted) => Ok(Admitted::On { permitted, placed, passage }),
            Err(fault) => {
                if let Some(passage) = passage {
                    passage.end(&Err(fault.clone()));
                }
                Err(fault)
            }
        }
    }

    /// Room 2: a map look-up. What is not there may be of a backend that is still starting. The view is there if the
    /// call meets plugins: what it is looked up in again is the same.
    async fn lookup(&self, call: Call) -> Result<(Found, Option<Arc<View>>), Fault> {
        let mut lost = match self.find(call) {
            Ok(found) => return Ok(found),
            Err(lost) => lost,
        };
        if !self.shared.is_settled() {
            self.shared.settled(self.limits.list_wait).await;
            lost = match self.find(lost.call) {
                Ok(found) => return Ok(found),
                Err(lost) => lost,
            };
        }
        let Lost { call, unseen } = *lost;
        let Some(to) = unseen else {
            return Err(self.shared.read(|view| view.unknown(call.method, &call.name)));
        };
        // Who keeps an audit hears of it; the client does not learn that there is something.
        let (method, fault) = (call.method.as_str(), unknown(call.method, &call.name));
        tracing::debug!(backend = %to.backend, entry = %to.native, method, "a client called what it does not see");
        Passage::new(self, &Routed { call, to }, None, Vec::new()).refuse(&fault);
        Err(fault)
    }

    fn find(&self, call: Call) -> Result<(Found, Option<Arc<View>>), Box<Lost>> {
        let view = self.shared.load();
        let found = find(&view, call)?;
        let view = found.plan.is_some().then(|| Guard::into_inner(view));
        Ok((found, view))
    }

    /// Room 3: past the request hooks, if the call meets any.
    fn filter(
        &self,
        found: Found,
        view: Option<&View>,
        approved: Vec<String>,
    ) -> Result<Past, Fault> {
        let Found { routed, place, plan } = found;
        if plan.is_none() && self.audit.is_none() {
            return match place {
                Place::Backend(placed) => Ok(Past::On(routed, placed, None)),
                Place::Plugin => Err(policy::not_answered(&routed.call.name)),
            };
        }
        let mut passage = Passage::new(self, &routed, plan, approved);
        match policy::filter(view, &mut passage, routed, place) {
            Ok(Filtered::On(routed, placed)) => Ok(Past::On(routed, placed, Some(passage))),
            Ok(Filtered::Answered(answer)) => {
                let outcome = Ok(answer);
                passage.end(&outcome);
                outcome.map(Past::Answered)
            }
            Err(fault) => {
                passage.end(&Err(fault.clone()));
                Err(fault)
            }
        }
    }
}

/// What is past room 3.
enum Past {
    On(Routed, Arc<Placed>, Option<Passage>),
    Answered(Answer),
}

fn unasked() -> Fault {
    Fault::new(Kind::PluginFailed, "the call needs a person's approval, and nobody wants to ask")
}

/// A fault in the words for this client: where it can be mended is said to those that can show a URL.
fn said_to(client: &Client, mut fault: Fault) -> Fault {
    if let Some(url) = fault.url.take().filter(|_| client.shows_urls()) {
        fault.public = format!("{}, or open {url}", fault.public);
    }
    fault
}

/// A call that goes nowhere.
pub(crate) struct Lost {
    pub(crate) call: Call,
    /// What it would go to, if its client could know of it.
    unseen: Option<Target>,
}

/// Where a call goes in a view, if its client may make it.
pub(crate) fn find(view: &View, mut call: Call) -> Result<Found, Box<Lost>> {
    let Some(Way { to, place, plan, seen }) = way(view, &mut call) else {
        return Err(Box::new(Lost { call, unseen: None }));
    };
    if !seen {
        return Err(Box::new(Lost { call, unseen: Some(to) }));
    }
    let plan = plan.and_then(|plan| plan.of_client(&call.client));
    Ok(Found { routed: Routed { call, to }, place, plan })
}

/// The way of a call in a view.
struct Way {
    to: Target,
    place: Place,
    plan: Option<Arc<Plan>>,
    /// Whether the client may know of it.
    seen: bool,
}

/// What a call is about.
enum About<'a> {
    Entry(EntryKind, &'a Entry),
    Uri(Target),
    Task(Target),
}

/// Where a call goes, and past whom.
fn way(view: &View, call: &mut Call) -> Option<Way> {
    let about = about(view, call)?;
    let visible = view.sights.of(view, &call.client);
    let (seen, plan, to) = match about {
        About::Entry(kind, entry) => {
            let seen = visible.is_none_or(|visible| visible.shows(kind, entry));
            let to = Target { backend: entry.backend.clone(), native: entry.native.clone() };
            if entry.plugin.is_some() {
                let plan = view.plans.added(entry.exposed.as_str());
                return Some(Way { to, place: Place::Plugin, plan, seen });
            }
            let plan = match kind {
                EntryKind::Tool | EntryKind::Prompt => view.plans.named(&to),
                _ => view.plans.uri(&to.backend, to.native.as_str()),
            };
            (seen, plan, to)
        }
        About::Uri(to) => {
            let shown = |visible: Arc<policy::Visible>| {
                visible.shows_uri(&view.catalog, (&to.backend, &to.native))
            };
            let seen = visible.is_none_or(shown);
            (seen, view.plans.uri(&to.backend, to.native.as_str()), to)
        }
        About::Task(to) => (true, view.plans.whole(&to.backend), to),
    };
    let placed = view.backends.get(&to.backend)?;
    // The catalog can be one from before a reload, while a plugin fails; tasks are no entries.
    let hidden =
        call.method.named_by() != NamedBy::Task && !placed.naming.includes(to.native.as_str());
    (!hidden).then(|| Way { to, place: Place::Backend(Arc::clone(placed)), plan, seen })
}

/// What a call is about; a reference is put in the words of its backend.
fn about<'a>(view: &'a View, call: &mut Call) -> Option<About<'a>> {
    let listed = |kind: EntryKind, name: &str| {
        Some(About::Entry(kind, view.catalog.shelf(kind).get(name)?.as_ref()))
    };
    let uri = |uri: &str| links::resolve(view, uri).map(About::Uri);
    match call.method.named_by() {
        NamedBy::Name if call.method == Method::PromptsGet => listed(EntryKind::Prompt, &call.name),
        NamedBy::Name => listed(EntryKind::Tool, &call.name),
        NamedBy::Uri => uri(&call.name),
        NamedBy::Task => links::task(view, &call.name).map(About::Task),
        NamedBy::Reference => {
            let mut reference = call.params.get("ref")?.object().ok()?;
            let (by_uri, by_name) = (reference.get("uri"), reference.get("name"));
            // What is judged has to be what the backend reads: one of the two, and nothing to choose from.
            let said = by_uri.xor(by_name)?.as_string()?;
            if said != call.name {
                return None;
            }
            let kind = if by_uri.is_some() { "ref/resource" } else { "ref/prompt" };
            let typed = reference.get("type");
            if typed.is_some_and(|typed| typed.as_string().as_deref() != Some(kind)) {
                return None;
            }
            let (key, about) = if by_uri.is_some() {
                let template = listed(EntryKind::Template, &call.name);
                ("uri", template.or_else(|| uri(&call.name))?)
            } else {
                ("name", listed(EntryKind::Prompt, &call.name)?)
            };
            let native = match &about {
                About::Entry(_, entry) => &entry.native,
                About::Uri(to) | About::Task(to) => &to.native,
            };
            if native.as_str() != call.name {
                reference.set(key, Raw::string(native.as_str()));
                call.params.set("ref", reference.to_raw());
            }
            Some(about)
        }
    }
}

fn log(method: Method, to: &Target, outcome: &Outcome, took: std::time::Duration) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let (method, Target { backend, native }) = (method.as_str(), to);
    match outcome {
        Ok(_) => tracing::debug!(%backend, method, entry = %native, micros, "call answered"),
        Err(fault) => {
            let code = fault.kind.code();
            tracing::debug!(%backend, method, entry = %native, micros, code, "call failed: {fault}");
        }
    }
}

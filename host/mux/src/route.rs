//! The route of a call: lookup, filter, gate, backend. Each room takes what the one before it made.

use std::sync::Arc;

use mcpmux_core::call::{Call, Final, Method, NamedBy, Outcome, Permitted, Routed, Target};
use mcpmux_core::catalog::EntryKind;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::{permit, unknown};
use mcpmux_core::json::Raw;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::Backend;

use crate::view::{Placed, View};
use crate::{Mux, bridge, links};

impl Mux {
    /// Takes a call from the door to its backend and its outcome back. Dropping the future cancels it.
    ///
    /// Where client and backend are of different eras, what a backend asks meanwhile is put in the client's terms:
    /// a legacy client is asked through `flight`, a modern one gets a result that asks for input, and comes back.
    pub async fn call(&self, call: Call, flight: Flight) -> Outcome {
        if call.method.may_need_input() && bridge::comes_back(&call) {
            return self.resume(call, flight).await;
        }
        self.begin(call, flight).await
    }

    /// A call that is none's continuation.
    pub(crate) async fn begin(&self, call: Call, flight: Flight) -> Outcome {
        let (routed, placed) = self.lookup(call).await?;
        let (method, to) = (routed.call.method, routed.to.clone());
        let started = tracing::enabled!(tracing::Level::DEBUG).then(std::time::Instant::now);
        let outcome = self.across(routed, &placed, flight).await;
        if let Some(started) = started {
            log(method, &to, &outcome, started.elapsed());
        }
        outcome.map(|answer| links::outgoing(&self.shared, method, &to, answer))
    }

    /// The rooms before the backend, for a call that needs no bridge.
    pub(crate) async fn admit(&self, call: Call) -> Result<(Permitted, Arc<dyn Backend>), Fault> {
        let (routed, placed) = self.lookup(call).await?;
        Ok((self.permit(routed)?, Arc::clone(&placed.backend)))
    }

    /// Room 2: a map look-up. What is not there may be of a backend that is still starting.
    async fn lookup(&self, mut call: Call) -> Result<(Routed, Arc<Placed>), Fault> {
        let mut found = self.find(&mut call);
        if found.is_none() && !self.shared.is_settled() {
            self.shared.settled(self.limits.list_wait).await;
            found = self.find(&mut call);
        }
        match found {
            Some((to, placed)) => Ok((Routed { call, to }, placed)),
            None => Err(unknown(call.method, &call.name)),
        }
    }

    fn find(&self, call: &mut Call) -> Option<(Target, Arc<Placed>)> {
        self.shared.read(|view| {
            let to = target(view, call)?;
            let placed = Arc::clone(view.backends.get(&to.backend)?);
            // The catalog can be one from before a reload, while a plugin fails; tasks are no entries.
            let hidden = call.method.named_by() != NamedBy::Task
                && !placed.naming.includes(to.native.as_str());
            (!hidden).then_some((to, placed))
        })
    }

    /// Rooms 3 and 4: the filters, then the gate.
    pub(crate) fn permit(&self, routed: Routed) -> Result<Permitted, Fault> {
        permit(filter(routed), &self.authorizers).inspect_err(|fault| {
            if matches!(fault.kind, Kind::InvalidParams | Kind::ResourceNotFound) {
                tracing::info!("call denied: {fault}");
            }
        })
    }
}

/// Where a call goes.
fn target(view: &View, call: &mut Call) -> Option<Target> {
    let listed = |kind: EntryKind, name: &str| {
        let entry = view.catalog.shelf(kind).get(name)?;
        Some(Target { backend: entry.backend.clone(), native: entry.native.clone() })
    };
    match call.method.named_by() {
        NamedBy::Name if call.method == Method::PromptsGet => listed(EntryKind::Prompt, &call.name),
        NamedBy::Name => listed(EntryKind::Tool, &call.name),
        NamedBy::Uri => links::resolve(view, &call.name),
        NamedBy::Task => links::task(view, &call.name),
        NamedBy::Reference => {
            let mut reference = call.params.get("ref")?.object().ok()?;
            let (uri, name) = (reference.get("uri"), reference.get("name"));
            // What is judged has to be what the backend reads: one of the two, and nothing to choose from.
            let said = uri.xor(name)?.as_string()?;
            if said != call.name {
                return None;
            }
            let (key, to) = if uri.is_some() {
                let template = listed(EntryKind::Template, &call.name);
                ("uri", template.or_else(|| links::resolve(view, &call.name))?)
            } else {
                ("name", listed(EntryKind::Prompt, &call.name)?)
            };
            if to.native.as_str() != call.name {
                reference.set(key, Raw::string(to.native.as_str()));
                call.params.set("ref", reference.to_raw());
            }
            Some(to)
        }
    }
}

/// Room 3: no interface of `wit/` lets a plugin change a call yet, so what comes in goes on as it is.
const fn filter(routed: Routed) -> Final {
    Final::new(routed)
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

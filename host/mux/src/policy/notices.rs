//! What backends say and ask without being asked: past the notify hooks, and questions past the response hooks.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::client::Client;
use mcpmux_core::hook::{HookKind, Notice, NotifyAction, NotifyHook, Source};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::{Ask, Event, Peer};
use mcpmux_core::ports::Pending;
use serde_json::json;

use super::passage::Escort;
use super::plan::{Plan, Post};
use super::{harmless, reply, timed};

/// The client of a call as the call's backend meets it: behind the plugins.
struct Guarded {
    escort: Arc<Escort>,
    peer: Arc<dyn Peer>,
}

/// Puts the plugins of a call before its client.
pub(super) fn before(peer: Arc<dyn Peer>, escort: &Arc<Escort>) -> Arc<dyn Peer> {
    let acts = |post: &Arc<Post>| post.hooks.notify.is_some() || post.hooks.response.is_some();
    if !escort.posts().any(acts) {
        return peer;
    }
    Arc::new(Guarded { escort: Arc::clone(escort), peer })
}

impl Peer for Guarded {
    fn event(&self, event: Event) {
        let subject = &self.escort.subject;
        let call = Some(subject.id);
        let note = |post: &Post, verdict, why, took| {
            self.escort.decided(post, HookKind::Notify, verdict, why, took);
        };
        let posts = self.escort.posts();
        if let Some(event) = heard(posts, &subject.to.backend, call, event, note) {
            self.peer.event(event);
        }
    }

    fn ask(&self, ask: Ask) -> Pending<'static, Body> {
        match question(&self.escort, ask) {
            Ok(ask) => self.peer.ask(ask),
            Err(withheld) => Box::pin(std::future::ready(withheld)),
        }
    }
}

/// A backend's question as its client is to get it; or what the backend reads instead.
pub(super) fn question(escort: &Escort, mut ask: Ask) -> Result<Ask, Body> {
    if !escort.posts().any(|post| post.hooks.response.is_some()) {
        return Ok(ask);
    }
    let mut question = Object::default();
    question.set("method", Raw::string(&ask.method));
    if let Some(params) = &ask.params {
        question.set("params", params.clone());
    }
    match reply::shown(escort, Source::Question, question.to_raw(), None) {
        Ok(question) => {
            ask.params = question.object().ok().and_then(|mut object| object.take("params"));
            Ok(ask)
        }
        Err(fault) => {
            let (call, why) = (escort.subject.id, harmless(&fault));
            tracing::info!(call, "a backend's question is withheld: {why}");
            let data = json!({ "source": "mcpmux", "code": fault.code });
            let code = fault.kind.code();
            let error = json!({ "code": code, "message": fault.public, "data": data });
            Err(Body::Error(Raw::of(&error)))
        }
    }
}

/// An event outside of calls as this client is to hear it; `None`: not at all.
pub(crate) fn outside(
    plan: &Arc<Plan>,
    client: &Client,
    backend: &BackendName,
    event: Event,
) -> Option<Event> {
    let Some(plan) = Arc::clone(plan).of_client(client) else { return Some(event) };
    heard(plan.posts(), backend, None, event, |post, verdict, why, took| {
        let (plugin, version) = (&post.hooks.name, &post.hooks.version);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let (shadow, why) = (post.is_shadow(), harmless(&why.unwrap_or_default()));
        tracing::debug!(%plugin, version, %backend, micros, shadow, verdict, "notification judged {why}");
    })
}

/// Takes an event past the notify hooks.
fn heard<'a>(
    posts: impl Iterator<Item = &'a Arc<Post>>,
    backend: &BackendName,
    call: Option<u64>,
    mut event: Event,
    note: impl Fn(&Post, &'static str, Option<String>, Duration),
) -> Option<Event> {
    let mut notice: Option<Notice> = None;
    for post in posts {
        let Some(hook) = &post.hooks.notify else { continue };
        let (method, params) = parts(&event);
        let notice = notice.get_or_insert_with(|| Notice {
            backend: backend.clone(),
            method: method.to_owned(),
            call,
        });
        let (step, took) = timed(|| ask(hook.as_ref(), notice, &params, &event));
        let (verdict, why) = match &step {
            Ok(Step::Deliver) => ("deliver", None),
            Ok(Step::Changed(_)) => ("change", None),
            Ok(Step::Drop) => ("drop", None),
            Err(why) => ("error", Some(why.clone())),
        };
        note(post, verdict, why, took);
        match step {
            Err(_) if post.passes_over(HookKind::Notify) => {}
            Err(_) => return None,
            Ok(_) if post.is_shadow() => {}
            Ok(Step::Deliver) => {}
            Ok(Step::Changed(changed)) => event = changed,
            Ok(Step::Drop) => return None,
        }
    }
    Some(event)
}

enum Step {
    Deliver,
    Changed(Event),
    Drop,
}

fn ask(
    hook: &dyn NotifyHook,
    notice: &Notice,
    params: &Raw,
    event: &Event,
) -> Result<Step, String> {
    match hook.on_notification(notice, params)? {
        NotifyAction::Deliver => Ok(Step::Deliver),
        NotifyAction::Drop => Ok(Step::Drop),
        NotifyAction::Change(rewrite) => {
            let changed = rewrite.apply(params).map_err(|why| why.to_string())?;
            let object = changed.object();
            let object = object.map_err(|why| format!("its change is no JSON object: {why}"))?;
            Ok(Step::Changed(match event {
                Event::Progress(_) => Event::Progress(object),
                Event::Message(_) => Event::Message(object),
                Event::Updated(before) if before.get("uri") != object.get("uri") => {
                    return Err("an update keeps its `uri`".to_owned());
                }
                Event::Updated(_) => Event::Updated(object),
                Event::Other { method, .. } => {
                    Event::Other { method: method.clone(), params: Some(changed) }
                }
            }))
        }
    }
}

/// The method and the parameters of an event.
fn parts(event: &Event) -> (&str, Raw) {
    match event {
        Event::Progress(params) => ("notifications/progress", params.to_raw()),
        Event::Message(params) => ("notifications/message", params.to_raw()),
        Event::Updated(params) => ("notifications/resources/updated", params.to_raw()),
        Event::Other { method, params } => (method, params.clone().unwrap_or(Raw::literal("{}"))),
    }
}

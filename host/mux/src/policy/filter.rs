//! Room 3: request hooks change, answer, refuse and send elsewhere what a client asks, before anybody judges it.

use std::sync::Arc;

use mcpmux_core::call::{Answer, Body, Call, Method, NamedBy, Routed};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::unknown;
use mcpmux_core::hook::{Denial, HookKind, RequestAction, RequestHook};
use mcpmux_core::json::twice::named_twice;
use mcpmux_core::json::{Object, Raw};

use super::passage::Passage;
use super::plan::Post;
use super::{reply, timed};
use crate::bridge;
use crate::route::{Place, find};
use crate::view::{Placed, View};

/// Characters of a member's name that are said.
const NAME: usize = 100;

/// What room 3 makes of a call.
pub(crate) enum Filtered {
    /// It goes on to its backend.
    On(Routed, Arc<Placed>),
    /// A plugin answered it.
    Answered(Answer),
}

/// What a hook wants, once it is known to be possible.
enum Step {
    On,
    Changed(Raw),
    Answered(Raw),
    Refused(Denial),
    Elsewhere { exposed: String, arguments: Raw },
}

/// The members of `params` that a completion's hooks see.
const OF_COMPLETION: [&str; 3] = ["ref", "argument", "context"];

/// Takes a call past its request hooks. `view` is the one in which it was looked up, for where it may be sent to.
///
/// # Errors
/// The first refusal.
pub(crate) fn filter(
    view: Option<&View>,
    passage: &mut Passage,
    routed: Routed,
    mut place: Place,
) -> Result<Filtered, Fault> {
    check_names(passage)?;
    let past = past(view, passage, routed, &mut place).map_err(|fault| match place {
        Place::Backend(_) => fault,
        // What stands in the place of its backend is the plugin, which is no affair of the client's.
        Place::Plugin => Fault { backend: None, ..fault },
    });
    match past? {
        Past::On(routed) => match place {
            Place::Backend(placed) => Ok(Filtered::On(routed, placed)),
            Place::Plugin => Err(not_answered(&routed.call.name)),
        },
        Past::Answered(answer) => Ok(Filtered::Answered(answer)),
    }
}

/// Whether what plugins are to judge can be read in one way only: they and the backend might take another one of two
/// members with the same name.
///
/// # Errors
/// The refusal, which is nobody's fault but the client's.
fn check_names(passage: &Passage) -> Result<(), Fault> {
    let judges = |post: &Arc<Post>| {
        !post.is_shadow() && (post.hooks.request.is_some() || post.hooks.authorize.is_some())
    };
    if !passage.escort().posts().any(judges) {
        return Ok(());
    }
    let Some(name) = named_twice(passage.arguments()) else { return Ok(()) };
    let name: String = name.chars().take(NAME).collect();
    let name = name.escape_debug();
    let why = format!("the arguments name the member `{name}` twice in one object");
    Err(Fault::new(Kind::InvalidParams, why))
}

/// What is past all hooks.
enum Past {
    On(Routed),
    Answered(Answer),
}

fn past(
    view: Option<&View>,
    passage: &mut Passage,
    mut routed: Routed,
    place: &mut Place,
) -> Result<Past, Fault> {
    let mut may_go_elsewhere = routed.call.method == Method::ToolsCall;
    'call: loop {
        let escort = Arc::clone(passage.escort());
        for post in escort.posts() {
            let Some(hook) = &post.hooks.request else { continue };
            let call = &routed.call;
            let step = ask(hook.as_ref(), post, passage, call, may_go_elsewhere);
            match step {
                Err(why) => {
                    if !post.passes_over(HookKind::Request) {
                        let (backend, plugin) = (&routed.to.backend, &post.hooks.name);
                        return Err(Fault::unjudged(Kind::PluginFailed, backend, plugin, &why));
                    }
                }
                Ok(_) if post.is_shadow() => {}
                Ok(Step::On) => {}
                Ok(Step::Changed(document)) => {
                    passage.keep(&routed.call);
                    routed.call.params = with_document(&routed.call, &document);
                    passage.changed(document);
                }
                Ok(Step::Answered(result)) => {
                    let answer = Answer { body: Body::Result(result), era: Era::Legacy };
                    return reply::answered(&escort, post, answer).map(Past::Answered);
                }
                Ok(Step::Refused(denial)) => {
                    let fault = Fault::refused(Kind::PolicyDenied, &routed.to.backend, denial);
                    return Err(fault.because(format_args!("plugin `{}`", post.hooks.name)));
                }
                Ok(Step::Elsewhere { exposed, arguments }) => {
                    may_go_elsewhere = false;
                    passage.keep(&routed.call);
                    let mut call = Call { name: exposed, ..routed.call };
                    call.params.set("arguments", arguments);
                    let view = view.ok_or_else(|| not_answered(&call.name))?;
                    let found = find(view, call)
                        .map_err(|lost| unknown(lost.call.method, &lost.call.name))?;
                    passage.rerouted(&found.routed, found.plan);
                    (routed, *place) = (found.routed, found.place);
                    continue 'call;
                }
            }
        }
        return Ok(Past::On(routed));
    }
}

/// Nobody answers a call to a tool that a plugin added.
pub(crate) fn not_answered(name: &str) -> Fault {
    let why =
        format!("the tool `{name}` was added by a plugin, and that plugin does not answer it");
    Fault::new(Kind::PluginFailed, why)
}

/// Asks one hook, and puts on record what it said.
fn ask(
    hook: &dyn RequestHook,
    post: &Post,
    passage: &Passage,
    call: &Call,
    may_go_elsewhere: bool,
) -> Result<Step, String> {
    let (escort, document) = (passage.escort(), passage.arguments());
    let (said, took) = timed(|| hook.on_request(&escort.subject, document));
    let verdict = said.as_ref().map_or("error", word);
    let step = said.and_then(|action| possible(action, call, document, may_go_elsewhere));
    let (verdict, detail) = match &step {
        Err(why) => ("error", Some(why.clone())),
        Ok(Step::Refused(denial)) => (verdict, Some(denial.code.clone())),
        Ok(Step::Elsewhere { exposed, .. }) => (verdict, Some(exposed.clone())),
        Ok(_) => (verdict, None),
    };
    escort.decided(post, HookKind::Request, verdict, detail, took);
    step
}

const fn word(action: &RequestAction) -> &'static str {
    match action {
        RequestAction::Forward => "forward",
        RequestAction::Change(_) => "change",
        RequestAction::Answer(_) => "answer",
        RequestAction::Refuse(_) => "refuse",
        RequestAction::Reroute { .. } => "reroute",
    }
}

/// What is to be done, if it can be.
fn possible(
    action: RequestAction,
    call: &Call,
    document: &Raw,
    may_go_elsewhere: bool,
) -> Result<Step, String> {
    let object = |what: &str, raw: &Raw| {
        raw.object().map_err(|error| format!("its {what} is no JSON object: {error}"))
    };
    match action {
        RequestAction::Forward => Ok(Step::On),
        RequestAction::Change(rewrite) => {
            let changed = rewrite.apply(document).map_err(|why| why.to_string())?;
            fits(call, document, &object("change", &changed)?)?;
            Ok(Step::Changed(changed))
        }
        RequestAction::Answer(result) => {
            object("answer", &result)?;
            Ok(Step::Answered(result))
        }
        RequestAction::Refuse(denial) => Ok(Step::Refused(denial)),
        RequestAction::Reroute { exposed, arguments } => {
            if !may_go_elsewhere {
                let why = "only calls of tools can be sent elsewhere, and only once";
                return Err(why.to_owned());
            }
            object("arguments", &arguments)?;
            Ok(Step::Elsewhere { exposed, arguments })
        }
    }
}

/// What hooks see of a call: the arguments of tools and prompts, the parts of a completion, of anything else its
/// parameters but for what names the entry and what brings a call back.
pub(super) fn document(call: &Call) -> Raw {
    match call.method {
        Method::ToolsCall | Method::PromptsGet => {
            call.params.get("arguments").cloned().unwrap_or(Raw::literal("{}"))
        }
        method if method.named_by() == NamedBy::Reference => {
            let mut parts = call.params.clone();
            parts.retain(|member| OF_COMPLETION.contains(&member.key.as_str()));
            parts.to_raw()
        }
        _ if call.params.is_empty() => Raw::literal("{}"),
        _ => {
            let mut rest = call.params.clone();
            rest.retain(|member| !bridge::brings_back(call.method, member.key.as_str()));
            rest.to_raw()
        }
    }
}

/// Whether a changed document still says the same of where the call goes.
fn fits(call: &Call, before: &Raw, changed: &Object) -> Result<(), String> {
    let wrong = |key: &str| Err(format!("a hook cannot change or add `{key}` here"));
    match call.method {
        Method::ToolsCall | Method::PromptsGet => Ok(()),
        method if method.named_by() == NamedBy::Reference => {
            let reference = before.object().ok().and_then(|mut before| before.take("ref"));
            if changed.get("ref") != reference.as_ref() {
                return wrong("ref");
            }
            let other = changed.iter().find(|member| !OF_COMPLETION.contains(&member.key.as_str()));
            other.map_or(Ok(()), |member| wrong(member.key.as_str()))
        }
        method => {
            let reserved = |key: &str| {
                key == method.named_by().key() || key == "_meta" || bridge::brings_back(method, key)
            };
            let reserved = changed.iter().find(|member| reserved(member.key.as_str()));
            reserved.map_or(Ok(()), |member| wrong(member.key.as_str()))
        }
    }
}

/// The parameters with a changed document in the place of the one before.
fn with_document(call: &Call, document: &Raw) -> Object {
    let mut params = call.params.clone();
    match call.method {
        Method::ToolsCall | Method::PromptsGet => params.set("arguments", document.clone()),
        method => {
            let of_document = |key: &str| {
                if method.named_by() == NamedBy::Reference {
                    OF_COMPLETION.contains(&key)
                } else {
                    !bridge::brings_back(method, key)
                }
            };
            let changed = document.object().unwrap_or_default();
            params.retain(|member| {
                let key = member.key.as_str();
                !of_document(key) || changed.get(key).is_some()
            });
            for member in changed.iter() {
                params.set(member.key.as_str(), member.value.clone());
            }
        }
    }
    params
}

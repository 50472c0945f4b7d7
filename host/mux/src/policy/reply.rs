//! Room 6: what a backend answered goes past the response hooks, and what the call was permitted with is kept to.

use std::cmp::Reverse;
use std::sync::Arc;

use mcpmux_core::call::{Answer, Body, Outcome, Permitted};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::hook::{Denial, HookKind, Obligations, ResponseAction, ResponseHook, Source};
use mcpmux_core::json::pointer::{Patch, PatchError, Pointer, WORK, patch};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{Backend, Pending};
use tokio::time::timeout;

use super::passage::Escort;
use super::plan::Post;
use super::{notices, timed};
use crate::bridge::{INPUT_REQUIRED, REQUESTS, RESULT_TYPE, STATE, needs_input};

/// The reasons in a fault when an answer is not what the permission was given for.
const REDACT: &str = "obligation.redact";
const MAX_BYTES: &str = "obligation.max-bytes";

/// Sends a permitted call, and takes what comes back past the plugins.
pub(crate) fn send(
    escort: Option<&Arc<Escort>>,
    backend: &Arc<dyn Backend>,
    permitted: Permitted,
    mut flight: Flight,
) -> Pending<'static, Outcome> {
    let Some(escort) = escort.filter(|escort| escort.plan.is_some()) else {
        return backend.request(permitted, flight);
    };
    flight.peer = flight.peer.map(|peer| notices::before(peer, escort));
    let request = backend.request(permitted, flight);
    let escort = Arc::clone(escort);
    Box::pin(async move {
        let answer = match escort.obligations().and_then(|obligations| obligations.timeout) {
            None => request.await,
            Some(time) => timeout(time, request).await.unwrap_or_else(|_| {
                let (backend, ms) = (&escort.subject.to.backend, time.as_millis());
                let why = format!("no answer within the {ms} ms that a plugin allows");
                Err(Fault::at(backend, Kind::Timeout, why))
            }),
        }?;
        filtered(&escort, answer)
    })
}

/// What a plugin answered goes past the response hooks of the others.
pub(super) fn answered(escort: &Escort, by: &Post, answer: Answer) -> Outcome {
    pass(escort, Source::Success, answer, Some(by)).map_err(|fault| match fault.kind {
        // No backend has seen the call.
        Kind::PolicyWithheld => Fault { kind: Kind::PolicyDenied, ..fault },
        _ => fault,
    })
}

fn filtered(escort: &Escort, answer: Answer) -> Outcome {
    let asked = match (&answer.body, answer.era) {
        (Body::Result(result), Era::Modern) => needs_input(result),
        _ => None,
    };
    if let Some(asked) = asked {
        let asked = beside(escort, questions(escort, asked)?)?;
        let body = Body::Result(asked.to_raw());
        return kept_to(escort, Answer { body, era: answer.era });
    }
    let source = match &answer.body {
        Body::Result(_) => Source::Success,
        Body::Error(_) => Source::Error,
    };
    kept_to(escort, pass(escort, source, answer, None)?)
}

fn pass(escort: &Escort, source: Source, answer: Answer, but: Option<&Post>) -> Outcome {
    let Answer { body, era } = answer;
    let body = match body {
        Body::Result(result) => Body::Result(shown(escort, source, result, but)?),
        Body::Error(error) => Body::Error(shown(escort, source, error, but)?),
    };
    Ok(Answer { body, era })
}

/// Takes a document past the response hooks.
///
/// # Errors
/// If it is withheld.
pub(super) fn shown(
    escort: &Escort,
    source: Source,
    mut document: Raw,
    but: Option<&Post>,
) -> Result<Raw, Fault> {
    for post in escort.posts() {
        let Some(hook) = &post.hooks.response else { continue };
        if but.is_some_and(|but| std::ptr::eq(but, &**post)) {
            continue;
        }
        let backend = &escort.subject.to.backend;
        match ask(hook.as_ref(), post, escort, source, &document) {
            Err(why) => {
                if !post.passes_over(HookKind::Response) {
                    let plugin = &post.hooks.name;
                    return Err(Fault::unjudged(Kind::PolicyWithheld, backend, plugin, &why));
                }
            }
            Ok(_) if post.is_shadow() => {}
            Ok(Step::Deliver) => {}
            Ok(Step::Changed(changed)) => document = changed,
            Ok(Step::Withhold(denial)) => {
                let fault = Fault::refused(Kind::PolicyWithheld, backend, denial);
                return Err(fault.because(format_args!("plugin `{}`", post.hooks.name)));
            }
        }
    }
    Ok(document)
}

enum Step {
    Deliver,
    Changed(Raw),
    Withhold(Denial),
}

/// Asks one hook, and puts on record what it said.
fn ask(
    hook: &dyn ResponseHook,
    post: &Post,
    escort: &Escort,
    source: Source,
    document: &Raw,
) -> Result<Step, String> {
    let (said, took) = timed(|| hook.on_response(&escort.subject, source, document));
    let step = said.and_then(|action| match action {
        ResponseAction::Deliver => Ok(Step::Deliver),
        ResponseAction::Change(rewrite) => {
            let changed = rewrite.apply(document).map_err(|why| why.to_string())?;
            fits(source, document, &changed)?;
            Ok(Step::Changed(changed))
        }
        ResponseAction::Withhold(denial) => Ok(Step::Withhold(denial)),
    });
    let (verdict, detail) = match &step {
        Ok(Step::Deliver) => ("deliver", None),
        Ok(Step::Changed(_)) => ("change", None),
        Ok(Step::Withhold(denial)) => ("withhold", Some(denial.code.clone())),
        Err(why) => ("error", Some(why.clone())),
    };
    escort.decided(post, HookKind::Response, verdict, detail, took);
    step
}

/// Whether a changed document is still what it was: a result, an error, the same question.
fn fits(source: Source, before: &Raw, changed: &Raw) -> Result<(), String> {
    let object = changed.object();
    let object = object.map_err(|error| format!("its change is no JSON object: {error}"))?;
    let wrong = match source {
        Source::Success => None,
        Source::Error => {
            let code = object.get("code").is_some_and(|code| code.read::<i64>().is_ok());
            let message = object.get("message").is_some_and(|text| text.as_string().is_some());
            (!code || !message).then_some("an error needs a `code` and a `message`")
        }
        Source::Question => {
            let method = before.object().ok().and_then(|mut before| before.take("method"));
            (object.get("method") != method.as_ref()).then_some("a question keeps its `method`")
        }
    };
    wrong.map_or(Ok(()), |why| Err(why.to_owned()))
}

/// A request for input with each of its questions taken past the response hooks. One that is withheld ends the call:
/// its backend could not be told, and the client could not leave it out.
fn questions(escort: &Escort, mut asked: Object) -> Result<Object, Fault> {
    let Some(Ok(mut requests)) = asked.get(REQUESTS).map(Raw::object) else {
        return Ok(asked);
    };
    let mut changed = false;
    let keys: Vec<_> = requests.iter().map(|member| member.key.clone()).collect();
    for key in keys {
        let Some(question) = requests.get(key.as_str()).cloned() else { continue };
        let now = shown(escort, Source::Question, question.clone(), None)?;
        if now != question {
            requests.set(key.as_str(), now);
            changed = true;
        }
    }
    if changed {
        asked.set(REQUESTS, requests.to_raw());
    }
    Ok(asked)
}

/// The same with what else its backend wrote into it, if there is anything, taken past them as an answer is. What makes
/// it a request for input stays: its type, its state, and the questions, unless they can be none.
fn beside(escort: &Escort, asked: Object) -> Result<Object, Fault> {
    let asks = asked.get(REQUESTS).is_some_and(|requests| requests.object().is_ok());
    let kept = |key: &str| key == STATE || (key == REQUESTS && asks);
    let mut rest = asked.clone();
    rest.retain(|member| !kept(member.key.as_str()));
    if rest.iter().all(|member| member.key.as_str() == RESULT_TYPE) {
        return Ok(asked);
    }
    let before = rest.to_raw();
    let now = shown(escort, Source::Success, before.clone(), None)?;
    if now == before {
        return Ok(asked);
    }
    // A change that is no object is an error of its plugin's, and never gets here.
    let mut now = now.object().unwrap_or_default();
    now.set(RESULT_TYPE, Raw::string(INPUT_REQUIRED));
    for key in [REQUESTS, STATE] {
        if let Some(value) = asked.get(key).filter(|_| kept(key)) {
            now.set(key, value.clone());
        } else if key == STATE {
            now.take(key);
        }
    }
    Ok(now)
}

/// The answer as it was permitted.
fn kept_to(escort: &Escort, answer: Answer) -> Outcome {
    let Some(obligations) = escort.obligations() else { return Ok(answer) };
    let Answer { body: Body::Result(result), era } = answer else { return Ok(answer) };
    let withheld = |code: &str, message: String| {
        let denial = Denial { code: code.to_owned(), message };
        Fault::refused(Kind::PolicyWithheld, &escort.subject.to.backend, denial)
    };
    let result = redacted(result, obligations).map_err(|why| {
        let message = "the answer is withheld: what has to be taken out of it cannot be".to_owned();
        withheld(REDACT, message).because(why)
    })?;
    let length = result.as_bytes().len();
    if let Some(most) = obligations.max_bytes.filter(|most| length > *most) {
        let message =
            format!("the answer is withheld: it has {length} bytes, and {most} are allowed");
        return Err(withheld(MAX_BYTES, message));
    }
    Ok(Answer { body: Body::Result(result), era })
}

fn redacted(mut result: Raw, obligations: &Obligations) -> Result<Raw, String> {
    if obligations.redact.len().saturating_mul(result.as_bytes().len()) > WORK {
        return Err(PatchError::Work.to_string());
    }
    // From the end of arrays to their beginning, so that no removal moves what another pointer leads to.
    let mut pointers: Vec<&Pointer> = obligations.redact.iter().collect();
    pointers.sort_by_cached_key(|pointer| Reverse(places(pointer)));
    for pointer in pointers {
        if result.at(pointer).map_err(|why| why.to_string())?.is_some() {
            let removal = [Patch::Remove(pointer.clone())];
            result = patch(&result, &removal).map_err(|why| why.to_string())?;
        }
    }
    Ok(result)
}

/// The steps of a pointer, numbers by their size.
fn places(pointer: &Pointer) -> Vec<(Option<u64>, String)> {
    let steps = pointer.as_str().split('/').skip(1);
    steps.map(|step| (step.parse().ok(), step.to_owned())).collect()
}

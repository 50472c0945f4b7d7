//! Room 4: authorize hooks judge a call on its final bytes, and where one of them wants it, a person at the client.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::call::{Body, Final, Permitted};
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::{self, Opinion, Ruling, Undecided};
use mcpmux_core::hook::{Denial, HookKind, Question, Verdict};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_core::peer::{Ask, Peer};
use serde_json::json;
use tokio::task::JoinSet;

use super::passage::{Escort, Passage};
use super::plan::Post;
use super::timed;

/// What asks a person.
const ELICIT: &str = "elicitation/create";
/// The reason in a refusal when a person said no.
const DECLINED: &str = "approval.declined";
/// The reason in a refusal when nobody can be asked.
const UNAVAILABLE: &str = "approval.unavailable";

/// Lets a call through if nobody objects; what nobody is asked about goes through.
///
/// # Errors
/// The first refusal.
pub(crate) fn rule(passage: Option<&Passage>, call: Final) -> Result<Ruling, Fault> {
    match passage {
        None => gate::permit(call, []),
        Some(passage) => {
            let ruling = gate::permit(call, opinions(passage.escort(), passage.arguments()))?;
            match &ruling {
                Ruling::Permitted(_, obligations) => passage.escort().oblige(obligations.clone()),
                Ruling::Undecided(undecided) => passage.escort().ask(undecided.questions()),
            }
            Ok(ruling)
        }
    }
}

/// Judges a call again that is under way, or whose person is being asked: what was permitted once need not be by now.
///
/// # Errors
/// The first refusal, or a question of a plugin that nobody has been asked for before.
pub(crate) fn again(passage: &Passage) -> Result<(), Fault> {
    let escort = passage.escort();
    let backend = &escort.subject.to.backend;
    let (_, questions) = gate::hear(backend, opinions(escort, passage.arguments()))?;
    // Who is being asked, or has said yes, is not asked again.
    if questions.iter().all(|(plugin, _)| escort.asks(plugin)) {
        return Ok(());
    }
    Err(refusal(backend, UNAVAILABLE, "the call needs a person's approval, which it began without"))
}

/// What the authorize hooks say, each when it is asked for.
fn opinions<'a>(
    escort: &'a Escort,
    document: &'a Raw,
) -> impl Iterator<Item = Opinion<'a>> + use<'a> {
    escort.posts().filter_map(move |post| {
        let hook = post.hooks.authorize.as_ref()?;
        let (verdict, took) = timed(|| hook.check(&escort.subject, document));
        let (word, detail) = described(&verdict);
        let answered =
            matches!(&verdict, Ok(Verdict::Ask(question)) if answered(escort, post, question));
        let detail = if answered { Some("answered with yes".to_owned()) } else { detail };
        escort.decided(post, HookKind::Authorize, word, detail, took);
        let verdict = if post.is_shadow() || answered { Ok(Verdict::Allow) } else { verdict };
        Some(Opinion { plugin: &post.hooks.name, verdict })
    })
}

fn described(verdict: &Result<Verdict, String>) -> (&'static str, Option<String>) {
    match verdict {
        Ok(Verdict::Allow) => ("allow", None),
        Ok(Verdict::AllowWith(_)) => ("allow-with", None),
        Ok(Verdict::Deny(denial)) => ("deny", Some(denial.code.clone())),
        Ok(Verdict::Ask(question)) => {
            ("ask", question.remember.as_ref().map(|(key, _)| key.clone()))
        }
        Err(why) => ("error", Some(why.clone())),
    }
}

/// Whether a person has said yes to this plugin: for this call, or to this key not long ago.
fn answered(escort: &Escort, post: &Post, question: &Question) -> bool {
    let remembered =
        |(key, _): &(String, Duration)| escort.approvals.remembers(&post.hooks.name, key);
    escort.is_approved(post) || question.remember.as_ref().is_some_and(remembered)
}

/// Why nobody can be asked about a call, if so. `can` says whether its kind of call can be held for an answer.
pub(crate) fn cannot_ask(undecided: &Undecided, can: bool) -> Option<Fault> {
    let routed = undecided.call().routed();
    let (_, question) = undecided.questions().first()?;
    let lacks = routed.call.client.lacks(ELICIT, Some(&form(question)));
    let why = match lacks {
        Some(lacks) => format!("its client does not declare the capability `{lacks}`"),
        None if !can => "its client cannot be asked during this kind of call".to_owned(),
        None => return None,
    };
    let why = format!("the call needs a person's approval, and {why}");
    Some(refusal(&routed.to.backend, UNAVAILABLE, &why))
}

/// Asks the person at the client everything there is to ask, at once.
///
/// # Errors
/// If not every answer is yes.
pub(crate) async fn agree(
    escort: &Escort,
    undecided: Undecided,
    peer: Option<Arc<dyn Peer>>,
) -> Result<Permitted, Fault> {
    if let Some(fault) = cannot_ask(&undecided, peer.is_some()) {
        return Err(fault);
    }
    let backend = &escort.subject.to.backend;
    let mut asked = JoinSet::new();
    for (at, (_, question)) in undecided.questions().iter().enumerate() {
        let Some(peer) = &peer else { continue };
        let params = Some(form(question));
        let answer = peer.ask(Ask { method: ELICIT.to_owned(), params, report: None });
        asked.spawn(async move { (at, says_yes(&answer.await)) });
    }
    let mut agreed = vec![false; undecided.questions().len()];
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok((at, Answered::Yes)) => {
                if let Some(agreed) = agreed.get_mut(at) {
                    *agreed = true;
                }
            }
            Ok((_, Answered::No)) => {
                let why = "the call needs a person's approval, and the person said no";
                return Err(refusal(backend, DECLINED, why));
            }
            Ok((_, Answered::Not(why))) => {
                let why = format!(
                    "the call needs a person's approval, and its client could not ask: {why}"
                );
                return Err(refusal(backend, UNAVAILABLE, &why));
            }
            Err(_) => break,
        }
    }
    if !agreed.into_iter().all(|agreed| agreed) {
        return Err(refusal(backend, UNAVAILABLE, "the question for a person's approval was lost"));
    }
    for (plugin, question) in undecided.questions() {
        remember(escort, plugin, question);
    }
    let (permitted, obligations) = undecided.agreed();
    escort.oblige(obligations);
    Ok(permitted)
}

fn remember(escort: &Escort, plugin: &PluginName, question: &Question) {
    if let Some(post) = escort.posts().find(|post| post.hooks.name == *plugin) {
        escort.approve(post.id());
    }
    if let Some((key, time)) = &question.remember {
        escort.approvals.remember(plugin, key, *time);
    }
}

fn refusal(backend: &BackendName, code: &str, message: &str) -> Fault {
    let denial = Denial { code: code.to_owned(), message: message.to_owned() };
    Fault::refused(Kind::PolicyDenied, backend, denial)
}

/// A form with yes and no (2025-06-18 and later, client/elicitation); who names no mode means a form.
fn form(question: &Question) -> Raw {
    Raw::of(&json!({
        "message": question.text,
        "requestedSchema": {
            "type": "object",
            "properties": {
                "answer": { "type": "string", "title": "Allow it?", "enum": ["yes", "no"] },
            },
            "required": ["answer"],
        },
    }))
}

/// How a person answered.
enum Answered {
    Yes,
    No,
    /// Not at all.
    Not(String),
}

fn says_yes(answer: &Body) -> Answered {
    let text = |object: &Object, key: &str| Some(object.get(key)?.as_string()?.into_owned());
    match answer {
        Body::Result(result) => {
            let result = result.object().unwrap_or_default();
            let content = result.get("content").and_then(|content| content.object().ok());
            let said = content.and_then(|content| text(&content, "answer"));
            let accepted = text(&result, "action").as_deref() == Some("accept");
            if accepted && said.as_deref() == Some("yes") { Answered::Yes } else { Answered::No }
        }
        Body::Error(error) => {
            let said = error.object().ok().and_then(|error| text(&error, "message"));
            Answered::Not(said.unwrap_or_else(|| "it says no more".to_owned()))
        }
    }
}

//! What a plugin decided, as JSON: the words of golden calls.

use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::catalog::Edit;
use crate::doc::Change;
use crate::testing::Changed;
use crate::{Action, Annotations, Delivery, Denial, Grant, Problem, Reply, Result, Verdict};

/// A hook that failed.
pub(super) fn error(error: &impl fmt::Display) -> Value {
    json!({ "error": error.to_string() })
}

/// What a hook decided, or that it failed.
pub(super) fn decided<T>(answer: Result<T>, words: impl FnOnce(T) -> Value) -> Value {
    answer.map_or_else(|why| error(&why), words)
}

pub(super) fn action(answer: Changed<Action>) -> Value {
    match answer.answer {
        Action::Forward => delivered("forward", answer.changed, answer.document),
        Action::Answer(result) => json!({ "answer": result }),
        Action::Refuse(reason) => json!({ "refuse": denial(&reason) }),
        Action::Reroute { exposed, arguments } => {
            json!({ "reroute": { "exposed": exposed, "arguments": arguments } })
        }
    }
}

pub(super) fn verdict(verdict: Verdict) -> Value {
    match verdict {
        Verdict::Allow => "allow".into(),
        Verdict::AllowWith(obligations) => {
            let timeout = obligations.timeout.map(|time| time.as_millis());
            let (redact, max) = (obligations.redact, obligations.max_bytes);
            json!({ "allow": { "redact": redact, "max_bytes": max, "timeout_ms": timeout } })
        }
        Verdict::Deny(reason) => json!({ "deny": denial(&reason) }),
        Verdict::Ask(question) => {
            let (key, time) = question.remember.unzip();
            let remember = time.map_or(0, |time| time.as_millis());
            json!({ "ask": { "text": question.text, "key": key, "remember_ms": remember } })
        }
    }
}

pub(super) fn reply(answer: Changed<Reply>) -> Value {
    match answer.answer {
        Reply::Deliver => delivered("deliver", answer.changed, answer.document),
        Reply::Withhold(reason) => json!({ "withhold": denial(&reason) }),
    }
}

pub(super) fn delivery(answer: Changed<Delivery>) -> Value {
    match answer.answer {
        Delivery::Deliver => delivered("deliver", answer.changed, answer.document),
        Delivery::Drop => "drop".into(),
    }
}

fn delivered(unchanged: &str, changed: bool, document: Value) -> Value {
    if changed { json!({ "change": document }) } else { unchanged.into() }
}

fn denial(denial: &Denial) -> Value {
    json!({ "code": denial.code, "message": denial.message })
}

pub(super) fn credentials(answer: Result<Grant, Problem>) -> Value {
    match answer {
        Ok(grant) => {
            let headers = grant.headers.into_iter();
            let headers: Vec<_> =
                headers.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
            let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
            let expires = grant.expires_at.and_then(since).map(|since| since.as_millis());
            json!({ "grant": { "headers": headers, "expires_at": expires } })
        }
        Err(Problem::NeedsLogin(text)) => json!({ "needs_login": text }),
        Err(Problem::Temporary(text)) => json!({ "temporary": text }),
        Err(Problem::Permanent(text)) => json!({ "permanent": text }),
    }
}

pub(super) fn edit(edit: Edit) -> Value {
    match edit {
        Edit::Hide(index) => json!({ "hide": index }),
        Edit::Unlist(index) => json!({ "unlist": index }),
        Edit::Update(index, edit) => json!({ "update": [index, {
            "exposed": edit.exposed,
            "title": edit.title,
            "description": edit.description,
            "annotations": annotations(&edit.annotations),
            "patches": edit.patches.iter().map(patch).collect::<Vec<_>>(),
        }] }),
        Edit::Add(tool) => {
            json!({ "add": { "name": tool.name(), "definition": tool.definition() } })
        }
    }
}

/// Those that are given, by MCP's names.
fn annotations(hints: &Annotations) -> Value {
    let hints = [
        ("title", hints.title.as_deref().map(Value::from)),
        ("readOnlyHint", hints.read_only.map(Value::from)),
        ("destructiveHint", hints.destructive.map(Value::from)),
        ("idempotentHint", hints.idempotent.map(Value::from)),
        ("openWorldHint", hints.open_world.map(Value::from)),
    ];
    let given = hints.into_iter().filter_map(|(name, hint)| Some((name.to_owned(), hint?)));
    Value::Object(given.collect::<Map<_, _>>())
}

fn patch(change: &Change) -> Value {
    match &change.json {
        Some(json) => {
            let value = serde_json::from_str(json).unwrap_or_else(|_| Value::from(json.as_str()));
            json!({ "set": [change.at, value] })
        }
        None => json!({ "remove": change.at }),
    }
}

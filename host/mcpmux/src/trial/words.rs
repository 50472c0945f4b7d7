//! What a plugin decided, as JSON: the words of golden calls, of `mcpmux plugin replay` and of audit files.

use mcpmux_core::catalog::Annotations;
use mcpmux_core::hook::{
    Denial, Granted, ListEdit, NotifyAction, Problem, RequestAction, ResponseAction, Rewrite,
    Verdict,
};
use mcpmux_core::json::Raw;
use mcpmux_core::json::pointer::Patch;
use serde_json::{Map, Value, json};

/// A plugin's failure.
pub(crate) fn error(why: &str) -> Value {
    json!({ "error": why })
}

fn denial(denial: Denial) -> Value {
    json!({ "code": denial.code, "message": denial.message })
}

fn value(raw: &Raw) -> Value {
    raw.read().unwrap_or_else(|_| Value::from(String::from_utf8_lossy(raw.as_bytes())))
}

/// The document after a change; a change that cannot be made is an error.
fn change(rewrite: Rewrite, document: &Raw) -> Value {
    match rewrite.apply(document) {
        Ok(changed) => json!({ "change": value(&changed) }),
        Err(why) => error(&why.to_string()),
    }
}

pub(crate) fn request(action: RequestAction, arguments: &Raw) -> Value {
    match action {
        RequestAction::Forward => "forward".into(),
        RequestAction::Change(rewrite) => change(rewrite, arguments),
        RequestAction::Answer(result) => json!({ "answer": value(&result) }),
        RequestAction::Refuse(refusal) => json!({ "refuse": denial(refusal) }),
        RequestAction::Reroute { exposed, arguments } => {
            json!({ "reroute": { "exposed": exposed, "arguments": value(&arguments) } })
        }
    }
}

pub(crate) fn verdict(verdict: Verdict) -> Value {
    match verdict {
        Verdict::Allow => "allow".into(),
        Verdict::AllowWith(obligations) => {
            let redact: Vec<&str> = obligations.redact.iter().map(|at| at.as_str()).collect();
            let timeout = obligations.timeout.map(|time| time.as_millis());
            json!({ "allow": { "redact": redact, "max_bytes": obligations.max_bytes, "timeout_ms": timeout } })
        }
        Verdict::Deny(refusal) => json!({ "deny": denial(refusal) }),
        Verdict::Ask(question) => {
            let (key, time) = question.remember.unzip();
            let remember = time.map_or(0, |time| time.as_millis());
            json!({ "ask": { "text": question.text, "key": key, "remember_ms": remember } })
        }
    }
}

pub(crate) fn response(action: ResponseAction, document: &Raw) -> Value {
    match action {
        ResponseAction::Deliver => "deliver".into(),
        ResponseAction::Change(rewrite) => change(rewrite, document),
        ResponseAction::Withhold(refusal) => json!({ "withhold": denial(refusal) }),
    }
}

pub(crate) fn notify(action: NotifyAction, params: &Raw) -> Value {
    match action {
        NotifyAction::Deliver => "deliver".into(),
        NotifyAction::Change(rewrite) => change(rewrite, params),
        NotifyAction::Drop => "drop".into(),
    }
}

pub(crate) fn credentials(fetched: Result<Granted, Problem>) -> Value {
    match fetched {
        Ok(granted) => {
            let headers: Vec<(String, &str)> = granted
                .headers
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.reveal()))
                .collect();
            let expires = granted.expires.map(|since| since.as_millis());
            json!({ "grant": { "headers": headers, "expires_at": expires } })
        }
        Err(Problem::NeedsLogin(text)) => json!({ "needs_login": text }),
        Err(Problem::Temporary(text)) => json!({ "temporary": text }),
        Err(Problem::Permanent(text)) => json!({ "permanent": text }),
    }
}

pub(crate) fn edit(edit: ListEdit) -> Value {
    match edit {
        ListEdit::Hide(index) => json!({ "hide": index }),
        ListEdit::Unlist(index) => json!({ "unlist": index }),
        ListEdit::Update(index, edit) => json!({ "update": [index, {
            "exposed": edit.exposed,
            "title": edit.title,
            "description": edit.description,
            "annotations": annotations(&edit.annotations),
            "patches": edit.patches.iter().map(patch).collect::<Vec<Value>>(),
        }] }),
        ListEdit::Add(tool) => {
            json!({ "add": { "name": tool.name, "definition": value(&tool.definition) } })
        }
    }
}

/// Those that are given, by MCP's names.
fn annotations(annotations: &Annotations) -> Value {
    let mut out = Map::new();
    if let Some(title) = &annotations.title {
        out.insert("title".to_owned(), title.as_str().into());
    }
    for (key, hint) in [
        ("readOnlyHint", annotations.read_only),
        ("destructiveHint", annotations.destructive),
        ("idempotentHint", annotations.idempotent),
        ("openWorldHint", annotations.open_world),
    ] {
        if let Some(hint) = hint {
            out.insert(key.to_owned(), hint.into());
        }
    }
    Value::Object(out)
}

fn patch(patch: &Patch) -> Value {
    match patch {
        Patch::Set(at, to) => json!({ "set": [at.as_str(), value(to)] }),
        Patch::Remove(at) => json!({ "remove": at.as_str() }),
    }
}

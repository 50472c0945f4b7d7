//! What is done about what comes back: results, errors, and what backends ask of clients.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::{Call, Doc, Level, Method, Reply, Source, log, withhold};

use crate::config::Config;
use crate::description::{META, meta};
use crate::document::examine;
use crate::rule::Rules;
use crate::sieve::Sieve;

/// Above so many changes the whole document is handed back: each change on its own costs the host a copy.
const PIECES: usize = 16;

/// Withholds, flags or cleans a document, as the configuration says.
pub(crate) fn judge(
    config: &Config,
    sieve: &Sieve,
    call: &Call,
    source: Source,
    document: &mut Doc,
) -> Reply {
    let actions = config.results;
    let except = config.except(&call.backend, &call.name);
    let text = document.text();
    let findings = examine(sieve, &text, actions, except);
    if findings.rules.is_empty() {
        return Reply::Deliver;
    }
    let (backend, name) = (&call.backend, call.name.escape_debug());
    log(Level::Debug, &format!("what `{name}` of `{backend}` said: {}", findings.describe()));
    let refused = findings.rules.common(actions.refuse);
    if let Some(rule) = refused.iter().next() {
        let what = match source {
            Source::Question => "the question",
            Source::Success | Source::Error => "the answer",
        };
        let message =
            format!("{what} of `{}` is withheld: it holds {}", call.exposed, refused.names());
        return withhold(format!("guard.{}", rule.name()), message);
    }
    if findings.stripped.len() > PIECES {
        document.replace(findings.rewrite(&text));
    } else {
        for stripped in &findings.stripped {
            document.set(&stripped.at, &stripped.text);
        }
    }
    let flags = findings.rules.common(actions.flag).and(findings.stuck);
    if !flags.is_empty() {
        flag(config, call.method, source, flags, document);
    }
    Reply::Deliver
}

/// Puts the warning where a model or a person reads it, and what was found into `_meta`.
fn flag(config: &Config, method: Method, source: Source, flags: Rules, document: &mut Doc) {
    let warning = config.warning(flags);
    match source {
        Source::Error => {
            append(document, "/message", &warning);
            return;
        }
        Source::Question => {
            question(document, &warning);
            mark(document, "/params", flags);
            return;
        }
        Source::Success => {}
    }
    match method {
        Method::PromptsGet => prepend(document, "/description", &warning),
        _ if document.raw("/content/0/type").is_some() => {
            document.set("/content/-", json!({ "type": "text", "text": warning }));
        }
        _ => {}
    }
    mark(document, "", flags);
}

/// A question to a person begins with the warning; what a model is to say is told so in the system prompt.
fn question(document: &mut Doc, warning: &str) {
    match document.str("/method").as_deref() {
        Some("elicitation/create") => prepend(document, "/params/message", warning),
        Some("sampling/createMessage") => append(document, "/params/systemPrompt", warning),
        _ => {}
    }
}

fn prepend(document: &mut Doc, at: &str, warning: &str) {
    let text = match document.str(at) {
        Some(text) => format!("{warning}\n\n{text}"),
        None => warning.to_owned(),
    };
    document.set(at, text);
}

fn append(document: &mut Doc, at: &str, warning: &str) {
    let text = match document.str(at) {
        Some(text) => format!("{text}\n\n{warning}"),
        None => warning.to_owned(),
    };
    document.set(at, text);
}

/// Says in the `_meta` of an object what was found.
fn mark(document: &mut Doc, of: &str, flags: Rules) {
    let at = format!("{of}/_meta");
    let is_object = document.raw(&at).is_some_and(|json| json.trim_start().starts_with('{'));
    if is_object {
        document.set(&format!("{at}/mcpmux~1guard"), meta(flags));
    } else if of.is_empty() || document.raw(of).is_some() {
        let value: Value = json!({ META: meta(flags) });
        document.set(&at, value);
    }
}

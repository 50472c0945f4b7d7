//! What is done about the description of an entry: all of its definition is looked at, names and schemas too.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::{Entry, Kind, Level, Result, log};

use crate::config::Config;
use crate::document::{Findings, Stripped, examine};
use crate::rule::Rules;
use crate::sieve::Sieve;

/// The member of `_meta` that says what was found.
pub(crate) const META: &str = "mcpmux/guard";

/// Hides, flags or cleans an entry, as the configuration says.
pub(crate) fn judge(config: &Config, sieve: &Sieve, entry: &mut Entry) -> Result<()> {
    let actions = config.descriptions;
    let except = config.except(entry.backend(), entry.name());
    let Some(definition) = entry.definition::<Value>("")? else { return Ok(()) };
    let findings = examine(sieve, &definition.to_string(), actions, except);
    if findings.rules.is_empty() {
        return Ok(());
    }
    let named = findings.stripped.iter().any(|stripped| stripped.at == names(entry.kind()));
    if named || !findings.rules.common(actions.refuse).is_empty() {
        say(entry, "is left out", &findings);
        entry.hide();
        return Ok(());
    }
    let mut description = entry.description().unwrap_or_default().to_owned();
    for Stripped { at, text, .. } in &findings.stripped {
        if at == "/description" {
            description.clone_from(text);
            entry.set_description(text);
        } else {
            entry.set(at, text);
        }
    }
    let flags = findings.rules.common(actions.flag).and(findings.stuck);
    if flags.is_empty() {
        say(entry, "is cleaned", &findings);
        return Ok(());
    }
    say(entry, "is flagged", &findings);
    let separator = if description.is_empty() { "" } else { "\n\n" };
    entry.set_description(format!("{}{separator}{description}", config.warning(flags)));
    if definition.pointer("/_meta").is_some_and(Value::is_object) {
        entry.set("/_meta/mcpmux~1guard", meta(flags));
    } else {
        entry.set("/_meta", json!({ META: meta(flags) }));
    }
    Ok(())
}

/// What `_meta` says of what was found.
pub(crate) fn meta(rules: Rules) -> Value {
    let names: Vec<_> = rules.iter().map(|rule| Value::String(rule.name())).collect();
    json!({ "findings": names })
}

/// Where the name stands that the entry is called by; it cannot be changed.
const fn names(kind: Kind) -> &'static str {
    match kind {
        Kind::Tool | Kind::Prompt => "/name",
        Kind::Resource => "/uri",
        Kind::Template => "/uriTemplate",
    }
}

fn say(entry: &Entry, what: &str, findings: &Findings) {
    let name = entry.name().escape_debug();
    let text = format!("`{name}` of `{}` {what}: {}", entry.backend(), findings.describe());
    log(Level::Warn, &text);
}

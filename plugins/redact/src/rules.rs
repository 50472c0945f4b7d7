//! The configuration: as it is written, and checked.

use mcpmux_sdk::{Error, Result, config, serde_json};

use crate::allow::Allow;
use crate::kind::{Kind, Kinds};
use crate::mask::{LEAST_KEY, Mask};
use crate::patterns::{Patterns, Table};

/// The configuration as it is written.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    detect: Option<Vec<String>>,
    except: Vec<String>,
    /// Each is read on its own, so that the mistakes of all are reported at once.
    patterns: Vec<serde_json::Value>,
    allow: Vec<String>,
    replacement: Option<String>,
    hash_key: Option<String>,
    on: Option<Vec<String>>,
}

/// What to look for, where, and what to put in its place.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) kinds: Kinds,
    pub(crate) patterns: Patterns,
    pub(crate) allow: Allow,
    pub(crate) mask: Mask,
    pub(crate) on: On,
    /// Strings shorter than this hold nothing.
    pub(crate) shortest: usize,
}

/// The directions that are looked through.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct On {
    pub(crate) response: bool,
    pub(crate) notify: bool,
    pub(crate) request: bool,
}

/// The shortest that a detector finds.
const SHORTEST: usize = 6;

impl Rules {
    /// Checks a configuration.
    ///
    /// # Errors
    /// All mistakes, a line each, with their keys.
    pub(crate) fn new(config: Config) -> Result<Self> {
        let mut mistakes = Vec::new();
        let detect = config.detect.as_deref();
        let detected = detect.map(|names| kinds("detect", names, &mut mistakes));
        let except = kinds("except", &config.except, &mut mistakes);
        let kinds = detected.unwrap_or_else(Kinds::usual).without(except);
        let mut patterns = Patterns::default();
        for (number, value) in config.patterns.into_iter().enumerate() {
            let at = format!("patterns[{number}]");
            match config::read::<Table>(&at, value) {
                Ok(table) => patterns.add(&at, table, &mut mistakes),
                Err(error) => mistakes.push(error.to_string()),
            }
        }
        let allow = Allow::new(&config.allow).unwrap_or_else(|(number, why)| {
            mistakes.push(format!("allow[{number}]: {why}"));
            Allow::default()
        });
        let mask = mask(config.replacement.as_deref(), config.hash_key.as_deref(), &mut mistakes);
        let on = config.on.map_or(On { response: true, notify: true, request: false }, |names| {
            on(&names, &mut mistakes)
        });
        if mistakes.is_empty() && kinds.is_empty() && patterns.is_empty() {
            mistakes.push("detect: nothing is left to look for".to_owned());
        }
        if !mistakes.is_empty() {
            return Err(Error::new(mistakes.join("\n")));
        }
        let shortest = if patterns.is_empty() { SHORTEST } else { 1 };
        Ok(Self { kinds, patterns, allow, mask, on, shortest })
    }

    /// The name of a kind.
    pub(crate) fn name(&self, kind: Kind) -> &str {
        let own = kind.as_own().and_then(|index| self.patterns.name(index));
        own.or_else(|| kind.name()).unwrap_or("unknown")
    }
}

fn kinds(key: &str, names: &[String], mistakes: &mut Vec<String>) -> Kinds {
    let mut kinds = Kinds::none();
    for (number, name) in names.iter().enumerate() {
        match Kinds::named(name) {
            Some(named) => kinds = kinds.with(named),
            None => {
                let known: Vec<_> = Kinds::names().map(|name| format!("`{name}`")).collect();
                let known = known.join(", ");
                mistakes.push(format!(
                    "{key}[{number}]: unknown kind `{name}`, expected one of {known}"
                ));
            }
        }
    }
    kinds
}

fn mask(replacement: Option<&str>, key: Option<&str>, mistakes: &mut Vec<String>) -> Mask {
    match (replacement.unwrap_or("kind"), key) {
        ("kind", None) => return Mask::Kind,
        ("kind", Some(_)) => {
            mistakes.push("hash_key: has no effect without `replacement = \"hash\"`".to_owned());
        }
        ("hash", Some(key)) if key.len() >= LEAST_KEY => return Mask::hash(key),
        ("hash", Some(_)) => {
            mistakes.push(format!("hash_key: too short; give {LEAST_KEY} characters or more"));
        }
        ("hash", None) => mistakes.push(format!(
            "hash_key: missing; `replacement = \"hash\"` needs {LEAST_KEY} characters or more that nobody can guess"
        )),
        (other, _) => {
            mistakes.push(format!("replacement: unknown `{other}`, expected `kind` or `hash`"));
        }
    }
    Mask::Kind
}

fn on(names: &[String], mistakes: &mut Vec<String>) -> On {
    let mut on = On::default();
    for (number, name) in names.iter().enumerate() {
        match name.as_str() {
            "response" => on.response = true,
            "notify" => on.notify = true,
            "request" => on.request = true,
            other => mistakes.push(format!(
                "on[{number}]: unknown `{other}`, expected `response`, `notify` or `request`"
            )),
        }
    }
    if names.is_empty() {
        mistakes.push(
            "on: must not be empty; to switch the plugin off use `mode = \"off\"`".to_owned(),
        );
    }
    on
}

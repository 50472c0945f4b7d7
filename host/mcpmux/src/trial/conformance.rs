//! What any plugin has to stand, whatever it is written in: odd configurations and documents, many calls, lists of all
//! sizes. Each check is one sentence that holds or does not.

pub(crate) mod odd;

use mcpmux_core::call::Method;
use mcpmux_core::catalog::{Definition, EntryKind};
use mcpmux_core::hook::{EntryView, Notice, Source, Subject};
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_plugins::{LoadError, Refusal};
use serde_json::{Value, json};

use super::golden::{Call, Listed};
use super::{Trial, mock, play, words};

/// A configuration that no plugin knows.
const STRANGE: &str = r#"{"mcpmux-conformance":{"no":["plugin","knows","this"]}}"#;
/// Calls after which an instance's memory is looked at, and those after which it may not have grown much.
const CALLS: [usize; 2] = [100, 1_000];
/// How much it may have grown then, in bytes: an allocator may round up.
const GROWTH: usize = 1 << 20;

/// One sentence, and whether it holds: `Ok(false)` if it says nothing about this plugin.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) result: Result<bool, String>,
}

/// Loads the plugin with another configuration.
type Load<'a> = &'a dyn Fn(&Raw) -> Result<Trial, LoadError>;

/// Checks a plugin that has been loaded with a configuration it takes.
pub(crate) fn run(trial: &Trial, config: &Raw, load: Load<'_>) -> Vec<Check> {
    let fresh = || load(config).map_err(|error| error.to_string());
    let check = |name: &'static str, result: Result<bool, String>| Check { name, result };
    vec![
        check("it says what it is", describes(trial)),
        check("a configuration that it does not know is an error", refuses(load)),
        check("odd arguments do not break `request`", fresh().and_then(|trial| requests(&trial))),
        check("odd arguments do not break `authorize`", fresh().and_then(|trial| judges(&trial))),
        check("odd results do not break `response`", fresh().and_then(|trial| responds(&trial))),
        check(
            "odd notifications do not break `notify`",
            fresh().and_then(|trial| notifies(&trial)),
        ),
        check(
            "lists of any length have an answer for each entry",
            fresh().and_then(|trial| lists(&trial)),
        ),
        check("the same list is edited the same way", fresh().and_then(|trial| edits(&trial))),
        check(
            "many calls do not make an instance grow",
            fresh().and_then(|trial| stays_small(&trial)),
        ),
    ]
}

fn describes(trial: &Trial) -> Result<bool, String> {
    let said = trial.plugin.description();
    if trial.plugin.hook_names().iter().all(|name| *name != "lifecycle") {
        return Ok(false);
    }
    PluginName::new(&said.id).map_err(|error| format!("its `id`: {error}"))?;
    let numbers = said.version.split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if numbers.split('.').count() != 3 || !numbers.split('.').all(is_number) {
        return Err(format!("its `version` is `{}`, and should be like `1.2.3`", said.version));
    }
    if said.summary.trim().is_empty() {
        return Err(
            "its `summary` is empty; an operator reads it before granting anything".to_owned()
        );
    }
    if let Some(want) = said.wants.iter().find(|want| want.why.trim().is_empty()) {
        return Err(format!("it does not say why it wants `{}`", want.grant));
    }
    Ok(true)
}

fn refuses(load: Load<'_>) -> Result<bool, String> {
    match load(&Raw::literal(STRANGE)) {
        Err(LoadError { refusal: Refusal::Config(_), .. }) => Ok(true),
        Err(other) => Err(format!("it fails otherwise: {other}")),
        Ok(_) => Err(format!("it takes {STRANGE}; a misspelt key would go unnoticed")),
    }
}

/// Calls a hook with each document; what it answers does not matter, but it must answer.
fn each(
    trial: &Trial,
    documents: &[(&'static str, Raw)],
    mut call: impl FnMut(&Subject, &Raw) -> Result<(), String>,
) -> Result<bool, String> {
    for (at, (what, document)) in documents.iter().enumerate() {
        let subject = subject(trial, at)?;
        survives(trial, what, || call(&subject, document))?;
    }
    Ok(true)
}

/// Whether a call was answered: an error in the plugin's own words is an answer, breaking is none.
fn survives(
    trial: &Trial,
    what: &str,
    call: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let before = trial.hooks.health.health().failures;
    let answer = call();
    match answer {
        Err(why) if trial.hooks.health.health().failures > before => Err(format!("{what}: {why}")),
        _ => Ok(()),
    }
}

fn requests(trial: &Trial) -> Result<bool, String> {
    let Some(hook) = &trial.hooks.request else { return Ok(false) };
    each(trial, &odd::arguments(), |subject, document| hook.on_request(subject, document).map(drop))
}

fn judges(trial: &Trial) -> Result<bool, String> {
    let Some(hook) = &trial.hooks.authorize else { return Ok(false) };
    each(trial, &odd::arguments(), |subject, document| hook.check(subject, document).map(drop))
}

fn responds(trial: &Trial) -> Result<bool, String> {
    let Some(hook) = &trial.hooks.response else { return Ok(false) };
    for source in [Source::Success, Source::Error, Source::Question] {
        each(trial, &odd::results(), |subject, document| {
            hook.on_response(subject, source, document).map(drop)
        })?;
    }
    Ok(true)
}

fn notifies(trial: &Trial) -> Result<bool, String> {
    let Some(hook) = &trial.hooks.notify else { return Ok(false) };
    let backend = BackendName::new("files").map_err(|error| error.to_string())?;
    let methods =
        ["notifications/message", "notifications/progress", "notifications/x/\u{202e}y", ""];
    for method in methods {
        let notice = Notice { backend: backend.clone(), method: method.to_owned(), call: None };
        each(trial, &odd::arguments(), |_, params| {
            hook.on_notification(&notice, params).map(drop)
        })?;
    }
    Ok(true)
}

fn lists(trial: &Trial) -> Result<bool, String> {
    let Some(hook) = &trial.hooks.authorize_list else { return Ok(false) };
    for length in [0, 1, 1_000] {
        let entries =
            (0..length).map(|at| mock::seen(&listed(at))).collect::<Result<Vec<_>, _>>()?;
        let answers = hook.check_list(&play::client(&Default::default())?, &entries)?;
        if answers.len() != length {
            return Err(format!("{} answers for {length} entries", answers.len()));
        }
    }
    Ok(true)
}

fn edits(trial: &Trial) -> Result<bool, String> {
    let Some(hook) = &trial.hooks.catalog else { return Ok(false) };
    let backend = BackendName::new("files").map_err(|error| error.to_string())?;
    for length in [0, 1, 1_000] {
        let definitions: Vec<(Definition, String)> = (0..length)
            .map(|at| {
                let name = odd::name(at);
                let definition =
                    json!({ "name": name, "description": odd::name(at + 1), "inputSchema": {} });
                Ok((
                    Definition::read(EntryKind::Tool, &Raw::of(&definition))?,
                    format!("files__{at}"),
                ))
            })
            .collect::<Result<_, String>>()?;
        let views: Vec<EntryView<'_>> = definitions
            .iter()
            .map(|(definition, exposed)| EntryView { backend: &backend, definition, exposed })
            .collect();
        let once = hook.transform(&views)?;
        if once != hook.transform(&views)? {
            let edits: Vec<Value> = once.into_iter().map(words::edit).collect();
            return Err(format!(
                "the same {length} entries were edited otherwise than {}",
                Value::from(edits)
            ));
        }
    }
    Ok(true)
}

fn stays_small(trial: &Trial) -> Result<bool, String> {
    let document = odd::plain(10 << 10);
    let call = |at: usize| -> Result<bool, String> {
        let subject = subject(trial, at)?;
        // What it decides was looked at above.
        let answers = [
            trial.hooks.request.as_ref().map(|hook| hook.on_request(&subject, &document).map(drop)),
            trial.hooks.authorize.as_ref().map(|hook| hook.check(&subject, &document).map(drop)),
            trial
                .hooks
                .response
                .as_ref()
                .map(|hook| hook.on_response(&subject, Source::Success, &document).map(drop)),
        ];
        Ok(answers.iter().any(Option::is_some))
    };
    let [few, many] = CALLS;
    let mut called = false;
    for at in 0..few {
        called |= call(at)?;
    }
    let before = trial.plugin.instance_memory();
    for at in few..many {
        call(at)?;
    }
    let after = trial.plugin.instance_memory();
    if after > before.saturating_mul(2).max(before + GROWTH) {
        return Err(format!(
            "an instance has {before} bytes after {few} calls and {after} after {many}; it keeps what it is shown"
        ));
    }
    Ok(called)
}

fn subject(trial: &Trial, at: usize) -> Result<Subject, String> {
    let methods = Method::ALL;
    let call = Call {
        id: None,
        method: methods.get(at % methods.len()).map(|method| method.as_str().to_owned()),
        backend: "files".to_owned(),
        name: odd::name(at),
        exposed: Some(format!("files__{at}")),
        client: Default::default(),
    };
    trial.subject(&call, at as u64)
}

fn listed(at: usize) -> Listed {
    Listed {
        kind: Default::default(),
        backend: "files".to_owned(),
        name: odd::name(at),
        exposed: Some(format!("files__{at}")),
        title: None,
        description: None,
        read_only: [None, Some(true), Some(false)].get(at % 3).copied().flatten(),
        destructive: None,
        listed: true,
        definition: None,
    }
}

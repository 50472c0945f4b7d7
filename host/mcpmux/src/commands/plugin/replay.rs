//! `mcpmux plugin replay`: recorded calls, shown to a plugin again: which decisions would be others?

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use mcpmux_manage::cli::Global;
use mcpmux_manage::cli::plugin::Replay;
use mcpmux_manage::print;
use serde_json::{Value, json};

use crate::audit::row::Row;
use crate::commands::status::pretty;
use crate::failure::Failure;
use crate::host::engine;
use crate::trial::golden::{Call, Client, Era, Mock, What};
use crate::trial::{Trial, named};

/// A decision that is another one now.
struct Difference {
    id: u64,
    time: String,
    call: String,
    hook: &'static str,
    before: String,
    now: Value,
}

/// How many calls were shown, and what came of it.
#[derive(Default)]
struct Replayed {
    calls: usize,
    /// Those whose arguments were not recorded.
    without: usize,
    /// Those that the `request` hook is not shown, because it saw other arguments than those that were recorded.
    changed: usize,
    /// Lines that are no rows.
    unreadable: Vec<usize>,
    differences: Vec<Difference>,
}

pub(crate) async fn run(global: &Global, options: &Replay) -> Result<(), Failure> {
    let (settings, limits) = named(global, &options.subject)?;
    let engine = engine()?;
    let name = settings.name.as_str().to_owned();
    let trial =
        Trial::load(&engine, settings, &limits, &Mock::default()).map_err(Failure::wrong)?;
    if trial.hooks.request.is_none() && trial.hooks.authorize.is_none() {
        return Err(Failure::wrong("the plugin has neither a `request` nor an `authorize` hook"));
    }
    // A file has no name in the configuration; what it calls itself is the next best.
    let known = [name, trial.plugin.description().id.clone()];
    let replayed = replay(&trial, &known, &options.audit).await?;
    if replayed.calls == 0 && replayed.without > 0 {
        return Err(Failure::failed(format!(
            "no call in {} has its arguments\nhint: they are recorded with `arguments = true` in [audit]",
            options.audit.display()
        )));
    }
    let differs = !replayed.differences.is_empty();
    let text = if options.json { pretty(&replayed.json())? } else { replayed.page() };
    print::data(&text)?;
    if differs && options.exit_code { Err(Failure::said()) } else { Ok(()) }
}

async fn replay(trial: &Trial, known: &[String], audit: &Path) -> Result<Replayed, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::wrong(format!("cannot read {}: {error}", audit.display()));
    let file = File::open(audit).map_err(unreadable)?;
    let mut replayed = Replayed::default();
    for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let line = line.map_err(unreadable)?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Row>(&line) {
            Ok(row) => replayed.show(trial, known, &row).await?,
            Err(_) => replayed.unreadable.push(number),
        }
    }
    Ok(replayed)
}

impl Replayed {
    /// Shows one call to the hooks that the plugin has.
    async fn show(&mut self, trial: &Trial, known: &[String], row: &Row) -> Result<(), Failure> {
        let Some(arguments) = &row.arguments else {
            self.without += 1;
            return Ok(());
        };
        let arguments: Value = serde_json::from_str(arguments.get()).map_err(Failure::failed)?;
        self.calls += 1;
        let call = call(row);
        let hooks = [
            What::Request { call: call.clone(), arguments: arguments.clone() },
            What::Authorize { call, arguments },
        ];
        for what in hooks.iter().filter(|what| trial.has(what)) {
            if matches!(what, What::Request { .. }) && saw_others(row, known) {
                self.changed += 1;
                continue;
            }
            let prepared = trial.prepare(what, row.id).map_err(Failure::failed)?;
            let now = prepared.decide().await;
            let before = before(row, known, what.hook());
            if before != summary(&now) {
                self.differences.push(Difference {
                    id: row.id,
                    time: row.time.clone(),
                    call: format!("{} {}/{}", row.method, row.backend, row.name),
                    hook: what.hook(),
                    before,
                    now,
                });
            }
        }
        Ok(())
    }

    fn page(&self) -> String {
        let mut out = String::new();
        for Difference { id, time, call, hook, before, now } in &self.differences {
            out.push_str(&format!("{time} #{id} {call}\n  {hook}: {before} -> {now}\n"));
        }
        out.push_str(&format!(
            "{} calls, {} decisions differ, {} calls without arguments\n",
            self.calls,
            self.differences.len(),
            self.without
        ));
        if self.changed > 0 {
            out.push_str(&format!(
                "{} calls were not shown to the `request` hook: it saw them before their arguments were changed\n",
                self.changed
            ));
        }
        if let Some(line) = self.unreadable.first() {
            let lines = self.unreadable.len();
            out.push_str(&format!(
                "{lines} lines are no rows of an audit file, the first is {line}\n"
            ));
        }
        print::harmless(&out)
    }

    fn json(&self) -> Value {
        let difference = |difference: &Difference| {
            let Difference { id, time, call, hook, before, now } = difference;
            json!({ "id": id, "time": time, "call": call, "hook": hook, "before": before, "now": now })
        };
        let differences: Vec<Value> = self.differences.iter().map(difference).collect();
        json!({
            "calls": self.calls,
            "without_arguments": self.without,
            "changed_arguments": self.changed,
            "unreadable_lines": self.unreadable,
            "differences": differences,
        })
    }
}

fn call(row: &Row) -> Call {
    Call {
        id: Some(row.id),
        method: Some(row.method.clone()),
        backend: row.backend.clone(),
        name: row.name.clone(),
        exposed: Some(row.exposed.clone()),
        client: Client {
            name: row.client.name.clone(),
            version: row.client.version.clone(),
            era: if row.client.era == "legacy" { Era::Legacy } else { Era::Modern },
            principal: None,
            space: None,
        },
    }
}

/// Whether the plugin's `request` hook saw other arguments than those that were recorded, which are the final ones: whether
/// it, or a plugin behind it, changed them.
fn saw_others(row: &Row, known: &[String]) -> bool {
    let requests = row.decisions.iter().filter(|decided| decided.hook == "request");
    let mut since = requests.skip_while(|decided| !known.contains(&decided.plugin));
    since.any(|decided| !decided.shadow && matches!(decided.verdict.as_str(), "change" | "reroute"))
}

/// What the plugin decided then, in a word and its code; one that was not asked had no objection.
fn before(row: &Row, known: &[String], hook: &str) -> String {
    let decided = row
        .decisions
        .iter()
        .find(|decided| decided.hook == hook && known.contains(&decided.plugin));
    let nothing = if hook == "request" { "forward" } else { "allow" };
    decided.map_or_else(
        || nothing.to_owned(),
        |decided| match (decided.verdict.as_str(), &decided.detail) {
            (word @ ("deny" | "refuse"), Some(code)) => format!("{word} {code}"),
            ("allow-with" | "allow_with", _) => "allow".to_owned(),
            (word, _) => word.to_owned(),
        },
    )
}

/// The same of what it decides now.
fn summary(now: &Value) -> String {
    let Value::Object(members) = now else {
        return now.as_str().unwrap_or_default().to_owned();
    };
    let code = |body: &Value| Some(body.get("code")?.as_str()?.to_owned());
    members.iter().next().map_or_else(String::new, |(word, body)| match code(body) {
        Some(code) => format!("{word} {code}"),
        None => word.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decisions: &Value) -> Row {
        let row = json!({
            "time": "", "id": 1, "client": { "name": "", "version": "", "era": "modern" },
            "method": "tools/call", "backend": "b", "name": "n", "exposed": "b__n", "status": "refused",
            "code": 1006, "sent": 0, "received": 0, "micros": 0,
            "decisions": decisions,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_request_hook_is_not_shown_what_was_changed_after_it_saw_it() {
        let known = ["mine".to_owned()];
        let check = |decisions: &[(&str, &str, &str, bool)], expected: bool| {
            let decided = |(plugin, hook, verdict, shadow): &(&str, &str, &str, bool)| json!({ "plugin": plugin, "version": "", "hook": hook, "verdict": verdict, "detail": null, "micros": 1, "shadow": shadow });
            let all: Vec<Value> = decisions.iter().map(decided).collect();
            assert_eq!(saw_others(&row(&json!(all)), &known), expected, "{decisions:?}");
        };
        let mine = ("mine", "request", "forward", false);
        check(&[], false);
        check(&[mine], false);
        check(&[("mine", "request", "change", false)], true);
        check(&[("mine", "request", "change", true)], false);
        check(&[("mine", "request", "reroute", false)], true);
        check(&[("mine", "response", "change", false)], false);
        check(&[("other", "request", "change", false), mine], false);
        check(&[mine, ("other", "request", "change", false)], true);
    }

    #[test]
    fn decisions_are_compared_by_word_and_code() {
        let row = row(&json!([
            { "plugin": "other", "version": "", "hook": "authorize", "verdict": "deny", "detail": "x", "micros": 1, "shadow": false },
            { "plugin": "mine", "version": "", "hook": "authorize", "verdict": "deny", "detail": "a", "micros": 1, "shadow": true },
        ]));
        let known = ["mine".to_owned()];
        assert_eq!(before(&row, &known, "authorize"), "deny a");
        assert_eq!(before(&row, &known, "request"), "forward");
        assert_eq!(before(&row, &["new".to_owned()], "authorize"), "allow");
        let deny = |code: &str| summary(&json!({ "deny": { "code": code, "message": "m" } }));
        assert_eq!((deny("a").as_str(), summary(&json!("allow")).as_str()), ("deny a", "allow"));
        assert_eq!(summary(&json!({ "allow": { "redact": [] } })), "allow");
    }
}

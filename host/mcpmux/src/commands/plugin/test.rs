//! `mcpmux plugin test`: a plugin's own tests, its golden calls played on the component, and what any plugin has to
//! stand.

use std::path::{Path, PathBuf};

use mcpmux_core::config::Limits;
use mcpmux_core::json::Raw;
use mcpmux_manage::cli::plugin::{Lang, Test};
use mcpmux_manage::print;
use mcpmux_plugins::{LoadError, Refusal};
use serde_json::{Value, json};

use super::build;
use crate::commands::status::pretty;
use crate::failure::Failure;
use crate::trial::fits::fits;
use crate::trial::golden::{self, Golden, Mock};
use crate::trial::{Found, Trial, conformance, words};

/// The folder of a project's golden calls.
const GOLDEN: &str = "golden";

/// One thing that was tested.
struct Row {
    group: &'static str,
    name: String,
    /// `Ok(false)`: it says nothing about this plugin.
    result: Result<bool, String>,
}

pub(crate) async fn run(options: &Test) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let (file, folder) = if options.what.is_dir() {
        if !options.no_native && build::lang(&options.what)? == Lang::Rust {
            let tested = build::test(&options.what).map(|()| true).map_err(|failure| failure.text);
            rows.push(Row {
                group: "its own tests",
                name: "cargo test".to_owned(),
                result: tested,
            });
        }
        let file = build::build(&options.what, None, false)?;
        (file, Some(options.golden.clone().unwrap_or_else(|| options.what.join(GOLDEN))))
    } else {
        (options.what.clone(), options.golden.clone())
    };
    let golden = match &folder {
        Some(folder) if options.golden.is_some() || folder.is_dir() => files(folder)?,
        _ => Vec::new(),
    };
    let bench = Bench(Found::read(&file)?);
    let mut config = None;
    for (name, golden) in &golden {
        rows.extend(bench.golden(name, golden).await);
        if golden.expect.is_none() && config.is_none() {
            config = Some((Raw::of(&golden.config), golden.mock.clone()));
        }
    }
    let (config, mock) = config.unwrap_or_else(|| (Raw::literal("{}"), Mock::default()));
    rows.extend(bench.conformance(&config, &mock));
    let passed = rows.iter().all(|row| row.result.is_ok());
    let text = if options.json { pretty(&report(&file, &rows))? } else { page(&rows) };
    print::data(&text)?;
    if passed { Ok(()) } else { Err(Failure::said()) }
}

/// The golden calls of a folder, by the names of their files.
fn files(folder: &Path) -> Result<Vec<(String, Golden)>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::wrong(format!("cannot read {}: {error}", folder.display()))
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, golden::read(&path).map_err(Failure::wrong)?))
    };
    paths.into_iter().map(read).collect()
}

/// A component, loaded again and again.
struct Bench(Found);

impl Bench {
    fn load(
        &self,
        config: &Raw,
        grant: Option<&[String]>,
        mock: &Mock,
    ) -> Result<Trial, LoadError> {
        let mut settings = self.0.settings(config);
        if let Some(grant) = grant {
            settings.grant = grant.to_vec();
        }
        Trial::load(&self.0.engine, settings, &Limits::default(), mock)
    }

    /// Plays one file.
    async fn golden(&self, file: &str, golden: &Golden) -> Vec<Row> {
        let row = |name: String, result: Result<bool, String>| Row {
            group: "golden calls",
            name,
            result,
        };
        let config = Raw::of(&golden.config);
        let loaded = self.load(&config, golden.grant.as_deref(), &golden.mock);
        if let Some(expected) = &golden.expect {
            let found = match &loaded {
                Ok(_) => json!("ok"),
                Err(error) => match &error.refusal {
                    Refusal::Config(why) => words::error(why),
                    _ => words::error(&error.to_string()),
                },
            };
            return vec![row(format!("{file} config"), compare(Some(expected), &found))];
        }
        let trial = match loaded {
            Ok(trial) => trial,
            Err(error) => return vec![row(file.to_owned(), Err(error.to_string()))],
        };
        let mut rows = Vec::new();
        for (number, step) in (1..).zip(&golden.calls) {
            if let Some(time) = step.time {
                trial.clock.set(time);
            }
            let result = match trial.prepare(&step.what, number) {
                Ok(call) => compare(step.expect.as_ref(), &call.decide().await),
                Err(why) => Err(why),
            };
            rows.push(row(format!("{file} {number} {}", step.what.hook()), result));
        }
        rows
    }

    fn conformance(&self, config: &Raw, mock: &Mock) -> Vec<Row> {
        let group = "conformance";
        match self.load(config, None, mock) {
            Ok(trial) => conformance::run(&trial, config, &|config| self.load(config, None, mock))
                .into_iter()
                .map(|check| Row { group, name: check.name.to_owned(), result: check.result })
                .collect(),
            Err(error) => {
                let hint =
                    "hint: a file in `golden` with a `config` that it takes says how to start it";
                let result = Err(format!("{error}\n{hint}"));
                vec![Row { group, name: "it starts".to_owned(), result }]
            }
        }
    }
}

fn compare(expected: Option<&Value>, found: &Value) -> Result<bool, String> {
    match expected {
        None => Err(format!("it has no `expect`; found: {found}")),
        Some(expected) if fits(expected, found) => Ok(true),
        Some(expected) => Err(format!("expected: {expected}\nfound:    {found}")),
    }
}

fn page(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = row.group;
            out.push_str(&format!("{group}\n"));
        }
        let (mark, why) = match &row.result {
            Ok(true) => ("ok  ", ""),
            Ok(false) => ("-   ", ""),
            Err(why) => ("FAIL", why.as_str()),
        };
        out.push_str(&format!("  {mark}  {}\n", row.name));
        for line in why.lines() {
            out.push_str(&format!("          {line}\n"));
        }
    }
    let count =
        |is: fn(&Result<bool, String>) -> bool| rows.iter().filter(|row| is(&row.result)).count();
    let (passed, failed) = (count(|result| *result == Ok(true)), count(Result::is_err));
    let left_out = count(|result| *result == Ok(false));
    out.push_str(&format!("{passed} passed, {failed} failed, {left_out} of no concern\n"));
    print::harmless(&out)
}

fn report(file: &Path, rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let result = match &row.result {
            Ok(true) => "passed",
            Ok(false) => "skipped",
            Err(_) => "failed",
        };
        json!({ "group": row.group, "name": row.name, "result": result, "why": row.result.as_ref().err() })
    };
    let passed = rows.iter().all(|row| row.result.is_ok());
    json!({ "file": file, "passed": passed, "checks": rows.iter().map(row).collect::<Vec<Value>>() })
}

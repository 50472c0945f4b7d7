//! `mcpmux plugin bench`: what a plugin costs, measured in the real engine.

use std::time::{Duration, Instant};

use mcpmux_manage::cli::Global;
use mcpmux_manage::cli::plugin::{Bench, Hook};
use mcpmux_manage::print;
use mcpmux_plugins::Engine;
use serde_json::{Value, json};

use crate::commands::status::pretty;
use crate::failure::Failure;
use crate::host::engine;
use crate::trial::conformance::odd;
use crate::trial::golden::{Mock, What};
use crate::trial::{Trial, named};

/// Calls before a measurement starts.
const WARM_UP: usize = 50;
/// Calls of which a measurement keeps the times.
const SAMPLES: usize = 100_000;
/// Results of these sizes are shown to the response hook.
const RESULTS: [(&str, usize); 3] = [("1 KB", 1 << 10), ("10 KB", 10 << 10), ("1 MB", 1 << 20)];

/// The time that calls of one kind took, in microseconds.
struct Measured {
    hook: &'static str,
    what: &'static str,
    calls: usize,
    min: f64,
    median: f64,
    p99: f64,
    /// What was decided in the last call, in a word.
    verdict: String,
}

pub(crate) async fn run(global: &Global, options: &Bench) -> Result<(), Failure> {
    let (settings, limits) = named(global, &options.subject)?;
    let mock = Mock::default();
    let load = |engine: &Engine| {
        Trial::load(engine, settings.clone(), &limits, &mock).map_err(Failure::wrong)
    };
    // Without a cache it is compiled for sure; then the cache has the code, after the first load at the latest.
    let cold = load(&Engine::new(None).map_err(Failure::failed)?)?;
    let engine = engine()?;
    let mut trial = load(&engine)?;
    if !trial.plugin.loading().cached {
        trial = load(&engine)?;
    }
    let wanted = |hook: &str| {
        options.hooks.is_empty() || options.hooks.iter().any(|wanted| wanted.as_str() == hook)
    };
    let time = Duration::from_millis(options.time);
    let mut measured = Vec::new();
    for (what, call) in calls()? {
        if wanted(call.hook()) && trial.has(&call) {
            measured.push(measure(&trial, what, &call, time).await?);
        }
    }
    if let Some(missing) = options.hooks.iter().find(|hook| !has(&measured, **hook)) {
        let name = missing.as_str();
        return Err(Failure::wrong(format!("the plugin has no `{name}` hook")));
    }
    let loads = [("cold", cold.plugin.loading()), ("again", trial.plugin.loading())];
    let memory = trial.plugin.instance_memory();
    let text = if options.json {
        let loads: serde_json::Map<String, Value> =
            loads.iter().map(|(name, load)| ((*name).to_owned(), json!(load))).collect();
        let hooks: Vec<Value> = measured.iter().map(Measured::json).collect();
        pretty(&json!({ "load": loads, "instance_bytes": memory, "hooks": hooks }))?
    } else {
        let mut out = String::new();
        for (name, load) in loads {
            let how = if load.cached { "from the cache" } else { "compiled" };
            out.push_str(&format!(
                "load {name}: read {}, {how} {}, started {}\n",
                millis(load.read),
                millis(load.compile),
                millis(load.start)
            ));
        }
        out.push_str(&format!("memory of an instance: {} KiB\n\n", memory.div_ceil(1024)));
        out + &table(&measured)
    };
    Ok(print::data(&text)?)
}

fn has(measured: &[Measured], hook: Hook) -> bool {
    measured.iter().any(|measured| measured.hook == hook.as_str())
}

/// What is measured.
fn calls() -> Result<Vec<(&'static str, What)>, Failure> {
    let call = json!({ "backend": "files", "name": "read_file" });
    let arguments = json!({ "path": "/data/notes/today.md", "limit": 10, "text": "a short text" });
    let entry = |at: usize| json!({ "backend": "files", "name": format!("tool_{at}"), "description": "Does something" });
    let offered = |at: usize| {
        let schema = json!({ "type": "object", "properties": { "path": { "type": "string" } } });
        let definition = json!({ "name": format!("tool_{at}"), "description": "Does something", "inputSchema": schema });
        json!({ "backend": "files", "definition": definition })
    };
    let entries: Vec<Value> = (0..100).map(entry).collect();
    let list = |length: usize| (0..length).map(offered).collect::<Vec<Value>>();
    let mut calls = vec![
        ("100 entries", json!({ "hook": "catalog", "entries": list(100) })),
        ("1,000 entries", json!({ "hook": "catalog", "entries": list(1_000) })),
        ("3 arguments", json!({ "hook": "request", "call": call, "arguments": arguments })),
        ("3 arguments", json!({ "hook": "authorize", "call": call, "arguments": arguments })),
        ("100 entries", json!({ "hook": "authorize-list", "entries": entries })),
    ];
    for (name, size) in RESULTS {
        let document: Value = odd::plain(size).read().map_err(Failure::failed)?;
        calls.push((name, json!({ "hook": "response", "call": call, "document": document })));
    }
    let notice = json!({ "backend": "files", "method": "notifications/message" });
    let params = json!({ "level": "info", "data": "something happened" });
    let query = json!({ "backend": "files", "url": "https://example.com/mcp" });
    calls.extend([
        ("a message", json!({ "hook": "notify", "notice": notice, "params": params })),
        ("a success", json!({ "hook": "observe", "call": call, "outcome": { "micros": 900 } })),
        ("at the start", json!({ "hook": "credentials", "query": query })),
    ]);
    let read = |(name, call): (&'static str, Value)| {
        Ok((name, serde_json::from_value(call).map_err(Failure::failed)?))
    };
    calls.into_iter().map(read).collect()
}

async fn measure(
    trial: &Trial,
    what: &'static str,
    call: &What,
    time: Duration,
) -> Result<Measured, Failure> {
    let prepared = trial.prepare(call, 1).map_err(Failure::failed)?;
    let mut verdict = Value::Null;
    for _ in 0..WARM_UP {
        verdict = prepared.decide().await;
    }
    let mut samples = Vec::with_capacity(SAMPLES);
    let end = Instant::now() + time;
    while samples.len() < SAMPLES && Instant::now() < end {
        let began = Instant::now();
        prepared.run().await;
        samples.push(began.elapsed());
    }
    samples.sort_unstable();
    let micros = |part: f64| {
        let at = ((samples.len().saturating_sub(1)) as f64 * part) as usize;
        samples.get(at).map_or(0.0, |sample| sample.as_nanos() as f64 / 1_000.0)
    };
    Ok(Measured {
        hook: call.hook(),
        what,
        calls: samples.len(),
        min: micros(0.0),
        median: micros(0.5),
        p99: micros(0.99),
        verdict: word(&verdict),
    })
}

impl Measured {
    fn json(&self) -> Value {
        json!({
            "hook": self.hook, "document": self.what, "calls": self.calls, "verdict": self.verdict,
            "micros": { "min": self.min, "median": self.median, "p99": self.p99 },
        })
    }
}

/// A decision in a word: `forward`, `deny`, `change`.
fn word(verdict: &Value) -> String {
    match verdict {
        Value::String(word) => word.clone(),
        Value::Object(members) => members.keys().next().cloned().unwrap_or_default(),
        Value::Array(answers) => format!("{} answers", answers.len()),
        _ => String::new(),
    }
}

fn table(measured: &[Measured]) -> String {
    let head = ["hook", "document", "min us", "median us", "p99 us", "calls", "decides"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(measured.iter().map(|row| {
        let micros = |micros: f64| format!("{micros:.1}");
        let (min, median, p99) = (micros(row.min), micros(row.median), micros(row.p99));
        let (hook, what) = (row.hook.to_owned(), row.what.to_owned());
        [hook, what, min, median, p99, row.calls.to_string(), row.verdict.clone()]
    }));
    if measured.is_empty() { "no hooks to measure\n".to_owned() } else { print::table(&rows) }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

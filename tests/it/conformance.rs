//! The official conformance suite through mcpmux, with one backend that passes all of it when asked directly.
//!
//! The tables say which scenarios pass. One that no longer does fails the test, and so does one that passes and
//! is not listed: then the table is to be extended.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::harness::{Home, paths};

/// How long the suite may take; it starts on its own and waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(60);

const LEGACY: [&str; 14] = [
    "dns-rebinding-protection",
    "json-schema-2020-12",
    "ping",
    "server-initialize",
    "server-session-lifecycle",
    "server-sse-multiple-streams",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-error",
    "tools-call-image",
    "tools-call-mixed-content",
    "tools-call-simple-text",
    "tools-call-with-progress",
    "tools-list",
];

const MODERN: [&str; 27] = [
    "dns-rebinding-protection",
    "http-header-validation",
    "input-required-result-basic-elicitation",
    "input-required-result-basic-list-roots",
    "input-required-result-basic-sampling",
    "input-required-result-capability-check",
    "input-required-result-ignore-extra-params",
    "input-required-result-missing-input-response",
    "input-required-result-multi-round",
    "input-required-result-multiple-input-requests",
    "input-required-result-request-state",
    "input-required-result-result-type",
    "input-required-result-tampered-state",
    "input-required-result-unsupported-methods",
    "input-required-result-validate-input",
    "json-schema-2020-12",
    // It passes with warnings: that no resource is served is an error too, if not the expected one.
    "sep-2164-resource-not-found",
    "server-sse-multiple-streams",
    "server-stateless",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-error",
    "tools-call-image",
    "tools-call-mixed-content",
    "tools-call-simple-text",
    "tools-call-with-progress",
    "tools-list",
];

#[tokio::test]
async fn the_scenarios_of_2025_11_25_that_pass_are_those_listed() {
    check("2025-11-25", &LEGACY).await;
}

#[tokio::test]
async fn the_scenarios_of_2026_07_28_that_pass_are_those_listed() {
    check("2026-07-28", &MODERN).await;
}

/// Shows the score to whoever runs the tests with `--nocapture`.
#[allow(clippy::print_stdout, reason = "a test's output")]
async fn check(revision: &str, expected: &[&str]) {
    let fixture = paths::root().join("tests/peers/conformance_backend.py");
    let home = Home::new(&format!(
        "[backends.fixture]\nprefix = \"\"\ncommand = [{:?}, {fixture:?}, \"--stdio\"]\n",
        paths::python()
    ));
    let served = home.serve().await;
    let suite = paths::npm("@modelcontextprotocol/conformance");
    let results = home.path().join("results");
    let mut command = Command::new(paths::node());
    command.arg(suite.join("dist/index.js")).args(["server", "--url", &served.url]);
    command.args(["--requirements", revision, "-o"]).arg(&results);
    command.current_dir(home.path()).env("HOME", home.path());
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    // It fails as soon as one scenario does: what counts is what it wrote.
    let output = tokio::time::timeout(PATIENCE, output).await.expect("the suite hangs").unwrap();
    assert_eq!(served.stop().await, 0);

    let verdicts = verdicts(&results);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!verdicts.is_empty(), "the suite did not run:\n{said}");
    let passed: BTreeSet<&str> =
        verdicts.iter().filter(|it| it.passed).map(|it| it.name.as_str()).collect();
    let scored = scored(&suite, revision);
    let score = scored.iter().filter(|name| passed.contains(name.as_str())).count();
    println!("conformance {revision}: {score} of {} scored scenarios", scored.len());

    let listed: BTreeSet<&str> = expected.iter().copied().collect();
    let lost: Vec<_> =
        verdicts.iter().filter(|it| !it.passed && listed.contains(it.name.as_str())).collect();
    let missing: Vec<_> = listed.difference(&passed).collect();
    let gained: Vec<_> = passed.difference(&listed).collect();
    assert!(missing.is_empty(), "{revision}: no longer passed: {missing:?}\n{lost:#?}");
    assert!(gained.is_empty(), "{revision}: passed now, to be listed: {gained:?}");
}

/// What became of a scenario.
#[derive(Debug)]
struct Verdict {
    name: String,
    passed: bool,
    /// Its checks that failed.
    #[allow(dead_code, reason = "shown when the test fails")]
    why: Vec<String>,
}

/// Reads `results/server-NAME-TIME/checks.json`. A scenario passes if a check of it succeeded and none failed.
fn verdicts(results: &std::path::Path) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for folder in std::fs::read_dir(results).into_iter().flatten().flatten() {
        let name = folder.file_name().into_string().unwrap();
        let name = name.strip_prefix("server-").unwrap_or(&name);
        // The time is `2026-11-21T03-44-16-062Z`.
        let name = name[..name.len() - "-2026-11-21T03-44-16-062Z".len()].to_owned();
        let text = std::fs::read(folder.path().join("checks.json")).unwrap();
        let checks: Vec<Value> = serde_json::from_slice(&text).unwrap();
        let with = |status: &str| {
            checks.iter().filter(move |check| check["status"] == status).collect::<Vec<_>>()
        };
        let failed = with("FAILURE");
        let passed = failed.is_empty() && !with("SUCCESS").is_empty();
        let why = failed.iter().map(|check| format!("{}: {}", check["id"], check["errorMessage"]));
        verdicts.push(Verdict { name, passed, why: why.collect() });
    }
    verdicts
}

/// The scenarios of servers that a revision requires: the list under `server:` in the suite's own file.
fn scored(suite: &std::path::Path, revision: &str) -> Vec<String> {
    let file = suite.join(format!("requirements/{revision}.yaml"));
    let text = std::fs::read_to_string(file).unwrap();
    let (_, list) = text.split_once("\nserver:\n").unwrap();
    let names = list.lines().map_while(|line| line.strip_prefix("  - "));
    names.map(str::to_owned).collect()
}

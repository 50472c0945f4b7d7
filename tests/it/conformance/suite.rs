//! Running the official suite as it comes, and reading what it found; what is expected is said elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::harness::paths;

/// How long the suite may take; it starts on its own and waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// The revisions that the suite can ask for, each with its own scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Revision {
    /// 2025-11-25.
    Legacy,
    /// 2026-07-28.
    Modern,
}

impl Revision {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "2025-11-25",
            Self::Modern => "2026-07-28",
        }
    }
}

/// What became of the scenarios, by name.
pub(super) type Found = BTreeMap<String, Verdict>;

/// What became of a scenario.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Its checks that succeeded.
    pub(super) succeeded: BTreeSet<String>,
    /// Its checks that failed or warned, with what the suite says of them.
    pub(super) failed: Vec<String>,
}

impl Verdict {
    /// Whether something was checked and nothing was found wrong.
    pub(super) fn passed(&self) -> bool {
        self.failed.is_empty() && !self.succeeded.is_empty()
    }

    /// What was found good in the other and not in this.
    pub(super) fn lacks(&self, other: &Self) -> Vec<String> {
        let missing = other.succeeded.difference(&self.succeeded);
        let missing = missing.map(|id| format!("{id}: no longer succeeds"));
        self.failed.iter().cloned().chain(missing).collect()
    }
}

/// Asks a server for everything that the revision wants of one.
pub(super) async fn of_server(revision: Revision, url: &str, folder: &Path) -> Found {
    let results = folder.join("results");
    let mut command = command(folder);
    command.args(["server", "--url", url, "--requirements", revision.name(), "-o"]).arg(&results);
    let said = run(command).await;
    let found = verdicts(&results);
    assert!(!found.is_empty(), "the suite did not run:\n{said}");
    found
}

/// The suite's program.
pub(super) fn command(folder: &Path) -> Command {
    let mut command = Command::new(paths::node());
    command.arg(package().join("dist/index.js")).current_dir(folder).env("HOME", folder);
    command
}

/// Runs it to its end: what it printed. It fails as soon as one scenario does, so that says nothing.
pub(super) async fn run(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("the suite hangs").unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}\n{err}")
}

/// Reads `results/[server-]NAME-TIME/checks.json`; a name may be in a folder, as `auth/NAME`.
pub(super) fn verdicts(results: &Path) -> Found {
    let mut found = Found::new();
    for folder in std::fs::read_dir(results).into_iter().flatten().flatten() {
        let name = folder.file_name().into_string().unwrap();
        let Ok(text) = std::fs::read(folder.path().join("checks.json")) else {
            let inner = verdicts(&folder.path()).into_iter();
            found.extend(inner.map(|(of, verdict)| (format!("{name}/{of}"), verdict)));
            continue;
        };
        let name = name.strip_prefix("server-").unwrap_or(&name);
        // The time is `2026-11-21T03-44-16-062Z`.
        let name = name[..name.len() - "-2026-11-21T03-44-16-062Z".len()].to_owned();
        let checks: Vec<Value> = serde_json::from_slice(&text).unwrap();
        found.insert(name, verdict(&checks));
    }
    found
}

fn verdict(checks: &[Value]) -> Verdict {
    let mut verdict = Verdict::default();
    for check in checks {
        let id = check["id"].as_str().unwrap();
        match check["status"].as_str().unwrap() {
            "SUCCESS" => drop(verdict.succeeded.insert(id.to_owned())),
            // Told, or not tried: that it was tried alone shows in what succeeded there.
            "INFO" | "SKIPPED" => {}
            status => verdict.failed.push(format!("{id}: {status}: {}", check["errorMessage"])),
        }
    }
    verdict
}

/// The scenarios of servers or clients that a revision scores: the list under that word in the suite's own file.
pub(super) fn scored(revision: Revision, side: &str) -> Vec<String> {
    let file = package().join(format!("requirements/{}.yaml", revision.name()));
    let text = std::fs::read_to_string(file).unwrap();
    let (_, list) = text.split_once(&format!("\n{side}:\n")).unwrap();
    let names = list.lines().map_while(|line| line.strip_prefix("  - "));
    names.map(str::to_owned).collect()
}

fn package() -> std::path::PathBuf {
    paths::npm("@modelcontextprotocol/conformance")
}

/// Shows a score to whoever runs the tests with `--nocapture`.
#[allow(clippy::print_stdout, reason = "a test's output")]
pub(super) fn say(line: &str) {
    println!("{line}");
}

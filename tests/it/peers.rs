//! mcpmux between real peers: the servers and clients of others, of both eras, over both transports.

mod children;
mod clients;
mod definitions;
mod eras;
mod progress;
mod rust_client;
mod rust_server;
pub(crate) mod server;
mod statuses;

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::harness::{Home, PATIENCE, paths};

/// The real servers behind mcpmux in most of these tests, with how many tools each has.
const SERVERS: [(&str, usize); 3] = [("everything", 17), ("files", 14), ("memory", 9)];

/// Those servers, each with what it works on in the test's folder.
const THREE: &str = r#"
[backends.everything]
command = ["{node}", "{npm}/server-everything/dist/index.js", "stdio"]
cwd = "."

[backends.files]
command = ["{node}", "{npm}/server-filesystem/dist/index.js", "{here}"]

[backends.memory]
command = ["{node}", "{npm}/server-memory/dist/index.js"]
env = { MEMORY_FILE_PATH = "{here}/memory.jsonl" }
"#;

/// `{node}`, `{npm}`, `{python}` and `{peers}` stand for what is installed, and for the scripts beside these tests.
pub(crate) fn filled(config: &str) -> String {
    config
        .replace("{node}", paths::node().to_str().unwrap())
        .replace("{npm}", paths::npm("@modelcontextprotocol").to_str().unwrap())
        .replace("{python}", paths::python().to_str().unwrap())
        .replace("{peers}", paths::root().join("tests/peers").to_str().unwrap())
}

/// A folder with this configuration.
fn home(config: &str) -> Home {
    Home::new(&filled(config))
}

/// The command line after `mcpmux` under which a client is to start it.
fn stdio(home: &Home) -> [String; 5] {
    let config = home.config().to_str().unwrap().to_owned();
    let [mux, serve, stdio] = [env!("CARGO_BIN_EXE_mcpmux"), "serve", "--stdio"].map(str::to_owned);
    [mux, "-c".to_owned(), config, serve, stdio]
}

/// Runs a client to its end: what it printed. It must succeed.
async fn run(home: &Home, program: &std::path::Path, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(home.path()).env("HOME", home.path());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("the client hangs").unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{args:?}: {}\n{out}\n{err}", output.status);
    out
}

/// Definitions by name, so that order does not matter.
fn by_name(tools: &[Value]) -> BTreeMap<String, Value> {
    tools.iter().map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool.clone())).collect()
}

/// How many tools each backend has, seen from the prefix of the names.
#[track_caller]
fn check_names<'a>(names: impl IntoIterator<Item = &'a str>) {
    let mut counts = BTreeMap::<&str, usize>::new();
    for name in names {
        *counts.entry(name.split_once("__").expect(name).0).or_default() += 1;
    }
    assert_eq!(counts, BTreeMap::from(SERVERS));
}

//! The peers of the matrix: how each server and client of an SDK is started, and what a client says.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{rust_client, rust_server::Matrix};
use crate::harness::{PATIENCE, paths};

/// How long a client may take for one backend: each of its features has a shorter deadline of its own.
const BACKEND: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Era {
    Legacy,
    Modern,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sdk {
    Python,
    /// The first generation of the TypeScript SDK.
    TypeScript1,
    /// Its second.
    TypeScript2,
    Rust,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Stdio,
    Http,
    /// HTTP+SSE of 2024-11-05.
    Sse,
    Unix,
}

impl Era {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        }
    }
}

impl Sdk {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::TypeScript1 => "TypeScript 1",
            Self::TypeScript2 => "TypeScript 2",
            Self::Rust => "Rust",
        }
    }
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
            Self::Sse => "sse",
            Self::Unix => "unix",
        }
    }
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// By a command line.
    Stdio(Vec<String>),
    /// By an endpoint.
    Http(String),
    /// By the endpoint of an event stream.
    Sse(String),
    /// By a socket.
    Unix(PathBuf),
}

/// What became of one feature.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) backend: String,
    pub(super) feature: String,
    pub(super) ok: bool,
    pub(super) detail: String,
}

/// A server; one that listens runs until this is dropped.
pub(super) struct Server {
    _child: Option<Child>,
    pub(super) reach: Reach,
}

/// The program of an SDK's peer, `server` or `client`, with its first arguments.
fn program(sdk: Sdk, role: &str, era: Era) -> Vec<String> {
    let peers = paths::root().join("tests/peers");
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let mut words = match sdk {
        Sdk::Python => vec![text(paths::python()), text(peers.join(format!("matrix_{role}.py")))],
        _ => vec![
            text(paths::node()),
            text(peers.join(format!("matrix_{role}.mjs"))),
            "--sdk".to_owned(),
        ],
    };
    match sdk {
        Sdk::TypeScript1 => words.push("v1".to_owned()),
        Sdk::TypeScript2 => words.push("v2".to_owned()),
        _ => (),
    }
    words.extend(["--era", era.name()].map(str::to_owned));
    words
}

impl Server {
    /// Starts a server, unless it is one that is started by whoever speaks to it.
    pub(super) async fn start(sdk: Sdk, era: Era, way: Way, name: &str) -> Self {
        if sdk == Sdk::Rust {
            let reach = match way {
                Way::Http => Reach::Http(Matrix::http(era, name).await),
                _ => {
                    let bridge = paths::root().join("tests/peers/bridge.py");
                    let port = Matrix::lines(era, name).await.to_string();
                    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
                    Reach::Stdio(vec![text(paths::python()), text(bridge), port])
                }
            };
            return Self { _child: None, reach };
        }
        let mut words = program(sdk, "server", era);
        words.extend(["--transport", way.name(), "--name", name].map(str::to_owned));
        if way == Way::Stdio {
            return Self { _child: None, reach: Reach::Stdio(words) };
        }
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let bound = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(address) = line.strip_prefix("bound to ") {
                    return address.to_owned();
                }
            }
            panic!("{words:?} did not bind");
        };
        let address = tokio::time::timeout(PATIENCE, bound).await.expect("it does not bind");
        // It may say more, and must not block on it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let reach = match way {
            Way::Sse => Reach::Sse(format!("http://{address}/sse")),
            _ => Reach::Http(format!("http://{address}/mcp")),
        };
        Self { _child: Some(child), reach }
    }
}

/// Runs a client that tries every feature on each backend, by name and prefix.
pub(super) async fn client(
    sdk: Sdk,
    era: Era,
    reach: &Reach,
    backends: &[(String, String)],
) -> Vec<Line> {
    if sdk == Sdk::Rust {
        return rust_client::run(era, reach, backends).await;
    }
    let mut words = program(sdk, "client", era);
    for (name, prefix) in backends {
        words.extend(["--backend".to_owned(), format!("{name}={prefix}")]);
    }
    match reach {
        Reach::Stdio(command) => {
            words.push("stdio".to_owned());
            words.extend(command.iter().cloned());
        }
        Reach::Http(url) => words.extend(["http".to_owned(), url.clone()]),
        Reach::Sse(url) => words.extend(["sse".to_owned(), url.clone()]),
        Reach::Unix(path) => words.extend(["unix", path.to_str().unwrap()].map(str::to_owned)),
    }
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).kill_on_drop(true);
    let patience = BACKEND * u32::try_from(backends.len()).unwrap();
    let output = tokio::time::timeout(patience, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{words:?} hangs")).unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{words:?}: {}\n{out}\n{err}", output.status);
    out.lines().map(Line::parse).collect()
}

impl Line {
    fn parse(text: &str) -> Self {
        let line: Value =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let ok = line["ok"].as_bool().unwrap();
        Self { backend: text("backend"), feature: text("feature"), ok, detail: text("detail") }
    }
}

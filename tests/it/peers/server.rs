//! Servers that listen on HTTP, started by a test on a port of their own and ended with it.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::filled;
use crate::harness::{PATIENCE, paths};

/// A running server; killed when dropped.
pub(crate) struct Server {
    _child: Child,
    /// Its endpoint.
    pub(crate) url: String,
}

impl Server {
    /// The Python SDK's, of the modern era.
    pub(crate) async fn python() -> Self {
        let mut command = Command::new(paths::python());
        command.args([filled("{peers}/server.py"), "--http".to_owned()]);
        Self::start(command).await
    }

    /// `server-everything`, of the legacy era, with sessions.
    pub(crate) async fn everything() -> Self {
        let mut command = Command::new(paths::node());
        command.args(["--require", "{peers}/loopback.cjs"].map(filled));
        command.args(["{npm}/server-everything/dist/index.js", "streamableHttp"].map(filled));
        Self::start(command).await
    }

    /// One that takes these bearer tokens, one after the other.
    pub(crate) async fn bearer(tokens: &[&str]) -> Self {
        Self::bearer_or(tokens, 401).await
    }

    /// The same, which refuses others with this status.
    pub(crate) async fn bearer_or(tokens: &[&str], status: u16) -> Self {
        let mut command = Command::new("python3");
        command.arg(paths::root().join("tests/fixtures/bearer.py"));
        command.env("TOKENS", tokens.join(" ")).env("REFUSAL", status.to_string());
        Self::start(command).await
    }

    /// One that says `bound to ADDRESS` on standard error.
    pub(crate) async fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let bound = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(address) = line.strip_prefix("bound to ") {
                    return format!("http://{address}/mcp");
                }
            }
            panic!("{command:?} did not bind");
        };
        let url = tokio::time::timeout(PATIENCE, bound).await.expect("it does not bind");
        // It may say more, and must not block on it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { _child: child, url }
    }
}

//! A bare stdio client: it writes lines to a process and reads the messages that come back.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{PATIENCE, terminate};

/// A process that speaks MCP on its standard input and output; killed when dropped.
pub struct Process {
    pub(super) child: Child,
    pub(super) input: Option<ChildStdin>,
    pub(super) output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { input: child.stdin.take(), child, output }
    }

    /// Writes a line as it is.
    pub async fn write(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        input.flush().await.unwrap();
    }

    /// The next message.
    pub async fn read(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        let line = line.expect("nothing came").unwrap().expect("it closed its output");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }

    /// Sends a request and reads to its answer; notifications before it are left out.
    pub async fn request(&mut self, id: u64, method: &str, params: Value) -> Value {
        self.write(
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string(),
        )
        .await;
        loop {
            let message = self.read().await;
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Opens a legacy conversation.
    pub async fn initialize(&mut self) -> Value {
        self.initialize_able(json!({})).await
    }

    /// The same, of a client with these capabilities.
    pub async fn initialize_able(&mut self, capabilities: Value) -> Value {
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities,
            "clientInfo": {"name": "test", "version": "1"}});
        let answer = self.request(0, "initialize", params).await;
        self.write(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        answer
    }

    /// `params._meta` of a modern request.
    pub fn meta() -> Value {
        json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}})
    }

    /// Asks it to stop, leaving its input open.
    pub fn ask_to_stop(&self) {
        terminate(&self.child);
    }

    /// Asks it to stop, leaving its input open, and waits for its exit code.
    pub async fn terminate(mut self) -> i32 {
        self.ask_to_stop();
        self.ended().await
    }

    /// Closes its input and waits for its exit code.
    pub async fn close(mut self) -> i32 {
        drop(self.input.take());
        self.ended().await
    }

    async fn ended(&mut self) -> i32 {
        let status =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not end");
        status.unwrap().code().unwrap_or(-1)
    }
}

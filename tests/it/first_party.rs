//! The first-party plugins as they are built, each through the real binary between clients of both eras and backends of
//! both: what its README promises. `rename` has its tests in `plugins.rs`.

mod components;
mod credentials;
mod guard;
mod permissions;
mod readmes;
mod redact;
mod search;
mod trim;

use serde_json::{Value, json};

use crate::harness::http::{Client, LEGACY, MODERN};
use crate::harness::peer::{Heard, Over, Peer};
use crate::harness::raw::RawClient;
use crate::harness::{Home, Served, paths};

/// The plugins that have a README of their own.
const PLUGINS: [&str; 8] = [
    "credential-exec",
    "credential-http",
    "guard",
    "permissions",
    "redact",
    "rename",
    "search",
    "trim",
];

/// The backends of a [`Stage`], each with the same tools.
const BACKENDS: [&str; 2] = ["old", "new"];

/// A tool of the backends: its definition, and the result of every call. Without one it gives its arguments back.
struct Tool {
    definition: Value,
    result: Option<Value>,
}

impl Tool {
    /// A tool that gives its arguments back.
    fn new(name: &str) -> Self {
        let definition = json!({"name": name, "inputSchema": {"type": "object"}});
        Self { definition, result: None }
    }

    /// A tool that answers with this.
    fn says(name: &str, result: Value) -> Self {
        Self { result: Some(result), ..Self::new(name) }
    }

    /// With this member of its definition.
    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.definition[key] = value.into();
        self
    }
}

/// A result of one text.
fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// The section of a plugin under its own name.
fn plugin(name: &str, rest: &str) -> String {
    paths::plugin(&format!("{name}.wasm"));
    format!("[[plugins]]\nname = \"{name}\"\npath = \"{{plugins}}/{name}.wasm\"\n{rest}\n")
}

/// mcpmux between the backends of both eras and whoever calls.
struct Stage {
    home: Home,
    served: Served,
}

impl Stage {
    /// Serves these tools, each at a backend of either era, with these sections of the configuration more.
    async fn new(tools: &[Tool], config: &str) -> Self {
        let mut sections = String::new();
        for (name, revision, over) in [("old", LEGACY, Over::Lines), ("new", MODERN, Over::Http)] {
            sections += &backend(name, revision, over, tools).await;
        }
        let home = Home::new(&format!("{sections}{config}"));
        let served = home.serve().await;
        Self { home, served }
    }

    /// A client of either era, both named `test`.
    async fn clients(&self) -> [Client; 2] {
        [Client::legacy(&self.served.url).await, Client::modern(&self.served.url)]
    }

    /// A client of either era, both named `raw`.
    async fn strangers(&self) -> [RawClient; 2] {
        let open =
            |revision| RawClient::open(&self.home, &self.served.url, revision, Over::Http, "{}");
        [open(LEGACY).await, open(MODERN).await]
    }

    async fn stop(self) {
        assert_eq!(self.served.stop().await, 0);
    }
}

/// The section of a backend with these tools, which answers for as long as the test runs.
async fn backend(name: &str, revision: &str, over: Over, tools: &[Tool]) -> String {
    let definitions: Vec<&Value> = tools.iter().map(|tool| &tool.definition).collect();
    let list =
        json!({"tools": definitions, "resultType": "complete", "ttlMs": 0, "cacheScope": "public"});
    let mut peer = Peer::new(name, revision, over, &[("tools/list", &list.to_string())]).await;
    let results = tools.iter().map(|tool| {
        let name = tool.definition["name"].as_str().unwrap().to_owned();
        (name, tool.result.clone())
    });
    let results: Vec<(String, Option<Value>)> = results.collect();
    let section = peer.section.clone();
    tokio::spawn(async move {
        loop {
            let heard = peer.next().await;
            if !heard.part("id").is_empty() {
                reply(&heard, &results);
            }
        }
    });
    section
}

/// Answers a request of mcpmux.
fn reply(heard: &Heard, results: &[(String, Option<Value>)]) {
    let name: String = serde_json::from_str(&heard.part("params.name")).unwrap_or_default();
    let Some((_, result)) = results.iter().find(|(known, _)| *known == name) else {
        return heard.fail(r#"{"code":-32601,"message":"Method not found"}"#);
    };
    let mut result = result.clone().unwrap_or_else(|| text(&heard.part("params.arguments")));
    if let Some(error) = result.get("error") {
        return heard.fail(&error.to_string());
    }
    if let Some(message) = result.get("progress").and_then(Value::as_str) {
        let params = format!(r#""progressToken":$token,"progress":1,"message":{}"#, json!(message));
        heard.say(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{{params}}}}}"#
        ));
        result = text("done");
    }
    result["resultType"] = "complete".into();
    heard.answer(&result.to_string());
}

/// The names of the tools that a client sees, in order.
async fn names(client: &Client) -> Vec<String> {
    let mut names = client.names().await;
    names.sort();
    names
}

/// The first text of the result in an answer.
fn first(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// Checks that a plugin ended a call, and with which code.
#[track_caller]
fn check_refused(answer: &Value, code: &str, message: &str, outcome: &str) {
    let error = &answer["error"];
    assert_eq!(error["code"], 1006, "{answer}");
    assert_eq!(error["data"]["code"], code, "{answer}");
    assert_eq!(error["data"]["outcome"], outcome, "{answer}");
    assert!(error["message"].as_str().unwrap().contains(message), "{answer}");
}

/// Checks that there is nothing of this name.
#[track_caller]
fn check_unknown(answer: &Value, name: &str) {
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!(answer["error"]["message"], format!("Unknown tool: {name}"), "{answer}");
}

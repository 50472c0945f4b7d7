//! Progress of a real server reaches the client that asked for it, under the client's token and before the answer.

use serde_json::{Value, json};

use super::home;
use super::server::Server;
use crate::harness::http::Client;
use crate::harness::lines::Process;

const CONFIG: &str = r#"
[backends.lines]
command = ["{node}", "{npm}/server-everything/dist/index.js", "stdio"]

[backends.posts]
url = "{url}"
"#;

/// A tenth of a second in three steps.
fn call(backend: &str, token: &Value) -> Value {
    json!({"name": format!("{backend}__trigger-long-running-operation"),
        "arguments": {"duration": 0.1, "steps": 3}, "_meta": {"progressToken": token}})
}

#[tokio::test]
async fn progress_precedes_the_answer_over_http() {
    let server = Server::everything().await;
    let home = home(&CONFIG.replace("{url}", &server.url));
    let served = home.serve().await;
    for client in [Client::modern(&served.url), Client::legacy(&served.url).await] {
        for backend in ["lines", "posts"] {
            for token in [json!("mine \u{e9}"), json!(7)] {
                let response = client.request("tools/call", call(backend, &token)).await;
                assert_eq!(response.headers["content-type"], "text/event-stream", "{response:?}");
                check(&response.messages(), &token);
            }
        }
    }
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn progress_precedes_the_answer_over_stdio() {
    let server = Server::everything().await;
    let home = home(&CONFIG.replace("{url}", &server.url));
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    for (era, meta) in [("modern", Process::meta()), ("legacy", json!({}))] {
        if era == "legacy" {
            process.initialize().await;
        }
        for backend in ["lines", "posts"] {
            let token = json!(format!("{era} {backend}"));
            let mut params = call(backend, &token);
            for (key, value) in meta.as_object().unwrap() {
                params["_meta"][key] = value.clone();
            }
            let request =
                json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
            process.write(&request.to_string()).await;
            let mut messages = Vec::new();
            while messages.last().is_none_or(|last: &Value| last["id"] != 1) {
                let message = process.read().await;
                // A legacy client may hear at any time that a list has changed.
                if message["method"] != "notifications/tools/list_changed" {
                    messages.push(message);
                }
            }
            check(&messages, &token);
        }
    }
    assert_eq!(process.close().await, 0);
}

#[track_caller]
fn check(messages: &[Value], token: &Value) {
    let (answer, before) = messages.split_last().unwrap();
    let told: Vec<&Value> = before.iter().map(|message| &message["params"]).collect();
    let step = |step: u8| json!({"progressToken": token, "progress": step, "total": 3});
    assert_eq!(told, [&step(1), &step(2), &step(3)], "{messages:?}");
    assert!(before.iter().all(|message| message["method"] == "notifications/progress"));
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
    assert!(text.starts_with("Long running operation completed"), "{answer}");
}

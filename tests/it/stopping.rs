//! What clients get when mcpmux is told to stop: an answer to every request, and the end of every stream.

use serde_json::{Value, json};

use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::lines::Process;
use crate::harness::scripted::{backend, noted};

/// A backend that never answers `hold`, and little patience with it.
fn home() -> Home {
    Home::new(&format!("[limits]\ndrain = \"300ms\"\n{}", backend("slow", "slow {here}/ledger")))
}

fn held(who: &str) -> Value {
    json!({"name": "slow__hold", "arguments": {"who": who}})
}

#[track_caller]
fn check(answer: &Value) {
    assert_eq!(answer["error"]["code"], 1002, "{answer}");
    assert_eq!(answer["error"]["data"]["outcome"], "unknown", "{answer}");
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_answered_over_http() {
    let home = home();
    let served = home.serve().await;
    let clients = [Client::modern(&served.url), Client::legacy(&served.url).await];
    let mut calls = Vec::new();
    for (client, who) in clients.into_iter().zip(["modern", "legacy"]) {
        calls.push(tokio::spawn(
            async move { client.request("tools/call", held(who)).await.message() },
        ));
        noted(&home.path().join("ledger"), &format!("\"who\": \"{who}\"")).await;
    }
    assert_eq!(served.stop().await, 0);
    for call in calls {
        check(&call.await.unwrap());
    }
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_answered_over_stdio() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    process.initialize().await;
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": held("stdio")});
    process.write(&call.to_string()).await;
    noted(&home.path().join("ledger"), "\"who\": \"stdio\"").await;
    process.ask_to_stop();
    let mut answer = process.read().await;
    while answer["id"] != 7 {
        answer = process.read().await;
    }
    check(&answer);
    assert_eq!(process.close().await, 0);
}

#[tokio::test]
async fn a_subscription_ends_with_its_result() {
    let home = home();
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let params = json!({"notifications": {"toolsListChanged": true}});
    let listening = client.stream("subscriptions/listen", params).await;
    assert_eq!(served.stop().await, 0);
    let text = listening.text().await.unwrap();
    let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["result"]["resultType"], "complete", "{text}");
}

//! The configuration that is shipped: two sandboxed backends, a plugin that renames, both eras, stdio and HTTP.

use serde_json::json;

use crate::harness::http::Client;
use crate::harness::lines::Process;
use crate::harness::{Home, paths};

/// The shipped configuration, with the components where they are.
fn home() -> Home {
    let shipped = std::fs::read_to_string(paths::root().join("mcpmux.toml")).unwrap();
    paths::plugin("clock.wasm");
    Home::new(&shipped.replace("\"plugins/", "\"{plugins}/"))
}

const NAMES: [&str; 6] = [
    "clock__add_duration",
    "clock__difference",
    "clock__now",
    "text__count",
    "text__diff_lines",
    "text__slugify",
];

#[tokio::test]
async fn clients_of_both_eras_list_and_call_over_http() {
    let home = home();
    let served = home.serve().await;
    for client in [Client::modern(&served.url), Client::legacy(&served.url).await] {
        assert_eq!(client.names().await, NAMES);
        let answer = client.call("text__slugify", json!({"text": "Crème brûlée!"})).await;
        assert_eq!(answer["result"]["structuredContent"]["slug"], "creme-brulee", "{answer}");
    }
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn clients_of_both_eras_list_and_call_over_stdio() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let params =
        json!({"name": "text__count", "arguments": {"text": "a b"}, "_meta": Process::meta()});
    let modern = process.request(1, "tools/call", params).await;
    assert_eq!(modern["result"]["resultType"], "complete", "{modern}");
    assert_eq!(process.initialize().await["result"]["serverInfo"]["name"], "mcpmux");
    let legacy = process.request(2, "tools/list", json!({})).await;
    assert_eq!(legacy["result"]["tools"].as_array().unwrap().len(), NAMES.len());
    assert_eq!(process.close().await, 0);
}

#[tokio::test]
async fn what_it_says_at_the_start_is_what_there_is() {
    let home = home();
    let served = home.serve().await;
    let said = served.log();
    for part in ["clock  3 tools", "text   3 tools", "plugins: rename"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let line = format!("claude mcp add --transport http mcpmux {}", served.url);
    assert!(said.contains(&line), "{line} in {said}");
}

#[tokio::test]
async fn a_stdio_client_need_not_close_its_side_for_it_to_stop() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    process.initialize().await;
    assert_eq!(process.terminate().await, 0);
}

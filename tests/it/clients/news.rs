//! What a client of a session hears beside its calls: changed lists, updates, log messages.

use serde_json::{Value, json};

use super::live::Session;
use super::{home, text, tool};
use crate::harness::http::{Client, LEGACY};
use crate::harness::lines::Process;

#[tokio::test]
async fn a_message_that_belongs_to_no_call_reaches_a_session_once() {
    let home = home();
    let served = home.serve().await;
    let client = Session::open(&served.url, LEGACY, json!({})).await;
    let (mut old, mut new) = (client.get(None).await, client.get(None).await);
    for uri in ["test://one", "test://two"] {
        assert!(
            client.request("resources/subscribe", json!({ "uri": uri })).await["result"]
                .is_object()
        );
    }
    let unsubscribed = client.request("resources/unsubscribe", json!({"uri": "test://two"})).await;
    assert!(unsubscribed["result"].is_object(), "{unsubscribed}");
    for uri in ["test://two", "test://one"] {
        client.request("tools/call", tool("update", json!({ "uri": uri }))).await;
    }
    let updated = new.message().await;
    assert_eq!(updated["method"], "notifications/resources/updated");
    assert_eq!(updated["params"]["uri"], "test://one", "the other is not subscribed to any more");
    drop(new);
    client.request("tools/call", tool("grow", json!({}))).await;
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(old.message().await["method"].as_str().unwrap().to_owned());
    }
    heard.sort();
    assert_eq!(
        heard,
        ["prompts", "resources", "tools"].map(|kind| format!("notifications/{kind}/list_changed"))
    );
}

/// The levels of the log messages that precede an answer.
fn levels(messages: &[Value]) -> Vec<&str> {
    let logged = messages.iter().filter(|message| message["method"] == "notifications/message");
    logged.map(|message| message["params"]["level"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn log_messages_of_a_call_are_those_that_its_client_wants() {
    let home = home();
    let served = home.serve().await;
    let said = tool("log", json!({"levels": ["debug", "info", "error"]}));
    let legacy = Client::legacy(&served.url).await;
    let answer = legacy.request("tools/call", said.clone()).await;
    assert_eq!(levels(&answer.messages()), ["debug", "info", "error"], "{answer:?}");
    let bad = legacy.request("logging/setLevel", json!({"level": "loud"})).await;
    assert_eq!(bad.message()["error"]["code"], -32602);
    let set = legacy.request("logging/setLevel", json!({"level": "error"})).await;
    assert_eq!(set.message()["result"], json!({}));
    let answer = legacy.request("tools/call", said.clone()).await;
    assert_eq!(levels(&answer.messages()), ["error"], "{answer:?}");

    let modern = Client::modern(&served.url);
    let answer = modern.request("tools/call", said.clone()).await;
    assert!(levels(&answer.messages()).is_empty(), "{answer:?}");
    for (level, expected) in [("info", &["info", "error"][..]), ("emergency", &[])] {
        let mut params = said.clone();
        params["_meta"] = json!({"io.modelcontextprotocol/logLevel": level});
        let answer = modern.request("tools/call", params).await;
        assert_eq!(levels(&answer.messages()), expected, "{answer:?}");
        assert!(answer.message()["result"].is_object(), "{answer:?}");
    }
    let mut params = said;
    params["_meta"] = json!({"io.modelcontextprotocol/logLevel": "loud"});
    let bad = modern.request("tools/call", params).await;
    assert_eq!((bad.status, &bad.message()["error"]["code"]), (400, &json!(-32602)));
}

#[tokio::test]
async fn a_client_on_standard_input_hears_of_changed_lists_and_updates() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    process.initialize().await;
    let subscribed = process.request(1, "resources/subscribe", json!({"uri": "test://one"})).await;
    assert!(subscribed["result"].is_object(), "{subscribed}");
    for (id, call) in
        [(2, tool("update", json!({"uri": "test://one"}))), (3, tool("grow", json!({})))]
    {
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call});
        process.write(&call.to_string()).await;
    }
    let (mut heard, mut answers) = (Vec::new(), Vec::new());
    while heard.len() + answers.len() < 6 {
        let message = process.read().await;
        match message["method"].as_str() {
            Some(method) => heard.push(method.trim_start_matches("notifications/").to_owned()),
            None => answers.push(text(&message).to_owned()),
        }
    }
    heard.sort();
    answers.sort();
    assert_eq!(answers, ["grown", "updated"]);
    assert_eq!(
        heard,
        [
            "prompts/list_changed",
            "resources/list_changed",
            "resources/updated",
            "tools/list_changed"
        ]
    );
    assert_eq!(process.close().await, 0);
}

//! A backend's questions to a legacy client in the middle of a call, over HTTP and standard input and output.

use serde_json::{Value, json};

use super::live::Session;
use super::{home, text, tool};
use crate::harness::http::LEGACY;
use crate::harness::lines::Process;
use crate::harness::scripted::noted;

fn elicitation() -> Value {
    json!({"method": "elicitation/create", "params": {"message": "who?", "requestedSchema":
        {"type": "object", "properties": {"n": {"type": "number", "vendor": 1.0}}}}})
}

#[tokio::test]
async fn a_client_is_asked_on_the_stream_of_its_call_and_only_its_session_answers() {
    let home = home();
    let served = home.serve().await;
    let able = json!({"elicitation": {}});
    let client = Session::open(&served.url, LEGACY, able.clone()).await;
    let other = Session::open(&served.url, LEGACY, able).await;
    let mut stream = client.stream(json!(7), "tools/call", tool("ask", elicitation())).await;
    let asked = stream.message().await;
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    assert_eq!(asked["params"], elicitation()["params"]);
    for id in [json!("mcpmux-99"), json!(1), json!(7), Value::Null] {
        assert_eq!(client.answer(&id, json!({"action": "wrong"})).await, 202);
    }
    assert_eq!(other.answer(&asked["id"], json!({"action": "foreign"})).await, 202);
    let result = json!({"action": "accept", "content": {"n": 1.5}});
    assert_eq!(client.answer(&asked["id"], result.clone()).await, 202);
    let answer = stream.message().await;
    assert_eq!(answer["id"], 7);
    let said: Value = serde_json::from_str(text(&answer)).unwrap();
    assert_eq!(said["result"], result, "{said}");
    assert!(stream.event().await.is_none());
    assert_eq!(client.answer(&asked["id"], json!({"action": "late"})).await, 202);
}

#[tokio::test]
async fn what_a_client_does_not_declare_it_is_not_asked() {
    let home = home();
    let served = home.serve().await;
    let client = Session::open(&served.url, LEGACY, json!({"roots": {}})).await;
    let answer = client.request("tools/call", tool("ask", elicitation())).await;
    let said: Value = serde_json::from_str(text(&answer)).unwrap();
    assert_eq!(said["error"]["code"], -32021, "{said}");
    assert!(said["error"]["message"].as_str().unwrap().contains("elicitation"), "{said}");
}

#[tokio::test]
async fn a_client_that_takes_no_stream_for_an_answer_is_asked_on_its_get_stream() {
    let home = home();
    let served = home.serve().await;
    let client = Session::open(&served.url, LEGACY, json!({"elicitation": {}})).await;
    let mut news = client.get(None).await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": tool("ask", elicitation())});
    let answering = async {
        let asked = news.message().await;
        client.answer(&asked["id"], json!({"action": "decline"})).await
    };
    let (answer, status) = tokio::join!(client.post_accepting(call, "application/json"), answering);
    assert_eq!(status, 202);
    let answer: Value = answer.json().await.unwrap();
    assert!(text(&answer).contains("decline"), "{answer}");
}

#[tokio::test]
async fn a_call_that_is_cancelled_takes_its_question_back() {
    let home = home();
    let served = home.serve().await;
    let client = Session::open(&served.url, LEGACY, json!({"elicitation": {}})).await;
    let mut news = client.get(None).await;
    let mut stream = client.stream(json!("a"), "tools/call", tool("ask", elicitation())).await;
    let asked = stream.message().await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "a"}});
    assert_eq!(client.post(cancel).await.status().as_u16(), 202);
    // The stream of the call may have ended before.
    let mut withdrawn = Value::Null;
    while let Some(event) = stream.event().await {
        if event.message["method"].is_string() {
            withdrawn = event.message;
        }
    }
    if withdrawn.is_null() {
        withdrawn = news.message().await;
    }
    assert_eq!(withdrawn["method"], "notifications/cancelled", "{withdrawn}");
    assert_eq!(withdrawn["params"]["requestId"], asked["id"]);
    noted(&home.path().join("ledger"), "cancelled").await;
}

#[tokio::test]
async fn a_session_that_ends_answers_the_backend() {
    let home = home();
    let served = home.serve().await;
    let client = Session::open(&served.url, LEGACY, json!({"elicitation": {}})).await;
    let mut stream = client.stream(json!(1), "tools/call", tool("ask", elicitation())).await;
    stream.message().await;
    assert_eq!(client.end().await, 204);
    noted(&home.path().join("ledger"), "answered {\"result\": null, \"error\":").await;
    while stream.event().await.is_some() {}
}

#[tokio::test]
async fn a_client_on_standard_input_is_asked_too() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let params = json!({"protocolVersion": LEGACY, "capabilities": {"elicitation": {}},
        "clientInfo": {"name": "test", "version": "1"}});
    let opened = process.request(0, "initialize", params).await;
    assert_eq!(opened["result"]["instructions"], "Ask away.", "{opened}");
    process.write(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    let call = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": tool("ask", elicitation())});
    process.write(&call.to_string()).await;
    let asked = process.read().await;
    assert_eq!(asked["params"], elicitation()["params"], "{asked}");
    let result = json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "cancel"}});
    process.write(&result.to_string()).await;
    let answer = process.read().await;
    assert_eq!(answer["id"], 5);
    assert!(text(&answer).contains("cancel"), "{answer}");
    assert_eq!(process.close().await, 0);
}

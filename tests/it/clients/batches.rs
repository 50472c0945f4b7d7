//! JSON-RPC batches: clients of 2025-03-26 send them, and no others.

use serde_json::{Value, json};

use super::live::Session;
use super::{home, text, tool};
use crate::harness::lines::Process;

fn call(id: u64, name: &str, arguments: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": tool(name, arguments)})
}

fn batch() -> Value {
    json!([
        call(1, "mark", json!({"a": 1})),
        {"jsonrpc": "2.0", "method": "notifications/x"},
        {"jsonrpc": "2.0", "id": 2, "method": "ping"},
        {"jsonrpc": "2.0", "id": "nobody", "result": {}},
        7,
        {"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {}},
    ])
}

#[track_caller]
fn check(answer: &Value) {
    let answers = answer.as_array().unwrap_or_else(|| panic!("{answer}"));
    let of = |id: Value| answers.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(answers.len(), 4, "{answer}");
    assert_eq!(text(of(json!(1))), r#"{"a": 1}"#);
    assert_eq!(of(json!(2))["result"], json!({}));
    assert_eq!(of(json!(3))["error"]["code"], -32600);
    assert_eq!(of(Value::Null)["error"]["code"], -32600);
}

#[tokio::test]
async fn a_batch_is_answered_with_an_array_or_on_the_stream() {
    let home = home();
    let served = home.serve().await;
    let client = Session::open(&served.url, "2025-03-26", json!({})).await;
    check(&client.post(batch()).await.json().await.unwrap());
    let silent = json!([{"jsonrpc": "2.0", "method": "notifications/x"}]);
    assert_eq!(client.post(silent).await.status().as_u16(), 202);
    for wrong in [json!([]), Value::Array(vec![batch()[2].clone(); 51])] {
        let refused = client.post(wrong).await;
        assert_eq!(refused.status().as_u16(), 400);
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(refused["error"]["code"], -32600, "{refused}");
    }
    let mut steps = call(4, "step", json!({"steps": 1}));
    steps["params"]["_meta"] = json!({"progressToken": 9});
    let response = client.post(json!([steps])).await;
    let text = response.text().await.unwrap();
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert!(data[0].contains("\"progressToken\":9"), "{text}");
    let last: Value = serde_json::from_str(data[1]).unwrap();
    assert_eq!(last[0]["id"], 4, "{text}");
}

#[tokio::test]
async fn clients_of_other_revisions_cannot_send_batches() {
    let home = home();
    let served = home.serve().await;
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let client = Session::open(&served.url, revision, json!({})).await;
        let refused = client.post(batch()).await;
        assert_eq!(refused.status().as_u16(), 400, "{revision}");
    }
}

#[tokio::test]
async fn a_batch_on_standard_input_is_answered_with_one_line() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let params = json!({"protocolVersion": "2025-03-26", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}});
    process.request(0, "initialize", params).await;
    process.write(&batch().to_string()).await;
    check(&process.read().await);
    process.write("[]").await;
    assert_eq!(process.read().await["error"]["code"], -32600);
    assert_eq!(process.close().await, 0);
}

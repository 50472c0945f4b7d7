//! Streams of legacy sessions that break off: a client goes on where it was, with what its revision knows.

use serde_json::{Value, json};

use super::live::Session;
use super::{home, text, tool};
use crate::harness::http::LEGACY;

fn step(steps: u64, gate: &std::path::Path) -> Value {
    let mut params = tool("step", json!({"steps": steps, "gate": gate}));
    params["_meta"] = json!({"progressToken": "t"});
    params
}

#[tokio::test]
async fn a_stream_that_broke_off_is_gone_on_with_where_it_was() {
    let home = home();
    let (served, gate) = (home.serve().await, home.path().join("gate"));
    let client = Session::open(&served.url, LEGACY, json!({})).await;
    let other = Session::open(&served.url, LEGACY, json!({})).await;
    let mut stream = client.stream(json!(1), "tools/call", step(3, &gate)).await;
    let prime = stream.event().await.unwrap();
    assert!(prime.retry && prime.message.is_null() && prime.id.is_some(), "{prime:?}");
    let first = stream.event().await.unwrap();
    assert_eq!(first.message["params"], json!({"progressToken": "t", "progress": 1}));
    drop(stream);
    std::fs::write(&gate, "").unwrap();
    let mut rest = client.get(first.id.as_deref()).await;
    for progress in [2, 3] {
        assert_eq!(rest.message().await["params"]["progress"], progress);
    }
    assert_eq!(text(&rest.message().await), "stepped");
    assert!(rest.event().await.is_none(), "the stream ends with the answer");
    // Once more from the beginning, and not in another session.
    let mut again = client.get(prime.id.as_deref()).await;
    assert_eq!(again.event().await.unwrap(), first);
    let grown = other.request("tools/call", tool("grow", json!({}))).await;
    assert_eq!(text(&grown), "grown");
    let mut foreign = other.get(prime.id.as_deref()).await;
    let heard = foreign.message().await;
    assert!(heard["method"].as_str().unwrap().ends_with("list_changed"), "{heard}");
}

#[tokio::test]
async fn an_event_without_a_message_is_for_clients_that_know_it() {
    let home = home();
    let (served, gate) = (home.serve().await, home.path().join("gate"));
    std::fs::write(&gate, "").unwrap();
    for (revision, primed) in
        [("2025-11-25", true), ("2025-06-18", false), ("2025-03-26", false), ("2024-11-05", false)]
    {
        let client = Session::open(&served.url, revision, json!({})).await;
        assert_eq!(client.opened["result"]["protocolVersion"], revision);
        let mut stream = client.stream(json!(1), "tools/call", step(1, &gate)).await;
        let first = stream.event().await.unwrap();
        assert_eq!(first.message.is_null(), primed, "{revision}: {first:?}");
        assert_eq!(first.retry, primed, "{revision}: {first:?}");
        assert!(first.id.is_some(), "{revision}: {first:?}");
    }
}

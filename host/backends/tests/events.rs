//! What a backend says besides answers over a channel that carries everything: who hears it, and in which order.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use mcpmux_core::call::{Method, Permitted};
use mcpmux_core::peer::Flight;
use serde_json::{Value, json};
use support::{Bench, Dir, flight, noted, permitted_to, script, text, within};

fn saying(messages: &Value, session: Option<&str>) -> Permitted {
    let params = json!({"arguments": {"say": messages}});
    permitted_to(Method::ToolsCall, "say", &params.to_string(), session)
}

fn note(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

/// A bit of everything.
fn all() -> Value {
    json!([
        note("notifications/message", &json!({"level": "info", "data": "one"})),
        note(
            "notifications/progress",
            &json!({"progressToken": "TOKEN", "progress": 0.25, "total": 1.0})
        ),
        note("notifications/resources/updated", &json!({"uri": "x:1"})),
        note("vendor/news", &json!({"n": 1})),
        note("notifications/progress", &json!({"progressToken": "TOKEN", "progress": 0.5})),
        note("notifications/message", &json!({"level": "info", "data": "two"})),
    ])
}

#[tokio::test]
async fn the_only_call_hears_everything_in_order_and_before_its_answer() {
    for era in ["legacy", "modern"] {
        let mut bench = Bench::new(script(&[("ERA", era)]));
        bench.ready().await;
        let (flight, mut ears) = flight();
        within(bench.start(saying(&all(), None), flight)).await.unwrap().unwrap();
        let told: Vec<_> = std::iter::from_fn(|| ears.told.try_recv().ok()).collect();
        let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["message", "progress", "vendor/news", "progress", "message"], "{era}");
        assert_eq!(told.first().unwrap().1["data"], "one");
        assert_eq!(told.get(1).unwrap().1["progress"], 0.25);
        assert_eq!(bench.above.told().await, ("updated".into(), json!({"uri": "x:1"})));
        assert!(bench.above.told.try_recv().is_err());
    }
}

#[tokio::test]
async fn progress_is_asked_for_only_by_whoever_wants_it() {
    let mut bench = Bench::new(script(&[]));
    bench.ready().await;
    let (flight, mut ears) = flight();
    let quiet = Flight { progress: false, ..flight };
    let answer = text(within(bench.start(saying(&all(), None), quiet)).await.unwrap());
    assert!(answer.contains(r#""token": null"#), "{answer}");
    assert_eq!(ears.names(), ["message", "vendor/news", "message"]);
}

#[tokio::test]
async fn among_calls_of_several_clients_only_a_token_tells_whose_it_is() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let mut bench = Bench::new(script(&[("LEDGER", ledger.to_str().unwrap())]));
    bench.ready().await;
    let (other, mut other_ears) = flight();
    let slow = permitted_to(Method::ToolsCall, "slow", "{}", Some("b"));
    let slow = bench.start(slow, other);
    noted(&ledger, "call slow").await;
    let (flight, mut ears) = flight();
    within(bench.start(saying(&all(), Some("a")), flight)).await.unwrap().unwrap();
    assert_eq!(ears.names(), ["progress", "progress"]);
    assert!(other_ears.names().is_empty());
    assert_eq!(bench.above.names(), ["message", "updated", "vendor/news", "message"]);
    slow.abort();
}

#[tokio::test]
async fn what_belongs_to_no_call_is_heard_above() {
    let mut bench = Bench::new(script(&[]));
    bench.ready().await;
    within(bench.start(saying(&all(), None), Flight::default())).await.unwrap().unwrap();
    let mut told = bench.above.names();
    told.retain(|name| name != "progress");
    assert_eq!(told, ["message", "updated", "vendor/news", "message"]);
}

#[tokio::test]
async fn odd_answers_reach_their_calls() {
    let mut bench = Bench::new(script(&[]));
    bench.ready().await;
    assert_eq!(bench.answer("stringly", "{}").await, r#"{"id": "string"}"#);
    let unread = bench.answer("null", "{}").await;
    assert!(unread.contains("cannot read this"), "{unread}");
}

#[tokio::test]
async fn an_answer_without_a_number_is_nobodys_while_several_wait() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let mut bench = Bench::new(script(&[("LEDGER", ledger.to_str().unwrap())]));
    bench.ready().await;
    let slow = permitted_to(Method::ToolsCall, "slow", "{}", None);
    let slow = bench.start(slow, Flight::default());
    noted(&ledger, "call slow").await;
    let unread = permitted_to(Method::ToolsCall, "null", "{}", None);
    let unread = bench.start(unread, Flight::default());
    noted(&ledger, "call null").await;
    assert_eq!(bench.answer("echo", "1").await, r#"{"echo": 1, "meta": []}"#);
    assert!(!slow.is_finished() && !unread.is_finished());
    unread.abort();
    slow.abort();
    // Its answer comes late, to nobody.
    noted(&ledger, "cancelled").await;
    assert_eq!(bench.answer("echo", "2").await, r#"{"echo": 2, "meta": []}"#);
}

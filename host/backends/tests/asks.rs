//! What a backend asks while it works, over a channel that carries everything: who is asked, and for how long.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use std::time::Duration;

use mcpmux_core::call::{Body, Method, Permitted};
use mcpmux_core::config::{Limits, Patience};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::Flight;
use serde_json::{Value, json};
use support::{Asked, Bench, Dir, flight, noted, patience, permitted_to, script, text, within};

/// A call that makes the backend say this, from a client with this session.
fn saying(messages: &Value, session: Option<&str>) -> Permitted {
    let params = json!({"arguments": {"say": messages}});
    permitted_to(Method::ToolsCall, "say", &params.to_string(), session)
}

fn slow(session: Option<&str>) -> Permitted {
    permitted_to(Method::ToolsCall, "slow", "{}", session)
}

/// A question of the backend's.
fn question(id: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": {"message": "Name?", "odd": 1.50}})
}

fn answer(asked: Asked, result: &'static str) {
    let _ = asked.reply.send(Body::Result(Raw::literal(result)));
}

async fn ledgered(env: &[(&str, &str)]) -> (Bench, Dir) {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let mut all = vec![("LEDGER", ledger.to_str().unwrap())];
    all.extend(env);
    let mut bench = Bench::new(script(&all));
    bench.ready().await;
    (bench, dir)
}

#[tokio::test]
async fn the_client_of_the_only_call_is_asked_and_its_answer_keeps_its_bytes() {
    let (bench, dir) = ledgered(&[]).await;
    for id in [json!("q1"), json!(0)] {
        let (flight, mut ears) = flight();
        let call = bench.start(saying(&json!([question(&id)]), None), flight);
        let asked = ears.asked().await;
        assert_eq!(asked.method, "elicitation/create");
        assert_eq!(asked.params, json!({"message": "Name?", "odd": 1.50}));
        answer(asked, r#"{"action":"accept","big":123456789012345678901234567890}"#);
        let answered = text(within(call).await.unwrap());
        assert!(answered.contains("123456789012345678901234567890"), "{answered}");
    }
    noted(&dir.file("ledger"), "answered {\"action\"").await;
}

#[tokio::test]
async fn a_client_that_refuses_is_heard_as_it_says_it() {
    let (bench, _dir) = ledgered(&[]).await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!(1))]), None), flight);
    let error = Raw::literal(r#"{"code":-32601,"message":"no such thing"}"#);
    ears.asked().await.reply.send(Body::Error(error)).unwrap();
    assert!(text(within(call).await.unwrap()).contains("no such thing"));
}

#[tokio::test]
async fn a_question_outside_of_calls_or_without_a_peer_goes_above() {
    let (mut bench, dir) = ledgered(&[("FAULTS", "roots")]).await;
    let asked = bench.above.asked().await;
    assert_eq!(asked.method, "roots/list");
    answer(asked, r#"{"roots":[{"uri":"file:///x"}]}"#);
    noted(&dir.file("ledger"), r#"answered {"roots": [{"uri": "file:///x"}]}"#).await;
    bench.backend.roots_changed();
    noted(&dir.file("ledger"), "notifications/roots/list_changed").await;

    let call = bench.start(saying(&json!([question(&json!(1))]), None), Flight::default());
    answer(bench.above.asked().await, r#"{"action":"decline"}"#);
    assert!(text(within(call).await.unwrap()).contains("decline"));
}

#[tokio::test]
async fn one_that_never_asked_for_roots_is_not_told_of_them() {
    let (bench, dir) = ledgered(&[]).await;
    bench.backend.roots_changed();
    bench.answer("echo", "{}").await;
    let ledger = std::fs::read_to_string(dir.file("ledger")).unwrap();
    assert!(!ledger.contains("roots/list_changed"), "{ledger}");
}

#[tokio::test]
async fn among_calls_of_one_session_any_may_be_asked_for() {
    let (bench, dir) = ledgered(&[]).await;
    let (first, mut ears) = flight();
    let other = bench.start(slow(Some("s")), first.clone());
    noted(&dir.file("ledger"), "call slow").await;
    let call = bench.start(saying(&json!([question(&json!(1))]), Some("s")), first);
    answer(ears.asked().await, r#"{"action":"accept"}"#);
    assert!(text(within(call).await.unwrap()).contains("accept"));
    other.abort();
}

#[tokio::test]
async fn a_question_that_may_be_another_clients_waits_until_it_cannot() {
    for (mine, other) in [(Some("a"), Some("b")), (None, None), (None, Some("b"))] {
        let (bench, dir) = ledgered(&[]).await;
        let (held, mut held_ears) = flight();
        let waiting = json!([question(&json!("held"))]);
        // This client's question is asked while it is alone, and stays with it.
        let held_call = bench.start(saying(&waiting, other), held);
        let held_question = held_ears.asked().await;
        let (flight, mut ears) = flight();
        let call = bench.start(saying(&json!([question(&json!("mine"))]), mine), flight);
        noted(&dir.file("ledger"), "call say").await;
        let passed = tokio::time::timeout(Duration::from_millis(200), ears.asked.recv()).await;
        assert!(passed.is_err(), "it could be the other client's");
        answer(held_question, r#"{"of":"the other"}"#);
        assert!(text(within(held_call).await.unwrap()).contains("the other"));
        answer(ears.asked().await, r#"{"of":"mine"}"#);
        assert!(text(within(call).await.unwrap()).contains("mine"));
        assert!(held_ears.asked.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_question_that_stays_unclear_is_answered_with_an_error_in_the_end() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let patience = Patience { call: Duration::from_secs(4), ..patience() };
    let env = [("LEDGER", ledger.to_str().unwrap())];
    let mut bench = Bench::with(script(&env), patience, Limits::default());
    bench.ready().await;
    let (held, mut held_ears) = flight();
    let other = bench.start(slow(Some("b")), held);
    noted(&ledger, "call slow").await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!(1))]), Some("a")), flight);
    let answered = text(within(call).await.unwrap());
    assert!(answered.contains("cannot tell which client is meant"), "{answered}");
    assert!(ears.asked.try_recv().is_err() && held_ears.asked.try_recv().is_err());
    assert!(bench.above.asked.try_recv().is_err());
    other.abort();
}

#[tokio::test]
async fn a_call_that_was_given_up_may_still_be_the_reason_of_a_question() {
    let env = [("FAULTS", "never-late")];
    let (bench, dir) = ledgered(&env).await;
    let other = bench.start(slow(Some("b")), Flight::default());
    noted(&dir.file("ledger"), "call slow").await;
    other.abort();
    noted(&dir.file("ledger"), "cancelled").await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!(1))]), Some("a")), flight);
    noted(&dir.file("ledger"), "call say").await;
    let passed = tokio::time::timeout(Duration::from_millis(200), ears.asked.recv()).await;
    assert!(passed.is_err(), "it could be the other client's");
    call.abort();
}

#[tokio::test]
async fn a_question_taken_back_is_taken_back_at_the_client() {
    let (bench, dir) = ledgered(&[]).await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!("q"))]), Some("s")), flight.clone());
    let mut asked = ears.asked().await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "q"}});
    let second = bench.start(saying(&json!([cancel]), Some("s")), flight);
    within(asked.reply.closed()).await;
    assert!(text(within(second).await.unwrap()).contains("said"));
    call.abort();
    noted(&dir.file("ledger"), "cancelled").await;
}

#[tokio::test]
async fn the_end_of_the_call_or_of_the_link_takes_a_question_back() {
    let (bench, _dir) = ledgered(&[]).await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!(1))]), Some("s")), flight.clone());
    let mut asked = ears.asked().await;
    call.abort();
    within(asked.reply.closed()).await;

    let call = bench.start(saying(&json!([question(&json!(2))]), Some("s")), flight.clone());
    let mut asked = ears.asked().await;
    let boom = permitted_to(Method::ToolsCall, "boom", "{}", Some("s"));
    let boom = bench.start(boom, flight);
    within(asked.reply.closed()).await;
    assert_eq!(within(call).await.unwrap().unwrap_err().kind.code(), 1002);
    assert_eq!(within(boom).await.unwrap().unwrap_err().kind.code(), 1002);
}

#[tokio::test]
async fn the_clocks_of_a_call_stand_while_its_client_is_asked() {
    let patience = Patience {
        call: Duration::from_millis(300),
        call_max: Duration::from_millis(500),
        ..patience()
    };
    let mut bench = Bench::with(script(&[]), patience, Limits::default());
    bench.ready().await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!(1))]), None), flight);
    let mut asked = ears.asked().await;
    let given_up = tokio::time::timeout(Duration::from_millis(1200), asked.reply.closed()).await;
    assert!(given_up.is_err(), "a person is slower than both limits");
    answer(asked, r#"{"action":"accept"}"#);
    assert!(text(within(call).await.unwrap()).contains("accept"));
    assert_eq!(bench.code("slow").await, 1003);
}

#[tokio::test]
async fn progress_on_a_question_comes_back_with_the_backends_token() {
    let (bench, dir) = ledgered(&[]).await;
    let (flight, mut ears) = flight();
    let mut asking = question(&json!(1));
    asking["params"]["_meta"] = json!({"progressToken": "theirs"});
    let call = bench.start(saying(&json!([asking, question(&json!(2))]), None), flight);
    let asked = ears.asked().await;
    let plain = ears.asked().await;
    let (asked, plain) = if asked.report.is_some() { (asked, plain) } else { (plain, asked) };
    assert!(plain.report.is_none());
    let report = asked.report.clone().unwrap();
    let mut params = Object::default();
    params.set("progress", Raw::literal("0.5"));
    params.set("progressToken", Raw::literal("77"));
    report(params);
    answer(asked, r#"{"done":1}"#);
    let line = noted(&dir.file("ledger"), "notifications/progress").await;
    assert!(line.contains(r#""progress": 0.5"#) && line.contains(r#""progressToken": "theirs""#));
    answer(plain, "{}");
    within(call).await.unwrap().unwrap();
    let ledger = std::fs::read_to_string(dir.file("ledger")).unwrap();
    let place = |what: &str| ledger.find(what).unwrap_or(usize::MAX);
    assert!(place("notifications/progress") < place("answered {\"done\""), "{ledger}");
}

#[tokio::test]
async fn more_questions_than_can_wait_are_refused() {
    let (bench, dir) = ledgered(&[]).await;
    let (flight, mut ears) = flight();
    let questions: Vec<Value> = (0..65).map(|id| question(&json!(format!("q{id}")))).collect();
    let call = bench.start(saying(&json!(questions), None), flight);
    let mut kept = Vec::new();
    for _ in 0..64 {
        kept.push(ears.asked().await);
    }
    noted(&dir.file("ledger"), r#"answered {"code": -32603, "message": "too many questions"#).await;
    assert!(ears.asked.try_recv().is_err());
    // The backend answers its call when the first question is answered.
    assert!(text(within(call).await.unwrap()).contains("too many questions"));
}

#[tokio::test]
async fn a_question_about_a_task_is_for_whoever_asks_about_that_task() {
    let (mut bench, dir) = ledgered(&[("ANSWERS", r#"{"tasks/result": null}"#)]).await;
    let mut about = question(&json!(1));
    about["params"]["_meta"] = json!({"io.modelcontextprotocol/related-task": {"taskId": "t1"}});
    let (owner, mut owner_ears) = flight();
    let result = permitted_to(Method::TasksResult, "t1", "{}", Some("owner"));
    let result = bench.start(result, owner);
    noted(&dir.file("ledger"), "tasks/result").await;
    let (other, mut other_ears) = flight();
    let call = bench.start(saying(&json!([about]), Some("other")), other.clone());
    answer(owner_ears.asked().await, r#"{"of":"the owner"}"#);
    assert!(text(within(call).await.unwrap()).contains("the owner"));
    result.abort();
    noted(&dir.file("ledger"), "cancelled").await;

    about["params"]["_meta"] = json!({"io.modelcontextprotocol/related-task": {"taskId": "t2"}});
    let call = bench.start(saying(&json!([about]), Some("other")), other);
    answer(bench.above.asked().await, r#"{"of":"above"}"#);
    assert!(text(within(call).await.unwrap()).contains("above"));
    assert!(other_ears.asked.try_recv().is_err());
}

#[tokio::test]
async fn a_modern_backend_asks_nobody() {
    let (mut bench, dir) = ledgered(&[("ERA", "modern")]).await;
    let (flight, mut ears) = flight();
    let call = bench.start(saying(&json!([question(&json!(1))]), None), flight);
    assert!(text(within(call).await.unwrap()).contains("-32601"));
    assert!(ears.asked.try_recv().is_err() && bench.above.asked.try_recv().is_err());
    noted(&dir.file("ledger"), "answered").await;
}

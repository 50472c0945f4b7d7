//! What a legacy backend says on streams over HTTP: during calls, outside of them, and on streams that break.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/http_script.rs"]
mod http_script;
#[path = "fixtures/support.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_script::{Pipe, Reply, Seen, Server, event, legacy, result};
use mcpmux_core::call::{Body, Method};
use mcpmux_core::config::{Auth, Limits, Patience};
use mcpmux_core::json::Raw;
use mcpmux_core::peer::Flight;
use serde_json::json;
use support::{Bench, flight, patience, permitted, permitted_to, text, url, within};

fn ask(id: &str) -> String {
    event(&format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","method":"elicitation/create","params":{{"id":"{id}"}}}}"#
    ))
}

fn log(data: &str) -> String {
    event(&format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"data":"{data}"}}}}"#
    ))
}

fn session(name: &str, session: &str) -> mcpmux_core::call::Permitted {
    permitted_to(Method::ToolsCall, name, r#"{"arguments":{}}"#, Some(session))
}

#[tokio::test]
async fn a_question_on_a_calls_own_stream_is_for_that_call_however_many_there_are() {
    let (one, two) = (Pipe::default(), Pipe::default());
    let (streams, posts) = ((one.clone(), two.clone()), (one.clone(), two.clone()));
    let mut server = Server::start(legacy(move |seen| match seen.method.as_str() {
        "tools/call" if seen.body["params"]["name"] == "one" => Some(streams.0.open()),
        "tools/call" => Some(streams.1.open()),
        _ => None,
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    let (first, mut first_ears) = flight();
    let (second, mut second_ears) = flight();
    let first = bench.start(session("one", "a"), first);
    let second = bench.start(session("two", "b"), second);
    let calls = server.times("tools/call", 2).await;
    posts.0.say(log("for one"));
    posts.0.say(ask("of one"));
    posts.1.say(ask("of two"));
    let of_two = second_ears.asked().await;
    let of_one = first_ears.asked().await;
    assert_eq!((&of_one.params["id"], &of_two.params["id"]), (&json!("of one"), &json!("of two")));
    assert_eq!(first_ears.told().await, ("message".into(), json!({"data": "for one"})));
    of_two.reply.send(Body::Result(Raw::literal(r#"{"n": 2}"#))).unwrap();
    of_one.reply.send(Body::Result(Raw::literal(r#"{"n": 1}"#))).unwrap();
    let answers = server.times("<answer>", 2).await;
    let answer = |id: &str| answers.iter().find(|seen| seen.body["id"] == id).unwrap().body.clone();
    assert_eq!(answer("of one")["result"], json!({"n": 1}));
    assert_eq!(answer("of two")["result"], json!({"n": 2}));
    for (call, pipe, name) in [(first, &posts.0, "one"), (second, &posts.1, "two")] {
        let seen = calls.iter().find(|seen| seen.body["params"]["name"] == name).unwrap();
        pipe.say(event(&result(seen, &format!("\"{name}\""))));
        assert_eq!(text(within(call).await.unwrap()), format!("\"{name}\""));
    }
}

#[tokio::test]
async fn a_question_on_the_backends_own_stream_is_sorted_by_what_is_under_way() {
    let own = Pipe::default();
    let opened = own.clone();
    let mut server = Server::start(legacy(move |seen| match seen.method.as_str() {
        "GET" => Some(opened.open()),
        "tools/call" => Some(Reply::Hang),
        _ => None,
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    own.say(ask("nobody's"));
    own.say(log("to all"));
    assert_eq!(bench.above.asked().await.params["id"], "nobody's");
    assert_eq!(bench.above.told().await.0, "message");
    let (flight, mut ears) = flight();
    let call = bench.start(session("one", "a"), flight);
    server.seen("tools/call").await;
    own.say(ask("the only one's"));
    assert_eq!(ears.asked().await.params["id"], "the only one's");
    let second = bench.start(session("two", "b"), Flight::default());
    server.times("tools/call", 2).await;
    own.say(ask("unclear"));
    own.say(log("to all"));
    assert_eq!(bench.above.told().await.0, "message");
    assert!(ears.asked.try_recv().is_err() && bench.above.asked.try_recv().is_err());
    call.abort();
    second.abort();
}

#[tokio::test]
async fn a_backend_that_has_read_an_answer_may_ask_again_under_the_same_id() {
    let pipe = Pipe::default();
    let stream = pipe.clone();
    let mut server = Server::start(legacy(move |seen| match seen.method.as_str() {
        "tools/call" => Some(stream.open()),
        "<answer>" => Some(Reply::Hang),
        _ => None,
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    let (flight, mut ears) = flight();
    let call = bench.start(session("one", "a"), flight);
    server.seen("tools/call").await;
    for times in 1..=2 {
        pipe.say(ask("again"));
        ears.asked().await.reply.send(Body::Result(Raw::literal("{}"))).unwrap();
        server.times("<answer>", times).await;
    }
    call.abort();
}

fn primed(id: &str) -> String {
    format!("id: {id}\nretry: 50\ndata: \n\n")
}

/// Replies so to the calls, and so to each time the stream is resumed.
fn resumable(
    first: Vec<String>,
    cut: bool,
    resumed: fn(usize, u64) -> Reply,
) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    let (id, times) = (AtomicUsize::new(0), AtomicUsize::new(0));
    legacy(move |seen| match seen.method.as_str() {
        "tools/call" => {
            let number = usize::try_from(seen.body["id"].as_u64().unwrap()).unwrap();
            id.store(number, Ordering::SeqCst);
            let first = first.clone();
            Some(if cut { Reply::CutStream(first) } else { Reply::Stream(first) })
        }
        "GET" if !seen.header("last-event-id").is_empty() => {
            let number = u64::try_from(id.load(Ordering::SeqCst)).unwrap();
            Some(resumed(times.fetch_add(1, Ordering::SeqCst), number))
        }
        _ => None,
    })
}

fn answer(id: u64) -> String {
    event(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resumed":true}}}}"#))
}

#[tokio::test]
async fn a_stream_that_ends_early_is_resumed_and_the_call_is_not_sent_again() {
    for cut in [false, true] {
        let first = vec![primed("e1"), log("before")];
        let script = resumable(first, cut, |times, id| match times {
            0 => Reply::Stream(vec![primed("e2")]),
            1 => Reply::Status(503),
            _ => Reply::Stream(vec![log("after"), answer(id)]),
        });
        let server = Server::start(script).await;
        let mut bench = Bench::new(url(&server.url, Auth::None));
        bench.ready().await;
        let (flight, mut ears) = flight();
        let call = bench.start(permitted("special", "{}"), flight);
        assert_eq!(text(within(call).await.unwrap()), r#"{"resumed":true}"#);
        assert_eq!(ears.names(), ["message", "message"]);
        assert_eq!(server.count("tools/call"), 1);
        let places: Vec<String> = server
            .all("GET")
            .iter()
            .map(|seen| seen.header("last-event-id").to_owned())
            .filter(|place| !place.is_empty())
            .collect();
        assert_eq!(places, ["e1", "e2", "e2"]);
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_resumed_leaves_the_outcome_unknown() {
    type Resumed = fn(usize, u64) -> Reply;
    let refused: Resumed = |_, _| Reply::Status(405);
    let failing: Resumed = |_, _| Reply::Status(500);
    for (first, resumed) in [
        (vec![primed("e1")], refused),
        (vec![primed("e1")], failing),
        (vec![log("no place")], refused),
        (vec![primed("e1"), "id\ndata: \n\n".to_owned()], refused),
    ] {
        let server = Server::start(resumable(first, false, resumed)).await;
        let mut bench = Bench::new(url(&server.url, Auth::None));
        bench.ready().await;
        assert_eq!(bench.code("special").await, 1002);
        assert_eq!(server.count("tools/call"), 1);
    }
}

#[tokio::test]
async fn a_resumed_call_is_bounded_like_any_other() {
    let script = resumable(vec![primed("e1")], false, |_, _| Reply::Stream(Vec::new()));
    let server = Server::start(script).await;
    let patience = Patience { call: Duration::from_millis(400), ..patience() };
    let mut bench = Bench::with(url(&server.url, Auth::None), patience, Limits::default());
    bench.ready().await;
    assert_eq!(bench.code("special").await, 1003);
}

#[tokio::test]
async fn the_backends_own_stream_is_resumed_where_it_was_left() {
    let times = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&times);
    let mut server = Server::start(legacy(move |seen| {
        if seen.method != "GET" {
            return None;
        }
        Some(match counted.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Stream(vec![primed("g1"), log("one")]),
            _ => Reply::OpenStream(vec![log("two")]),
        })
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    for data in ["one", "two"] {
        assert_eq!(bench.above.told().await.1, json!({"data": data}));
    }
    let gets = server.times("GET", 2).await;
    let places: Vec<&str> = gets.iter().map(|seen| seen.header("last-event-id")).collect();
    assert_eq!(places, ["", "g1"]);
}

#[tokio::test]
async fn lists_are_asked_for_again_after_a_stream_broke_off_but_nothing_is_announced() {
    let changed = event(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    let times = AtomicUsize::new(0);
    let server = Server::start(legacy(move |seen| {
        (seen.method == "GET").then(|| match times.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Stream(Vec::new()),
            _ => Reply::OpenStream(vec![changed.clone()]),
        })
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    assert!(!bench.ready().await.announced.tools);
    assert!(bench.ready().await.announced.tools);
}

#[tokio::test]
async fn a_batch_is_taken_apart_where_the_revision_has_them() {
    let server = Server::start(legacy(|seen| match seen.method.as_str() {
        "initialize" => Some(Reply::Session(result(
            seen,
            r#"{"protocolVersion":"2025-03-26","capabilities":{"tools":{}},"serverInfo":{}}"#,
        ))),
        "tools/call" => {
            let answer = result(seen, r#"{"batched":true}"#);
            let note = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
            Some(match seen.body["params"]["name"].as_str() {
                Some("stream") => Reply::Stream(vec![event(&format!("[{note},{answer}]"))]),
                _ => Reply::Json(200, format!("[{note},{answer}]")),
            })
        }
        _ => None,
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    for name in ["stream", "body"] {
        let (flight, mut ears) = flight();
        let call = bench.start(permitted(name, "{}"), flight);
        assert_eq!(text(within(call).await.unwrap()), r#"{"batched":true}"#);
        assert_eq!(ears.names(), ["message"]);
    }
}

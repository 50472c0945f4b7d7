//! Backends behind HTTP in both eras, and what their callers see of their faults.
#![allow(missing_docs, reason = "a test binary")]

#[path = "fixtures/http_script.rs"]
mod http_script;
#[path = "fixtures/support.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_script::{Reply, Seen, Server, error, event, legacy, modern, result};
use mcpmux_core::config::{Auth, Limits, Patience, Secret};
use mcpmux_core::era::Revision;
use mcpmux_core::fault::Kind;
use mcpmux_core::peer::Flight;
use support::{Bench, flight, names, patience, permitted, text, url, within};

fn bench(server: &Server) -> Bench {
    Bench::new(url(&server.url, Auth::None))
}

#[tokio::test]
async fn a_modern_backend_gets_its_headers_and_no_handshake() {
    let mut server = Server::start(modern(|_| Reply::Hang)).await;
    let mut bench = bench(&server);
    let listing = bench.ready().await;
    assert_eq!((listing.revision, names(&listing)), (Revision::V2026_07_28, vec!["echo".into()]));
    assert_eq!(bench.answer("spä", "1").await, r#"{"echoed":1}"#);
    let call = server.seen("tools/call").await;
    assert_eq!(call.header("mcp-protocol-version"), "2026-07-28");
    assert_eq!(call.header("mcp-method"), "tools/call");
    assert_eq!(call.header("mcp-name"), "=?base64?c3DDpA==?=");
    assert_eq!(call.header("accept"), "application/json, text/event-stream");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(server.count("initialize"), 0);
}

#[tokio::test]
async fn a_legacy_backend_gets_a_handshake_and_its_session_back() {
    let mut server = Server::start(legacy(|_| None)).await;
    let mut bench = bench(&server);
    assert_eq!(bench.ready().await.revision, Revision::V2025_06_18);
    assert_eq!(bench.answer("echo", "1").await, r#"{"echoed":1}"#);
    let call = server.seen("tools/call").await;
    assert_eq!(call.header("mcp-session-id"), "s1");
    assert_eq!(call.header("mcp-protocol-version"), "2025-06-18");
    assert_eq!((call.header("mcp-method"), call.header("mcp-name")), ("", ""));
    assert_eq!(server.count("notifications/initialized"), 1);
    within(bench.pool.stop(Duration::from_secs(5))).await;
    assert_eq!(server.seen("DELETE").await.header("mcp-session-id"), "s1");
}

#[tokio::test]
async fn a_lost_session_is_renewed_once_and_the_call_sent_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = Server::start(legacy(move |seen| {
        let old = seen.header("mcp-session-id") == "s1";
        let call = seen.method == "tools/call";
        counted.fetch_add(usize::from(call), Ordering::SeqCst);
        (call && old).then_some(Reply::Status(404))
    }))
    .await;
    let mut bench = bench(&server);
    bench.ready().await;
    assert_eq!(bench.answer("echo", "2").await, r#"{"echoed":2}"#);
    assert_eq!((calls.load(Ordering::SeqCst), server.count("initialize")), (2, 2));
    assert_eq!(server.count("server/discover"), 1, "the era is remembered");
}

#[tokio::test]
async fn a_lost_session_is_understood_in_other_words_and_renewed_once_for_all() {
    let server = Server::start(legacy(|seen| {
        let refused = seen.method == "tools/call" && seen.header("mcp-session-id") == "s1";
        let body = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#;
        refused.then(|| Reply::Json(400, body.to_owned()))
    }))
    .await;
    let mut bench = bench(&server);
    bench.ready().await;
    let calls: Vec<_> =
        (0..8).map(|_| bench.start(permitted("echo", "1"), Flight::default())).collect();
    for call in calls {
        assert_eq!(text(within(call).await.unwrap()), r#"{"echoed":1}"#);
    }
    assert_eq!(server.count("initialize"), 2);
}

#[tokio::test]
async fn an_error_that_only_looks_like_a_lost_session_is_passed_on() {
    let server = Server::start(legacy(|seen| {
        let call = seen.method == "tools/call";
        call.then(|| Reply::Json(404, error(seen, -32601, "no such method")))
    }))
    .await;
    let mut bench = bench(&server);
    bench.ready().await;
    assert!(bench.answer("echo", "1").await.contains("-32601"));
    assert_eq!((server.count("tools/call"), server.count("initialize")), (1, 1));
}

#[tokio::test]
async fn a_session_that_is_always_lost_ends_the_call() {
    let server =
        Server::start(legacy(|seen| (seen.method == "tools/call").then_some(Reply::Status(404))))
            .await;
    let mut bench = bench(&server);
    bench.ready().await;
    assert_eq!(bench.code("echo").await, 1001);
    assert_eq!(server.count("tools/call"), 2);
}

#[tokio::test]
async fn an_answer_on_a_stream_comes_with_its_progress() {
    let mut server = Server::start(modern(|seen| {
        let token = seen.token();
        Reply::Stream(vec![
            event(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":1}}}}"#
            )),
            event(r#"{"jsonrpc":"2.0","id":"ask","method":"ping"}"#),
            event(&result(seen, r#"{"streamed":true}"#)),
        ])
    }))
    .await;
    let mut bench = bench(&server);
    bench.ready().await;
    let (flight, mut heard) = flight();
    let outcome = within(bench.backend.request(permitted("special", "{}"), flight)).await;
    assert_eq!(text(outcome), r#"{"streamed":true}"#);
    assert_eq!(heard.names(), ["progress"]);
    assert_eq!(server.seen("<answer>").await.body["result"], serde_json::json!({}));
}

#[tokio::test]
async fn what_is_no_answer_becomes_the_right_fault() {
    type Script = fn(&Seen) -> Reply;
    let checks: [(Script, i64); 6] = [
        (|_| Reply::Stream(vec![event(r#"{"jsonrpc":"2.0","method":"x"}"#)]), 1002),
        (|_| Reply::Cut, 1002),
        (|_| Reply::Status(500), 1007),
        (|_| Reply::Json(200, "{}".into()), 1007),
        (|seen| Reply::Json(200, result(seen, &format!("\"{}\"", "x".repeat(5000)))), 1005),
        (
            |seen| Reply::Stream(vec![event(&result(seen, &format!("\"{}\"", "x".repeat(5000))))]),
            1005,
        ),
    ];
    for (at, (reply, code)) in checks.into_iter().enumerate() {
        let server = Server::start(modern(reply)).await;
        let limits = Limits { message: 4096, ..Limits::default() };
        let mut bench = Bench::with(url(&server.url, Auth::None), patience(), limits);
        bench.ready().await;
        assert_eq!(bench.code("special").await, code, "check {at}");
        assert_eq!(server.count("tools/call"), 1, "check {at}");
        assert_eq!(bench.answer("echo", "3").await, r#"{"echoed":3}"#, "check {at}");
    }
}

#[tokio::test]
async fn an_error_of_the_backend_is_passed_on_whatever_the_status() {
    let server = Server::start(modern(|seen| Reply::Json(400, error(seen, -32602, "no")))).await;
    let mut bench = bench(&server);
    bench.ready().await;
    assert_eq!(bench.answer("special", "{}").await, r#"{"code":-32602,"message":"no"}"#);
}

#[tokio::test]
async fn a_login_is_asked_for_and_a_token_shown() {
    let mut server = Server::start(|seen: &Seen| match seen.header("authorization") {
        "Bearer t0ken" => modern(|_| Reply::Hang)(seen),
        _ => Reply::Status(401),
    })
    .await;
    let mut stranger = bench(&server);
    assert_eq!(stranger.down().await.kind, Kind::AuthRequired);
    assert_eq!(stranger.code("echo").await, 1008);
    let auth = Auth::Bearer(Secret::new("t0ken".into()).into());
    let known = Bench::new(url(&server.url, auth));
    assert_eq!(known.answer("echo", "4").await, r#"{"echoed":4}"#);
    assert_eq!(server.seen("tools/call").await.header("authorization"), "Bearer t0ken");
}

#[tokio::test]
async fn a_silent_call_times_out_and_a_legacy_backend_is_told() {
    let mut server =
        Server::start(legacy(|seen| (seen.method == "tools/call").then_some(Reply::Hang))).await;
    let patience = Patience { call: Duration::from_millis(300), ..patience() };
    let mut bench = Bench::with(url(&server.url, Auth::None), patience, Limits::default());
    bench.ready().await;
    assert_eq!(bench.code("echo").await, 1003);
    let cancelled = server.seen("notifications/cancelled").await;
    let call = server.seen("tools/call").await;
    assert_eq!(cancelled.body["params"]["requestId"], call.body["id"]);
}

#[tokio::test]
async fn dropping_a_call_closes_the_stream_of_a_modern_backend() {
    let mut server = Server::start(modern(|_| Reply::Hang)).await;
    let mut bench = bench(&server);
    bench.ready().await;
    let call = bench.backend.request(permitted("special", "{}"), Flight::default());
    let call = tokio::spawn(call);
    server.seen("tools/call").await;
    call.abort();
    server.seen("<gone>").await;
    assert_eq!(server.count("notifications/cancelled"), 0);
}

#[tokio::test]
async fn changes_are_heard_on_a_stream() {
    let listens = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&listens);
    let changed = event(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    let server = Server::start(move |seen: &Seen| {
        if seen.method == "subscriptions/listen" {
            counted.fetch_add(1, Ordering::SeqCst);
            return Reply::OpenStream(vec![changed.clone()]);
        }
        modern(|_| Reply::Hang)(seen)
    })
    .await;
    let mut bench = bench(&server);
    bench.ready().await;
    bench.ready().await;
    assert_eq!(listens.load(Ordering::SeqCst), 1);

    let changed = event(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    let server = Server::start(legacy(move |seen| {
        (seen.method == "GET").then(|| Reply::OpenStream(vec![changed.clone()]))
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    bench.ready().await;
}

#[tokio::test]
async fn a_backend_that_is_away_is_found_when_it_is_back() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let mut bench = Bench::new(url(&format!("http://127.0.0.1:{port}/mcp"), Auth::None));
    let fault = bench.down().await;
    assert_eq!(fault.kind, Kind::BackendUnavailable);
    assert_eq!(bench.code("echo").await, 1001);
    let _server = Server::start_at(port, modern(|_| Reply::Hang)).await;
    bench.ready().await;
    assert_eq!(bench.answer("echo", "5").await, r#"{"echoed":5}"#);
}

#[tokio::test]
async fn a_failing_server_tells_nothing_of_its_era() {
    let failures = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&failures);
    let server = Server::start(move |seen: &Seen| {
        if counted.fetch_add(1, Ordering::SeqCst) < 2 {
            return Reply::Status(503);
        }
        modern(|_| Reply::Hang)(seen)
    })
    .await;
    let mut bench = bench(&server);
    assert_eq!(bench.ready().await.revision, Revision::V2026_07_28);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start(modern(|_| Reply::Redirect)).await;
    let mut bench = bench(&server);
    bench.ready().await;
    assert_eq!(bench.code("special").await, 1007);
    assert_eq!(server.count("tools/call"), 1);
}

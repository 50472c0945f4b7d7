//! What a modern backend wants of requests over HTTP: mirrored arguments, versions, and what happens if it refuses.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/http_script.rs"]
mod http_script;
#[path = "fixtures/support.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_script::{Reply, Seen, Server, error, event, legacy, modern, result};
use mcpmux_core::call::Method;
use mcpmux_core::config::Auth;
use mcpmux_core::era::Revision;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::Wants;
use serde_json::json;
use support::{Bench, names, permitted_to, text, url, within};

fn tools(list: &'static str) -> impl Fn(&Seen) -> Reply {
    move |seen| match seen.method.as_str() {
        "tools/list" => Reply::Json(200, result(seen, &format!(r#"{{"tools":[{list}]}}"#))),
        _ => modern(|seen| Reply::Json(200, result(seen, "{}")))(seen),
    }
}

#[tokio::test]
async fn arguments_are_mirrored_into_the_headers_that_the_tool_wants() {
    let list = r#"{"name":"t","inputSchema":{"properties":{
        "a":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"Count"},
        "o":{"properties":{"b":{"type":"boolean","x-mcp-header":"Deep"}}},"null":{"type":"string","x-mcp-header":"Null"},
        "gone":{"type":"string","x-mcp-header":"Gone"},"plain":{"type":"string"}}}},
        {"name":"bad","inputSchema":{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}}, {"name":"other"}"#;
    let mut server = Server::start(tools(list)).await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    let found = names(&bench.ready().await);
    assert_eq!((found.len(), found.first().unwrap().as_str()), (3, "t"));
    assert!(found.iter().any(|name| name.contains("x-mcp-header")), "{found:?}");
    bench
        .answer("t", r#"{"a":"Hello, 世界","n":42,"o":{"b":false},"null":null,"plain":"x"}"#)
        .await;
    let call = server.seen("tools/call").await;
    assert_eq!(call.header("mcp-param-region"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
    assert_eq!((call.header("mcp-param-count"), call.header("mcp-param-deep")), ("42", "false"));
    let mirrored = call.headers.keys().filter(|name| name.as_str().starts_with("mcp-param-"));
    assert_eq!(mirrored.count(), 3);
}

#[tokio::test]
async fn a_tool_whose_headers_changed_is_listed_again_and_called_once_more() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = Server::start(move |seen: &Seen| match seen.method.as_str() {
        "tools/list" if counted.load(Ordering::SeqCst) > 0 => tools(
            r#"{"name":"special","inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}}"#,
        )(seen),
        "tools/call" => {
            counted.fetch_add(1, Ordering::SeqCst);
            match seen.header("mcp-param-a") {
                "x" => Reply::Json(200, result(seen, r#"{"right":true}"#)),
                _ => Reply::Json(400, error(seen, -32020, "Header mismatch")),
            }
        }
        _ => tools(r#"{"name":"special"}"#)(seen),
    })
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    assert_eq!(bench.answer("special", r#"{"a":"x"}"#).await, r#"{"right":true}"#);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    // One that still disagrees is not asked for ever.
    let answer = bench.answer("special", r#"{"a":"y"}"#).await;
    assert!(answer.contains("-32020"), "{answer}");
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_refusal_without_a_status_that_says_so_is_passed_on() {
    for (code, streamed) in [(-32020, false), (-32022, false), (-32020, true), (-32022, true)] {
        let server = Server::start(modern(move |seen: &Seen| {
            let body = error(seen, code, "no");
            if streamed { Reply::Stream(vec![event(&body)]) } else { Reply::Json(200, body) }
        }))
        .await;
        let mut bench = Bench::new(url(&server.url, Auth::None));
        bench.ready().await;
        let answer = bench.answer("special", "{}").await;
        assert!(answer.contains(&code.to_string()), "{answer}");
        let sent = (server.count("tools/call"), server.count("server/discover"));
        assert_eq!(sent, (1, 1), "{code} {streamed}");
    }
}

#[tokio::test]
async fn the_name_in_the_header_is_the_backends_own() {
    let server = Server::start(modern(|_| Reply::Hang)).await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    for (method, expected) in [
        (Method::PromptsGet, "the name"),
        (Method::ResourcesRead, "the name"),
        (Method::TasksGet, "the name"),
        (Method::Complete, ""),
    ] {
        let call = permitted_to(method, "the name", r#"{"ref":{"name":"x"}}"#, None);
        within(bench.backend.request(call, Flight::default())).await.unwrap();
        let seen = server.all(method.as_str()).pop().unwrap();
        assert_eq!(seen.header("mcp-name"), expected, "{method:?}");
        assert_eq!(seen.header("mcp-method"), method.as_str());
    }
}

fn unsupported(seen: &Seen, supported: &str) -> Reply {
    let id = &seen.body["id"];
    Reply::Json(
        400,
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32022,"message":"no","data":{{"supported":["{supported}"],"requested":"x"}}}}}}"#
        ),
    )
}

#[tokio::test]
async fn a_refused_version_that_is_supported_after_all_is_tried_once_more() {
    let discovers = AtomicUsize::new(0);
    let server = Server::start(move |seen: &Seen| {
        if seen.method == "server/discover" && discovers.fetch_add(1, Ordering::SeqCst) == 0 {
            return unsupported(seen, "2026-07-28");
        }
        modern(|_| Reply::Hang)(seen)
    })
    .await;
    let listing = Bench::new(url(&server.url, Auth::None)).ready().await;
    assert_eq!(listing.revision, Revision::V2026_07_28);
    assert!(listing.capabilities.get("tools").is_some());
    assert_eq!((server.count("server/discover"), server.count("initialize")), (2, 0));
}

#[tokio::test]
async fn a_backend_that_falls_back_to_the_old_era_is_greeted_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = Server::start(move |seen: &Seen| {
        if seen.method == "tools/call" && counted.load(Ordering::SeqCst) == 0 {
            counted.fetch_add(1, Ordering::SeqCst);
            return unsupported(seen, "2025-06-18");
        }
        match counted.load(Ordering::SeqCst) {
            0 => modern(|_| Reply::Hang)(seen),
            _ => legacy(|_| None)(seen),
        }
    })
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    assert_eq!(bench.ready().await.revision, Revision::V2026_07_28);
    assert_eq!(bench.answer("echo", "1").await, r#"{"echoed":1}"#);
    assert_eq!(bench.ready().await.revision, Revision::V2025_06_18);
}

#[tokio::test]
async fn updates_come_on_a_stream_of_changes_under_its_own_number() {
    const FOUND: &str = r#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true}}}"#;
    let mut server = Server::start(|seen: &Seen| match seen.method.as_str() {
        "server/discover" => Reply::Json(200, result(seen, FOUND)),
        "subscriptions/listen" => {
            let tag = json!({"io.modelcontextprotocol/subscriptionId": seen.body["id"], "kept": 1});
            let wanted = &seen.body["params"]["notifications"];
            let say = |method: &str, params: serde_json::Value| {
                event(&json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string())
            };
            let mut events = vec![say(
                "notifications/subscriptions/acknowledged",
                json!({"_meta": tag, "notifications": wanted}),
            )];
            for uri in wanted["resourceSubscriptions"].as_array().into_iter().flatten() {
                events.push(say(
                    "notifications/resources/updated",
                    json!({"_meta": tag, "uri": uri}),
                ));
            }
            Reply::OpenStream(events)
        }
        _ => modern(|_| Reply::Hang)(seen),
    })
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    bench.backend.want(Wants { uris: ["x:1".to_owned()].into(), level: None });
    let told = bench.above.told().await;
    assert_eq!(told, ("updated".into(), json!({"_meta": {"kept": 1}, "uri": "x:1"})));
    let call = permitted_to(Method::Subscribe, "x:2", "{}", None);
    assert_eq!(text(within(bench.backend.request(call, Flight::default())).await), "{}");
    let listens = server.times("subscriptions/listen", 3).await;
    let wanted: Vec<_> =
        listens.iter().map(|seen| seen.body["params"]["notifications"].clone()).collect();
    assert_eq!(
        wanted,
        [
            json!({"toolsListChanged": true}),
            json!({"toolsListChanged": true, "resourceSubscriptions": ["x:1"]}),
            json!({"toolsListChanged": true, "resourceSubscriptions": ["x:1", "x:2"]}),
        ]
    );
}

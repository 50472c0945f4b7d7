//! The HTTP+SSE transport of 2024-11-05: found when nothing newer answers, and all that goes over it.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/http_script.rs"]
mod http_script;
#[path = "fixtures/support.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use http_script::{Pipe, Reply, Seen, Server, event, result};
use mcpmux_core::call::Body;
use mcpmux_core::config::{Auth, Secret};
use mcpmux_core::era::Revision;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{Credential, CredentialSource, Pending, Shown};
use serde_json::json;
use support::{Bench, flight, names, permitted, text, url, within};
use tokio::sync::watch;

/// A backend of the old kind, whose stream names this endpoint; `first` may reply before it.
fn old(
    endpoint: &'static str,
    pipe: &Pipe,
    first: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    let pipe = pipe.clone();
    move |seen| {
        if seen.method == "GET" {
            let reply = pipe.open();
            pipe.say(format!("event: endpoint\ndata: {endpoint}\n\n"));
            return reply;
        }
        if seen.path != "/messages?session=1" {
            return Reply::Status(405);
        }
        if let Some(reply) = first(seen) {
            return reply;
        }
        let answer = match seen.method.as_str() {
            "initialize" => {
                r#"{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"old"}}"#
            }
            "tools/list" => r#"{"tools":[{"name":"echo"}]}"#,
            "tools/call" if seen.body["params"]["name"] == "echo" => r#"{"echo":true}"#,
            _ => return Reply::Status(202),
        };
        pipe.say(event(&result(seen, answer)));
        Reply::Status(202)
    }
}

#[tokio::test]
async fn an_old_backend_is_found_listed_called_and_left() {
    let pipe = Pipe::default();
    let mut server = Server::start(old("/messages?session=1", &pipe, |_| None)).await;
    let auth = Auth::Bearer(Secret::new("t".into()).into());
    let mut bench = Bench::new(url(&server.url, auth));
    let listing = bench.ready().await;
    assert_eq!((listing.revision, names(&listing)), (Revision::V2024_11_05, vec!["echo".into()]));
    assert_eq!(bench.answer("echo", "{}").await, r#"{"echo":true}"#);
    let call = server.seen("tools/call").await;
    assert_eq!(call.header("authorization"), "Bearer t");
    assert_eq!(server.count("notifications/initialized"), 1);
    within(bench.pool.stop(Duration::from_secs(5))).await;
    assert_eq!(bench.code("echo").await, 1001);
}

#[tokio::test]
async fn events_and_questions_come_on_the_stream_and_answers_go_to_the_endpoint() {
    let pipe = Pipe::default();
    let mut server = Server::start(old("/messages?session=1", &pipe, |_| None)).await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    let (flight, mut ears) = flight();
    let call = bench.start(permitted("special", "{}"), flight);
    let seen = server.seen("tools/call").await;
    let token = seen.token();
    for message in [
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":1}}}}"#
        ),
        r#"{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{}}"#.into(),
    ] {
        pipe.say(event(&message));
    }
    assert_eq!(ears.told().await.0, "progress");
    ears.asked().await.reply.send(Body::Result(Raw::literal(r#"{"role":"x"}"#))).unwrap();
    assert_eq!(server.seen("<answer>").await.body["result"], json!({"role": "x"}));
    pipe.say(event(&result(&seen, r#"{"done":1}"#)));
    assert_eq!(text(within(call).await.unwrap()), r#"{"done":1}"#);

    let call = bench.start(permitted("special", "{}"), mcpmux_core::peer::Flight::default());
    let number = server.times("tools/call", 2).await.pop().unwrap().body["id"].clone();
    call.abort();
    let cancelled = server.seen("notifications/cancelled").await;
    assert_eq!(cancelled.body["params"]["requestId"], number);
}

#[tokio::test]
async fn the_end_of_the_stream_is_the_end_of_the_calls_and_the_next_one_works() {
    let pipe = Pipe::default();
    let mut server = Server::start(old("/messages?session=1", &pipe, |_| None)).await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    let call = bench.start(permitted("special", "{}"), mcpmux_core::peer::Flight::default());
    server.seen("tools/call").await;
    pipe.close();
    assert_eq!(within(call).await.unwrap().unwrap_err().kind.code(), 1002);
    assert_eq!(bench.answer("echo", "{}").await, r#"{"echo":true}"#);
}

#[tokio::test]
async fn a_lost_session_is_renewed_and_the_call_sent_again() {
    let pipe = Pipe::default();
    let lost = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start(old("/messages?session=1", &pipe, move |seen| {
        let first =
            seen.method == "tools/call" && !lost.swap(true, std::sync::atomic::Ordering::SeqCst);
        first.then_some(Reply::Status(404))
    }))
    .await;
    let mut bench = Bench::new(url(&server.url, Auth::None));
    bench.ready().await;
    assert_eq!(bench.answer("echo", "{}").await, r#"{"echo":true}"#);
    assert_eq!(server.count("tools/call"), 2);
}

#[tokio::test]
async fn an_endpoint_elsewhere_is_not_talked_to() {
    for endpoint in ["http://127.0.0.1:1/messages", "//example.org/messages", "https://127.0.0.1/m"]
    {
        let server = Server::start(old(endpoint, &Pipe::default(), |_| None)).await;
        let mut bench = Bench::new(url(&server.url, Auth::None));
        let why = bench.down().await.to_string();
        assert!(why.contains("of another origin"), "{why}");
        assert_eq!(server.count("initialize"), 1);
    }
}

#[tokio::test]
async fn what_speaks_nothing_is_refused_as_it_refused() {
    let server = Server::start(|seen: &Seen| match seen.method.as_str() {
        "GET" => Reply::Stream(vec!["event: other\ndata: x\n\n".into()]),
        _ => Reply::Status(404),
    })
    .await;
    let why = Bench::new(url(&server.url, Auth::None)).down().await.to_string();
    assert!(why.contains("HTTP status 404"), "{why}");
}

/// A credential that nobody has while the gate is shut, and how often it was asked for.
#[derive(Clone)]
struct Gate {
    open: watch::Sender<bool>,
    asked: watch::Sender<usize>,
}

impl CredentialSource for Gate {
    fn credential(&self, _: &BackendName, _: &str, _: &Auth) -> Option<Arc<dyn Credential>> {
        Some(Arc::new(self.clone()))
    }
}

impl Credential for Gate {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        Box::pin(async {
            self.asked.send_modify(|asked| *asked += 1);
            let mut open = self.open.subscribe();
            within(open.wait_for(|open| *open)).await.map(drop).unwrap();
            Ok(Shown::new())
        })
    }
}

#[tokio::test]
async fn a_call_that_was_given_up_before_it_was_sent_is_not_sent_later() {
    let pipe = Pipe::default();
    let server = Server::start(old("/messages?session=1", &pipe, |_| None)).await;
    let gate = Gate { open: watch::Sender::new(true), asked: watch::Sender::new(0) };
    let mut bench = Bench::credited(url(&server.url, Auth::None), Arc::new(gate.clone()));
    bench.ready().await;
    gate.open.send_replace(false);
    let mut asked = gate.asked.subscribe();
    asked.mark_unchanged();
    let call = bench.start(permitted("special", "{}"), Flight::default());
    within(asked.changed()).await.unwrap();
    call.abort();
    assert!(within(call).await.unwrap_err().is_cancelled());
    gate.open.send_replace(true);
    for _ in 0..3 {
        assert_eq!(bench.answer("echo", "{}").await, r#"{"echo":true}"#);
    }
    let called = server.all("tools/call");
    let names: Vec<_> = called.iter().map(|seen| &seen.body["params"]["name"]).collect();
    assert_eq!(names, ["echo"; 3]);
    assert_eq!(server.count("notifications/cancelled"), 0);
}

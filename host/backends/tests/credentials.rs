//! Backends that refuse what they are shown: what is asked for then, what is sent again, and what is not.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[path = "fixtures/http_script.rs"]
mod http_script;
#[path = "fixtures/support.rs"]
mod support;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use http_script::{Pipe, Reply, Seen, Server, event, legacy, modern, result};
use mcpmux_core::config::{Auth, Secret};
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{Credential, CredentialSource, Pending, Refusal, Shown};
use support::{Bench, permitted, text, url, within};

type Refusals = Vec<(String, Option<String>)>;

/// A credential that has one token after the other; each refusal of the newest brings the next.
#[derive(Clone, Default)]
struct Tokens(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: String,
    next: VecDeque<Option<String>>,
    refusals: Refusals,
}

impl Tokens {
    /// The first token, and what follows; `None` is that a person has to log in.
    fn new(now: &str, next: &[Option<&str>]) -> Self {
        let next = next.iter().map(|token| token.map(str::to_owned)).collect();
        Self(Arc::new(Mutex::new(State { now: now.to_owned(), next, ..State::default() })))
    }

    fn shown(now: &str) -> Shown {
        vec![("authorization".to_owned(), Secret::new(format!("Bearer {now}")))]
    }

    fn replace(&self, shown: &Shown, challenge: Option<String>) -> Result<Option<Shown>, Fault> {
        let mut state = self.0.lock().unwrap();
        if *shown == Self::shown(&state.now) {
            let refused = state.now.clone();
            state.refusals.push((refused, challenge));
            match state.next.pop_front() {
                None => return Ok(None),
                Some(Some(token)) => state.now = token,
                Some(None) => {
                    let backend = BackendName::new("b").unwrap();
                    return Err(Fault::at(&backend, Kind::AuthRequired, "run `login`"));
                }
            }
        }
        Ok(Some(Self::shown(&state.now)))
    }

    fn refusals(&self) -> Refusals {
        self.0.lock().unwrap().refusals.clone()
    }
}

impl CredentialSource for Tokens {
    fn credential(&self, _: &BackendName, url: &str, auth: &Auth) -> Option<Arc<dyn Credential>> {
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        matches!(auth, Auth::Plugin(_)).then(|| Arc::new(self.clone()) as Arc<dyn Credential>)
    }
}

impl Credential for Tokens {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        Box::pin(async { Ok(Self::shown(&self.0.lock().unwrap().now)) })
    }

    fn refused(&self, refusal: Refusal) -> Pending<'_, Result<Option<Shown>, Fault>> {
        Box::pin(async move { self.replace(&refusal.shown, refusal.challenge) })
    }
}

fn bench(server: &Server, tokens: &Tokens) -> Bench {
    let auth = Auth::Plugin(PluginName::new("p").unwrap());
    Bench::credited(url(&server.url, auth), Arc::new(tokens.clone()))
}

/// Whether a request is a call that shows this token.
fn calls_with(seen: &Seen, token: &str) -> bool {
    seen.method == "tools/call" && seen.header("authorization") == format!("Bearer {token}")
}

fn challenged(status: u16) -> Reply {
    Reply::Challenge(status, challenge(status).to_owned())
}

/// What a server says with this status.
fn challenge(status: u16) -> &'static str {
    match status {
        403 => r#"Bearer scope="more", error="insufficient_scope""#,
        _ => r#"Bearer error="invalid_token""#,
    }
}

/// The refusal of a token, as [`challenged`] says it.
fn refusal(token: &str, status: u16) -> (String, Option<String>) {
    (token.to_owned(), Some(challenge(status).to_owned()))
}

#[tokio::test]
async fn a_call_whose_token_has_expired_is_sent_once_more_with_a_new_one() {
    for status in [401, 403] {
        let script = modern(|_| Reply::Hang);
        let server = Server::start(move |seen: &Seen| match calls_with(seen, "old") {
            true => challenged(status),
            false => script(seen),
        })
        .await;
        let tokens = Tokens::new("old", &[Some("new")]);
        let mut bench = bench(&server, &tokens);
        bench.ready().await;
        assert_eq!(bench.answer("echo", "1").await, r#"{"echoed":1}"#);
        let sent = server.all("tools/call");
        let shown: Vec<&str> = sent.iter().map(|seen| seen.header("authorization")).collect();
        assert_eq!(shown, ["Bearer old", "Bearer new"], "{status}");
        assert_eq!(sent.first().unwrap().body, sent.last().unwrap().body);
        assert_eq!(tokens.refusals(), [refusal("old", status)]);
        assert_eq!(bench.answer("echo", "2").await, r#"{"echoed":2}"#);
        assert_eq!((server.count("tools/call"), server.count("server/discover")), (3, 1));
    }
}

#[tokio::test]
async fn a_call_that_is_refused_twice_is_not_sent_a_third_time() {
    let script = modern(|_| Reply::Hang);
    let server = Server::start(move |seen: &Seen| match seen.method.as_str() {
        "tools/call" => Reply::Status(401),
        _ => script(seen),
    })
    .await;
    let tokens = Tokens::new("a", &[Some("b"), Some("c")]);
    let mut bench = bench(&server, &tokens);
    bench.ready().await;
    assert_eq!(bench.code("echo").await, 1008);
    assert_eq!(server.count("tools/call"), 2);
    assert_eq!(tokens.refusals(), [("a".to_owned(), None)]);
}

#[tokio::test]
async fn a_call_is_not_sent_again_if_there_is_nothing_else_to_show() {
    let script = modern(|_| Reply::Hang);
    let server = Server::start(move |seen: &Seen| match seen.method.as_str() {
        "tools/call" => challenged(401),
        _ => script(seen),
    })
    .await;
    let tokens = Tokens::new("a", &[]);
    let mut bench = bench(&server, &tokens);
    bench.ready().await;
    assert_eq!(bench.code("echo").await, 1008);
    assert_eq!((server.count("tools/call"), tokens.refusals()), (1, vec![refusal("a", 401)]));
}

#[tokio::test]
async fn a_403_that_does_not_want_scopes_says_nothing_of_the_token() {
    let other = || Reply::Challenge(403, r#"Bearer error="invalid_token""#.to_owned());
    for reply in [|| Reply::Status(403), other] {
        let script = modern(move |_| reply());
        let server = Server::start(script).await;
        let tokens = Tokens::new("a", &[Some("b")]);
        let mut bench = bench(&server, &tokens);
        bench.ready().await;
        assert_eq!(bench.code("special").await, 1008);
        assert_eq!((server.count("tools/call"), tokens.refusals()), (1, Vec::new()));
    }
}

#[tokio::test]
async fn a_login_that_is_needed_is_told_and_the_backend_is_connected_to_anew() {
    let script = modern(|_| Reply::Hang);
    let server = Server::start(move |seen: &Seen| match calls_with(seen, "old") {
        true => challenged(401),
        false => script(seen),
    })
    .await;
    let tokens = Tokens::new("old", &[None, Some("new")]);
    let mut bench = bench(&server, &tokens);
    bench.ready().await;
    let fault = bench.call("echo", "1").await.map(|answer| answer.era).unwrap_err();
    assert_eq!((fault.kind, fault.public.as_str()), (Kind::AuthRequired, "run `login`"));
    assert_eq!(server.count("tools/call"), 1);
    assert_eq!(bench.answer("echo", "2").await, r#"{"echoed":2}"#);
    assert_eq!(server.count("server/discover"), 2);
}

#[tokio::test]
async fn a_token_that_expires_under_many_calls_costs_none_of_them() {
    let script = modern(|_| Reply::Hang);
    let done = Arc::new(Mutex::new(Vec::new()));
    let ledger = Arc::clone(&done);
    let server = Server::start(move |seen: &Seen| {
        if calls_with(seen, "old") {
            return challenged(401);
        }
        if seen.method == "tools/call" {
            let nonce = seen.body.pointer("/params/arguments").unwrap().as_u64().unwrap();
            ledger.lock().unwrap().push(nonce);
        }
        script(seen)
    })
    .await;
    let tokens = Tokens::new("old", &[Some("new")]);
    let mut bench = bench(&server, &tokens);
    bench.ready().await;
    let call = |nonce: u64| bench.start(permitted("echo", &nonce.to_string()), Flight::default());
    let calls: Vec<_> = (0..50).map(call).collect();
    for (nonce, call) in calls.into_iter().enumerate() {
        let answer = within(call).await.unwrap();
        assert_eq!(text(answer), format!(r#"{{"echoed":{nonce}}}"#));
    }
    let mut done = done.lock().unwrap().clone();
    done.sort_unstable();
    assert_eq!(done, (0..50).collect::<Vec<u64>>(), "each was done once");
    assert_eq!(tokens.refusals().len(), 1);
}

#[tokio::test]
async fn every_request_of_a_handshake_and_of_the_streams_can_be_refused() {
    let script = legacy(|seen| (seen.method == "GET").then(|| Reply::OpenStream(Vec::new())));
    let refused = Mutex::new(Vec::<String>::new());
    // Each kind of request is refused once, with a token that is good for nothing else either.
    let mut server = Server::start(move |seen: &Seen| {
        let mut refused = refused.lock().unwrap();
        if refused.contains(&seen.method) {
            return script(seen);
        }
        refused.push(seen.method.clone());
        challenged(401)
    })
    .await;
    let next: Vec<String> = (1..20).map(|at| at.to_string()).collect();
    let next: Vec<Option<&str>> = next.iter().map(|token| Some(token.as_str())).collect();
    let tokens = Tokens::new("0", &next);
    let mut bench = bench(&server, &tokens);
    bench.ready().await;
    assert_eq!(bench.answer("echo", "1").await, r#"{"echoed":1}"#);
    server.times("GET", 2).await;
    for method in ["initialize", "notifications/initialized", "tools/call"] {
        assert_eq!(server.count(method), 2, "{method}");
    }
    assert!(server.count("tools/list") >= 2, "it may be listed again when the stream is there");
    within(bench.pool.stop(std::time::Duration::from_secs(5))).await;
    server.times("DELETE", 2).await;
}

#[tokio::test]
async fn what_is_posted_for_an_old_backend_can_be_refused() {
    let pipe = Pipe::default();
    let stream = pipe.clone();
    let mut server = Server::start(move |seen: &Seen| {
        if seen.method == "GET" {
            let reply = pipe.open();
            pipe.say("event: endpoint\ndata: /messages\n\n".to_owned());
            return reply;
        }
        if seen.path != "/messages" {
            return Reply::Status(405);
        }
        if calls_with(seen, "old") {
            return challenged(401);
        }
        let answer = match seen.method.as_str() {
            "initialize" => {
                r#"{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"old"}}"#
            }
            "tools/list" => r#"{"tools":[{"name":"echo"}]}"#,
            "tools/call" => r#"{"echo":true}"#,
            _ => return Reply::Status(202),
        };
        stream.say(event(&result(seen, answer)));
        Reply::Status(202)
    })
    .await;
    let tokens = Tokens::new("old", &[Some("new")]);
    let mut bench = bench(&server, &tokens);
    bench.ready().await;
    assert_eq!(bench.answer("echo", "{}").await, r#"{"echo":true}"#);
    server.times("tools/call", 2).await;
    assert_eq!(tokens.refusals(), [refusal("old", 401)]);
}

//! What a plugin is granted, called from a component: it works where it may be used, and says why where it may not.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mcpmux_core::config::{Limits, Secret};
use mcpmux_core::hook::{Problem, Query, Reason, RequestAction};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Outbound, OutboundError, OutboundRequest, OutboundResponse, Pending};
use mcpmux_plugins::services::Shared;
use mcpmux_plugins::services::exec::{Error, Output, Programs};
use mcpmux_plugins::{Engine, Plugin};

use crate::guests::modern::{Guest, answer};
use crate::guests::{Dir, configured, shared};
use crate::stage::{arguments, call};

/// Loads a guest with these grants and one secret.
fn load(guest: &Guest, grant: &[&str], shared: &Shared) -> Arc<Plugin> {
    let dir = Dir::new();
    let mut section = configured(dir.file("guest.wasm", guest.build()), grant, "{}");
    section.secrets.insert("TOKEN".to_owned(), Secret::new("s3cret".to_owned()));
    let loaded = Plugin::load(&Engine::new(None).unwrap(), &section, &Limits::default(), shared);
    Arc::new(loaded.unwrap_or_else(|error| panic!("{error}")))
}

fn request(plugin: &Arc<Plugin>) -> Result<RequestAction, String> {
    plugin.hooks().request.as_ref().unwrap().on_request(&call("read"), &arguments())
}

fn query() -> Query {
    Query {
        backend: BackendName::new("docs").unwrap(),
        url: "https://mcp.example.com/mcp".to_owned(),
        why: Reason::Initial,
        challenge: None,
    }
}

/// Fails the request hook with the text that this place in memory leads to.
fn fail_with(at: u32) -> String {
    format!(
        "(drop {}) (i32.store (i32.const 1028) (i32.load (i32.const {at})))
         (i32.store (i32.const 1032) (i32.load (i32.const {}))) (i32.const 1024)",
        answer(&[1]),
        at + 4
    )
}

/// Grants a header `x` with the text that this place in memory leads to.
fn grant_with(guest: &mut Guest, at: u32) -> String {
    let name = guest.text("x");
    let list = guest.words(&[name.0, name.1, 0, 0]);
    format!(
        "(i32.store (i32.const {}) (i32.load (i32.const {at})))
         (i32.store (i32.const {}) (i32.load (i32.const {}))) {}",
        list + 8,
        list + 12,
        at + 4,
        answer(&[0, 0, list, 1, 0, 0, 0, 0])
    )
}

#[test]
fn what_is_kept_outlives_an_instance_and_the_plugin() {
    let mut guest = Guest::new();
    let key = guest.text("k");
    let body = format!(
        "(call $increment (i32.const {}) (i32.const {}) (i64.const 40) (i32.const 0) (i32.const 0) (i32.const 512))
         (if (i64.eq (i64.load (i32.const 520)) (i64.const 120)) (then (br 1 {}))) {}",
        key.0,
        key.1,
        answer(&[0, 3, 0, 0, 0, 0]),
        answer(&[0, 0]),
    );
    let guest = guest
        .import("kv", "increment", "(func $increment (param i32 i32 i64 i32 i32 i32))")
        .hook("request", &body);
    let shared = shared();
    let one = load(&guest, &["kv"], &shared);
    assert_eq!(request(&one), Ok(RequestAction::Forward));
    assert_eq!(request(&one), Ok(RequestAction::Forward));
    // The third finds what the two before, of another one, have left.
    let two = load(&guest, &["kv"], &shared);
    assert!(matches!(request(&two), Ok(RequestAction::Refuse(_))));
}

#[test]
fn a_secret_is_read_by_its_name_if_that_is_granted() {
    let reader = |name: &str| {
        let mut guest = Guest::new();
        let name = guest.text(name);
        let body = format!(
            "(call $secret (i32.const {}) (i32.const {}) (i32.const 512))
             (if (i32.load8_u (i32.const 512)) (then (br 1 {}))) {}",
            name.0,
            name.1,
            fail_with(516),
            fail_with(520),
        );
        guest.import("secrets", "get", "(func $secret (param i32 i32 i32))").hook("request", &body)
    };
    let grant = ["secrets:TOKEN"];
    let read = request(&load(&reader("TOKEN"), &grant, &shared())).unwrap_err();
    assert!(read.ends_with("failed: s3cret"), "{read}");
    let refused = request(&load(&reader("OTHER"), &grant, &shared())).unwrap_err();
    assert!(refused.contains("the secret `OTHER` is not granted\nhint: "), "{refused}");
}

/// Answers each request with its URL, and remembers how long it might take.
#[derive(Default)]
struct Echo(Mutex<Vec<std::time::Duration>>);

impl Outbound for Echo {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        self.0.lock().unwrap().push(request.timeout);
        let body = Bytes::from(request.url);
        Box::pin(async { Ok(OutboundResponse { status: 200, headers: Vec::new(), body }) })
    }
}

/// A guest that asks an address in this hook.
fn asking(hook: &str) -> Guest {
    let mut guest = Guest::new();
    let (get, url) = (guest.text("GET"), guest.text("https://api.example.com/token"));
    let ask = format!(
        "(call $send (i32.const {}) (i32.const {}) (i32.const {}) (i32.const {}) (i32.const 0) (i32.const 0)
           (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))",
        get.0, get.1, url.0, url.1
    );
    let after = match hook {
        "request" => fail_with(520),
        _ => grant_with(&mut guest, 528),
    };
    guest
        .import("http", "send", "(func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))")
        .hook(hook, &format!("{ask} {after}"))
}

#[tokio::test]
async fn http_is_for_hooks_that_may_wait() {
    let echo = Arc::new(Echo::default());
    let shared = Shared::new(Arc::clone(&echo) as _);
    let grant = ["http:api.example.com"];
    let why = request(&load(&asking("request"), &grant, &shared)).unwrap_err();
    assert_eq!(
        why,
        "the request hook of plugin `guest` failed: `request` must not wait, so it cannot use `http`; `observe` \
         and `credentials` can"
    );
    let hook = load(&asking("credentials"), &grant, &shared).credentials_hook().unwrap();
    let granted = hook.fetch(&query()).await.unwrap();
    assert_eq!(granted.headers[0].1.reveal(), "https://api.example.com/token");
    assert_eq!(echo.0.lock().unwrap().len(), 1);
}

#[test]
fn http_without_a_host_is_not_granted() {
    let dir = Dir::new();
    let section = configured(dir.file("guest.wasm", asking("credentials").build()), &[], "{}");
    let engine = Engine::new(None).unwrap();
    let error = Plugin::load(&engine, &section, &Limits::default(), &shared()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "[[plugins]] name = \"guest\": grant: it needs `http:HOST`, which it is not granted\n\
         hint: if it may, set `grant = [\"http:HOST\"]`"
    );
}

struct Pass;

impl Programs for Pass {
    fn run(&self, argv: Vec<String>, _: Vec<u8>) -> Pending<'_, Result<Output, Error>> {
        let stdout = argv.join(" ").into_bytes();
        Box::pin(async { Ok(Output { code: Some(0), stdout, stderr: Vec::new() }) })
    }
}

/// A guest that runs a program in this hook, which works out or does not.
fn running(hook: &str, works: bool) -> Guest {
    let mut guest = Guest::new();
    let words = [guest.text("pass"), guest.text("show")];
    let list = guest.words(&[words[0].0, words[0].1, words[1].0, words[1].1]);
    let run = format!(
        "(call $run (i32.const {list}) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 512))"
    );
    let after = match hook {
        "request" => fail_with(520),
        _ if works => grant_with(&mut guest, 524),
        // A problem that may pass, in the words of the error.
        _ => format!(
            "(drop {}) (i32.store (i32.const 1036) (i32.load (i32.const 520)))
             (i32.store (i32.const 1040) (i32.load (i32.const 524))) (i32.const 1024)",
            answer(&[1, 0, 1])
        ),
    };
    guest
        .import("exec", "run", "(func $run (param i32 i32 i32 i32 i32))")
        .hook(hook, &format!("{run} {after}"))
}

#[tokio::test]
async fn programs_are_for_credentials_only() {
    let mut shared = shared();
    shared.programs = Some(Arc::new(Pass));
    let grant = ["exec:pass show"];
    let why = request(&load(&running("request", false), &grant, &shared)).unwrap_err();
    assert!(why.ends_with("`request` must not use `exec`; only `credentials` can"), "{why}");
    let hook = load(&running("credentials", true), &grant, &shared).credentials_hook().unwrap();
    let granted = hook.fetch(&query()).await.unwrap();
    assert_eq!(granted.headers[0].1.reveal(), "pass show");
    // Granted is another program.
    let hook = load(&running("credentials", false), &["exec:pass list"], &shared);
    let problem = hook.credentials_hook().unwrap().fetch(&query()).await.unwrap_err();
    let Problem::Temporary(why) = problem else { panic!("{problem:?}") };
    assert!(why.starts_with("running `pass` with these 1 arguments is not granted"), "{why}");
}

#[test]
fn the_clock_is_the_hosts() {
    let body = format!(
        "(if (i64.eq (call $now) (i64.const 1767225600000)) (then (br 1 {}))) {}",
        answer(&[0, 3, 0, 0, 0, 0]),
        answer(&[0, 0])
    );
    let guest =
        Guest::new().import("clock", "now", "(func $now (result i64))").hook("request", &body);
    let mut shared = shared();
    shared.clock = Arc::new(|| 1_767_225_600_000);
    assert!(matches!(request(&load(&guest, &["clock"], &shared)), Ok(RequestAction::Refuse(_))));
}

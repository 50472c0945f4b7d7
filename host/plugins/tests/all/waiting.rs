//! The hooks that may wait, observe and credentials: in order, within their time, and never in anybody's way.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::PluginLimits;
use mcpmux_core::hook::{CredentialsHook, Hooks, Problem, Query, Reason, Record, Status};
use mcpmux_core::names::BackendName;

use crate::guests::modern::{Guest, answer, moods};
use crate::stage::{call, load, try_load};

fn record(name: &str) -> Record {
    Record {
        subject: call(name),
        status: Status::Success,
        code: None,
        sent: 1,
        received: 2,
        took: Duration::from_millis(3),
        decisions: Vec::new(),
    }
}

fn query(backend: &str) -> Query {
    Query {
        backend: BackendName::new(backend).unwrap(),
        url: "https://mcp.example.com/mcp".to_owned(),
        why: Reason::Refused,
        challenge: Some("Bearer".to_owned()),
    }
}

async fn observe(hooks: &Hooks, name: &str) -> Result<(), String> {
    hooks.observe.as_ref().unwrap().on_outcome(&record(name)).await
}

fn limited(guest: &Guest) -> Arc<Hooks> {
    let time = Some(Duration::from_millis(300));
    let limits = PluginLimits { time, ..PluginLimits::default() };
    try_load(guest, |section| section.limits = limits).unwrap().hooks()
}

#[tokio::test]
async fn outcomes_are_heard_by_one_instance_in_order() {
    let mut guest = Guest::new();
    let third = guest.text("this is the third");
    let body = format!(
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (if (i32.eq (global.get $count) (i32.const 3)) (then (br 1 {}))) {}",
        answer(&[1, third.0, third.1]),
        answer(&[0]),
    );
    let hooks = load(&guest.hook("observe", &body)).hooks();
    let all =
        [observe(&hooks, "a"), observe(&hooks, "b"), observe(&hooks, "c"), observe(&hooks, "d")];
    let [a, b, c, d] = all;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    assert_eq!((a, b, d), (Ok(()), Ok(()), Ok(())));
    assert_eq!(c, Err("the observe hook of plugin `guest` failed: this is the third".to_owned()));
}

/// On one thread: a hook that never yielded would stop the test itself.
#[tokio::test(flavor = "current_thread")]
async fn one_that_computes_for_ever_lets_others_go_on_and_is_stopped() {
    let hooks = limited(&Guest::new().moody("observe", &[0]));
    let (looped, others) = tokio::join!(observe(&hooks, "l"), async {
        let mut turns = 0;
        while turns < 10 {
            tokio::task::yield_now().await;
            turns += 1;
        }
        hooks.health.health().failures
    });
    assert_eq!(others, 0, "others went on before it was stopped");
    let why = "the observe hook of plugin `guest` failed: it ran longer than 300ms and was stopped";
    assert_eq!(looped, Err(why.to_owned()));
    assert_eq!(observe(&hooks, "read").await, Ok(()));
    let trapped = observe(&hooks, "t").await.unwrap_err();
    assert!(trapped.contains("it trapped: "), "{trapped}");
    assert_eq!(observe(&hooks, "read").await, Ok(()));
}

#[tokio::test]
async fn a_hook_that_is_given_up_leaves_the_next_call_an_instance() {
    let hooks = load(&Guest::new().moody("observe", &[0])).hooks();
    let looping = observe(&hooks, "l");
    assert!(tokio::time::timeout(Duration::from_millis(20), looping).await.is_err());
    assert_eq!(observe(&hooks, "read").await, Ok(()));
}

/// A credentials hook that answers these words, but misbehaves if the backend's name begins so.
fn credentials(guest: Guest, words: &[u32]) -> Arc<dyn CredentialsHook> {
    let body = format!("{} {}", moods("(local.get 0)"), answer(words));
    let limits = PluginLimits { time: Some(Duration::from_millis(300)), ..PluginLimits::default() };
    let guest = guest.hook("credentials", &body);
    try_load(&guest, |section| section.limits = limits).unwrap().credentials_hook().unwrap()
}

/// A hook that grants these headers.
fn granting(headers: &[(&str, &str)], expires: Option<u32>) -> Arc<dyn CredentialsHook> {
    let mut guest = Guest::new();
    let mut list = Vec::new();
    for (name, value) in headers {
        let (name, value) = (guest.text(name), guest.text(value));
        list.extend([name.0, name.1, value.0, value.1]);
    }
    let list = guest.words(&list);
    let count = u32::try_from(headers.len()).unwrap();
    let at = expires.map_or([0, 0], |at| [1, at]);
    credentials(guest, &[0, 0, list, count, at[0], 0, at[1], 0])
}

#[tokio::test]
async fn a_credential_is_headers_and_an_expiry() {
    let hook = granting(&[("Authorization", "Bearer t0ken"), ("x-team", "a")], Some(5_000));
    let granted = hook.fetch(&query("docs")).await.unwrap();
    let headers: Vec<_> =
        granted.headers.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
    assert_eq!(headers, [("authorization", "Bearer t0ken"), ("x-team", "a")]);
    assert_eq!(granted.expires, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn headers_that_cannot_be_sent_are_refused_without_their_values() {
    for (header, why) in [
        (("Host", "s3cret"), "the header `host` is written by mcpmux"),
        (("Mcp-Session-Id", "s3cret"), "the header `mcp-session-id` is written by mcpmux"),
        (("a b", "s3cret"), "`a b` cannot be the name of a header"),
        (
            ("x", "s3cret\r\nHost: evil"),
            "the value of the header `x` holds a character that no header can",
        ),
    ] {
        let problem = granting(&[header], None).fetch(&query("docs")).await.unwrap_err();
        let why = format!("the credentials hook of plugin `guest` failed: {why}");
        assert_eq!(problem, Problem::Permanent(why));
    }
    let twice = granting(&[("x", "1"), ("X", "2")], None).fetch(&query("docs")).await;
    assert!(matches!(twice, Err(Problem::Permanent(why)) if why.contains("is there twice")));
}

#[tokio::test]
async fn a_hook_that_fails_is_a_problem_that_may_pass() {
    let hook = granting(&[("x", "1")], None);
    for (backend, why) in [
        ("trap", "it trapped: wasm `unreachable` instruction executed"),
        ("loop", "it ran longer than 300ms and was stopped"),
    ] {
        let why = format!("the credentials hook of plugin `guest` failed: {why}");
        assert_eq!(hook.fetch(&query(backend)).await.unwrap_err(), Problem::Temporary(why));
        assert!(hook.fetch(&query("docs")).await.is_ok());
    }
    let mut guest = Guest::new();
    let login = guest.text("log in at https://example.com");
    let problem = credentials(guest, &[1, 0, 0, login.0, login.1]).fetch(&query("docs")).await;
    let told = "log in at https://example.com".to_owned();
    assert_eq!(problem.unwrap_err(), Problem::NeedsLogin(told));
}

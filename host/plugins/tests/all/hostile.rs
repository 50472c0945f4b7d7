//! Hooks that trap, loop, take too much or say nonsense: what is said of it, and that the next call works.

use std::time::{Duration, Instant};

use mcpmux_core::config::PluginLimits;
use mcpmux_core::hook::{Hooks, RequestAction};
use mcpmux_core::json::Raw;

use crate::guests::modern::{Guest, answer};
use crate::stage::{arguments, call, hooks, try_load};

fn request(hooks: &Hooks, name: &str) -> Result<RequestAction, String> {
    hooks.request.as_ref().unwrap().on_request(&call(name), &arguments())
}

/// Limits that are right for these tests: on a busy machine nothing is stopped for its time that should not be.
fn bounded(guest: &Guest, limits: PluginLimits) -> std::sync::Arc<Hooks> {
    try_load(guest, |section| section.limits = limits).unwrap().hooks()
}

/// A call of this name fails with these words, again and again, and calls between work.
fn check(name: &str, limits: PluginLimits, expected: &str) {
    let hooks = bounded(&Guest::new().moody("request", &[0, 0]), limits);
    let expected = format!("the request hook of plugin `guest` failed: {expected}");
    for _ in 0..3 {
        assert_eq!(request(&hooks, name), Err(expected.clone()));
        assert_eq!(request(&hooks, "read"), Ok(RequestAction::Forward));
    }
    let health = hooks.health.health();
    assert_eq!((health.calls, health.failures, health.quarantined), (6, 3, None));
}

#[test]
fn a_trap_ends_the_call_and_no_other() {
    check("t", PluginLimits::default(), "it trapped: wasm `unreachable` instruction executed");
}

#[test]
fn a_loop_is_stopped_in_time() {
    let time = Some(Duration::from_millis(50));
    let limits = PluginLimits { time, ..PluginLimits::default() };
    check("l", limits, "it ran longer than 50ms and was stopped");
}

#[test]
fn taking_memory_is_stopped_at_the_limit() {
    let memory = Some(8 << 20);
    let limits = PluginLimits { memory, ..PluginLimits::default() };
    check("m", limits, "it wanted more memory than its limit of 8 MiB and was stopped");
}

#[test]
fn a_stack_without_end_has_one() {
    check("s", PluginLimits::default(), "it trapped: call stack exhausted");
}

#[test]
fn calling_the_host_without_end_has_one() {
    let host_calls = Some(500);
    let limits = PluginLimits { host_calls, ..PluginLimits::default() };
    check("f", limits, "it called the host more than 500 times and was stopped");
}

#[test]
fn returning_a_hundred_megabytes_is_stopped_at_the_limit() {
    let memory = Some(256 << 20);
    let limits = PluginLimits { memory, ..PluginLimits::default() };
    check("b", limits, "it returned more than its limit of 16 MiB and was stopped");
}

#[test]
fn what_is_no_utf8_is_no_answer() {
    let hooks = hooks(&Guest::new().moody("request", &[0, 0]));
    for _ in 0..3 {
        let odd = request(&hooks, "u").unwrap_err();
        assert!(odd.contains("invalid utf-8"), "{odd}");
        assert_eq!(request(&hooks, "read"), Ok(RequestAction::Forward));
    }
}

#[test]
fn each_hook_that_traps_is_named_and_works_again() {
    let mut guest = Guest::new();
    let all = guest.bytes(&[1]);
    let body =
        format!("(call $mood (i32.load8_u (i32.load (local.get 11)))) {}", answer(&[0, all.0, 0]));
    let guest = guest
        .moody("authorize", &[0, 0])
        .moody("response", &[0, 0])
        .hook("notify", &format!("(call $mood (i32.load8_u (local.get 2))) {}", answer(&[0, 0])))
        .hook("catalog", &format!("(if (local.get 1) (then unreachable)) {}", answer(&[0, 0, 0])))
        .hook("authorize-list", &format!("(if (local.get 12) (then unreachable)) {body}"));
    let hooks = hooks(&guest);
    let document = Raw::literal("{}");
    let trap = "it trapped: wasm `unreachable` instruction executed";
    let of = |hook: &str| format!("the {hook} hook of plugin `guest` failed: {trap}");
    for _ in 0..2 {
        let authorize = hooks.authorize.as_ref().unwrap();
        assert_eq!(authorize.check(&call("t"), &document).unwrap_err(), of("authorize"));
        assert!(authorize.check(&call("read"), &document).is_ok());
        let response = hooks.response.as_ref().unwrap();
        let source = mcpmux_core::hook::Source::Success;
        let trapped = response.on_response(&call("t"), source, &document);
        assert_eq!(trapped.unwrap_err(), of("response"));
        assert!(response.on_response(&call("read"), source, &document).is_ok());
        let notify = hooks.notify.as_ref().unwrap();
        let notice = |method: &str| mcpmux_core::hook::Notice {
            backend: mcpmux_core::names::BackendName::new("files").unwrap(),
            method: method.to_owned(),
            call: None,
        };
        let trapped = notify.on_notification(&notice("t"), &document);
        assert_eq!(trapped.unwrap_err(), of("notify"));
        assert!(notify.on_notification(&notice("read"), &document).is_ok());
        let list = hooks.authorize_list.as_ref().unwrap();
        let trapped = list.check_list(&crate::stage::client(), &[crate::stage::seen("x")]);
        assert_eq!(trapped.unwrap_err(), of("authorize-list"));
        assert_eq!(list.check_list(&crate::stage::client(), &[]), Ok(Vec::new()));
    }
}

#[test]
fn asking_for_a_value_a_million_times_at_once_is_stopped() {
    let mut guest = Guest::new();
    // A list of pointers that all lie at the same place: "", the whole document.
    let list = guest.words(&[0; 2_000]);
    let body = format!(
        "(call $many (local.get $document) (i32.const {list}) (i32.const 1000) (i32.const 512)) {}",
        answer(&[0, 0])
    );
    let guest = guest.hook("request", &body);
    let limits = PluginLimits { host_calls: Some(100), ..PluginLimits::default() };
    let why = request(&bounded(&guest, limits), "read").unwrap_err();
    assert!(why.contains("it called the host more than 100 times"), "{why}");
    // Little is asked for, and very much would be given.
    let limits = PluginLimits { output: Some(50_000), ..PluginLimits::default() };
    let document = Raw::of(&"x".repeat(1_000));
    let hooks = bounded(&guest, limits);
    let why = hooks.request.as_ref().unwrap().on_request(&call("read"), &document).unwrap_err();
    assert!(why.contains("it asked for more than 50000 bytes in one `get-many`"), "{why}");
}

#[test]
fn what_traps_again_and_again_is_left_alone_and_comes_back() {
    let hooks = hooks(&Guest::new().moody("request", &[0, 0]));
    let deadline = Instant::now() + Duration::from_secs(60);
    let quarantined = || hooks.health.health().quarantined.is_some();
    while !quarantined() {
        assert!(Instant::now() < deadline);
        assert!(request(&hooks, "t").unwrap_err().contains("it trapped: "));
    }
    let health = hooks.health.health();
    assert!(health.retry_ms.is_some() && health.calls == health.failures, "{health:?}");
    // Nothing is run meanwhile, so what would go well fails too.
    let why = request(&hooks, "read").unwrap_err();
    assert!(
        why.starts_with(
            "the request hook of plugin `guest` failed: it is in quarantine: it failed too often, the \
             last time because it trapped: "
        ),
        "{why}"
    );
    // Whoever comes first after its time tries it.
    while request(&hooks, "read").is_err() {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert_eq!(hooks.health.health().quarantined, None);
    assert_eq!(request(&hooks, "read"), Ok(RequestAction::Forward));
}

#[test]
fn running_out_over_a_large_document_is_nothing_to_be_put_away_for() {
    let guest = Guest::new().moody("request", &[0, 0]);
    let (time, memory) = (Some(Duration::from_millis(50)), Some(8 << 20));
    let slow = bounded(&guest, PluginLimits { time, ..PluginLimits::default() });
    let hooks = bounded(&guest, PluginLimits { memory, ..PluginLimits::default() });
    let shown = |hooks: &Hooks, name: &str, bytes: usize| {
        let document = Raw::of(&"x".repeat(bytes));
        hooks.request.as_ref().unwrap().on_request(&call(name), &document).unwrap_err()
    };
    for _ in 0..25 {
        assert!(shown(&hooks, "m", 65 << 10).contains("it wanted more memory"));
    }
    assert!(shown(&slow, "l", 65 << 10).contains("it ran longer than"));
    let failures = || (hooks.health.health().failures, slow.health.health().failures);
    assert_eq!(failures(), (0, 0));
    // A trap counts whatever it was shown, and so does running out over little.
    assert!(shown(&hooks, "t", 65 << 10).contains("it trapped"));
    assert!(shown(&hooks, "m", 63 << 10).contains("it wanted more memory"));
    assert!(shown(&slow, "l", 63 << 10).contains("it ran longer than"));
    assert_eq!(failures(), (2, 1));
}

#[test]
fn an_instance_that_has_grown_much_is_let_go() {
    // Grows by 20 MiB, unless it has grown already.
    let body = format!(
        "(if (i32.gt_u (memory.size) (i32.const 300)) (then unreachable))
         (drop (memory.grow (i32.const 320))) {}",
        answer(&[0, 0])
    );
    let plugin = crate::stage::load(&Guest::new().hook("request", &body));
    let hooks = plugin.hooks();
    let fresh = plugin.instance_memory();
    assert!(fresh > 0);
    assert_eq!(request(&hooks, "read"), Ok(RequestAction::Forward));
    assert_eq!(plugin.instance_memory(), 0, "no instance is idle");
    assert_eq!(request(&hooks, "read"), Ok(RequestAction::Forward));
}

#[test]
fn an_instance_lives_on_unless_each_call_is_to_have_its_own() {
    let guest = || {
        let mut guest = Guest::new();
        let texts = [guest.text(r#"{"n":1}"#), guest.text(r#"{"n":2}"#)];
        let body = format!(
            "(global.set $count (i32.add (global.get $count) (i32.const 1)))
             (if (i32.eq (global.get $count) (i32.const 1)) (then (br 1 {})))
             {}",
            answer(&[0, 2, texts[0].0, texts[0].1]),
            answer(&[0, 2, texts[1].0, texts[1].1]),
        );
        guest.hook("request", &body)
    };
    let n = |text| Ok(RequestAction::Answer(Raw::literal(text)));
    for (stateless, second) in [(false, r#"{"n":2}"#), (true, r#"{"n":1}"#)] {
        let hooks = try_load(&guest(), |section| section.stateless = stateless).unwrap().hooks();
        assert_eq!(request(&hooks, "read"), n(r#"{"n":1}"#));
        assert_eq!(request(&hooks, "read"), n(second));
    }
}

//! Backends that are processes: every fault of theirs, and what their callers see of it.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use mcpmux_core::config::{Limits, Patience};
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Kind;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::State;
use support::{
    Bench, Dir, configured, count, flight, names, noted, patience, permitted, pool, script, text,
    within,
};

const ALL: [&str; 8] =
    ["echo", "boom", "slow", "big", "progress", "grow", "env", "<it has no `name`>"];

#[tokio::test]
async fn a_legacy_backend_is_listed_called_and_answered() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let mut bench = Bench::new(script(&[("LEDGER", ledger.to_str().unwrap())]));
    assert!(matches!(bench.next_state().await, State::Connecting));
    let listing = bench.ready().await;
    assert_eq!(names(&listing), ALL);
    assert_eq!(listing.revision, Revision::V2025_06_18);
    assert!(listing.info.is_some());
    assert_eq!(bench.answer("echo", r#"{"a": 1.0}"#).await, r#"{"echo": {"a": 1.0}, "meta": []}"#);
    noted(&ledger, "answered {}").await;
    noted(&ledger, "initialized").await;
}

#[tokio::test]
async fn a_modern_backend_needs_no_handshake_and_is_listened_to() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env = [("ERA", "modern"), ("LEDGER", ledger.to_str().unwrap())];
    let mut bench = Bench::new(script(&env));
    let listing = bench.ready().await;
    assert_eq!((listing.revision.era(), names(&listing).len()), (Era::Modern, 8));
    assert!(listing.info.is_some());
    let answer = bench.answer("echo", "{}").await;
    assert!(answer.contains("io.modelcontextprotocol/clientCapabilities"), "{answer}");
    noted(&ledger, r#"listen {"toolsListChanged": true}"#).await;
    assert_eq!(count(&ledger, "initialize"), 0);
}

#[tokio::test]
async fn the_first_call_waits_for_the_backend() {
    let bench = Bench::new(script(&[]));
    assert_eq!(bench.answer("echo", "{}").await, r#"{"echo": {}, "meta": []}"#);
}

#[tokio::test]
async fn noise_on_the_output_is_skipped_and_a_flood_of_errors_drained() {
    let mut bench = Bench::new(script(&[("FAULTS", "garbage stderr")]));
    bench.ready().await;
    assert_eq!(bench.answer("echo", "1").await, r#"{"echo": 1, "meta": []}"#);
}

#[tokio::test]
async fn a_backend_that_exits_at_start_says_why() {
    let mut bench = Bench::new(script(&[("FAULTS", "exit")]));
    let fault = bench.down().await;
    assert_eq!(fault.kind, Kind::BackendUnavailable);
    let why = fault.to_string();
    assert!(why.contains("exit status: 7") && why.contains("set TOKEN and try again"), "{why}");
    assert_eq!(bench.code("echo").await, 1001);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let transport = mcpmux_core::config::Transport::Command {
        argv: vec!["no-such-program-here".into()],
        env: std::collections::BTreeMap::new(),
        cwd: None,
    };
    let why = Bench::new(transport).down().await.to_string();
    assert!(why.contains("cannot start `no-such-program-here`"), "{why}");
}

#[tokio::test]
async fn a_backend_that_hangs_in_the_handshake_is_given_up_in_time() {
    let patience = Patience { init: Duration::from_secs(1), ..patience() };
    let mut bench = Bench::with(script(&[("FAULTS", "hang")]), patience, Limits::default());
    let start = Instant::now();
    let why = bench.down().await.to_string();
    assert!(why.contains("did not answer the handshake within 1s"), "{why}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_written_call_is_lost_with_its_backend_and_the_next_one_works() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let mut bench = Bench::new(script(&[("LEDGER", ledger.to_str().unwrap())]));
    bench.ready().await;
    assert_eq!(bench.code("boom").await, 1002);
    assert_eq!(bench.answer("echo", "2").await, r#"{"echo": 2, "meta": []}"#);
    let fault = bench.down().await;
    assert!(fault.to_string().contains("exit status: 3"), "{fault}");
    bench.ready().await;
    assert_eq!(count(&ledger, "call boom"), 1);
    assert_eq!(count(&ledger, "discover"), 1, "the era is remembered");
}

#[tokio::test]
async fn a_late_answer_to_the_probe_does_no_harm() {
    let mut bench = Bench::new(script(&[("FAULTS", "late-discover")]));
    assert_eq!(bench.ready().await.revision, Revision::V2025_06_18);
    let mut bench = Bench::new(script(&[("FAULTS", "late-discover"), ("ERA", "modern")]));
    assert_eq!(bench.ready().await.revision, Revision::V2026_07_28);
}

#[tokio::test]
async fn a_backend_that_does_not_survive_the_probe_is_greeted_without() {
    let mut bench = Bench::new(script(&[("FAULTS", "dies-of-discover")]));
    assert_eq!(bench.ready().await.revision, Revision::V2025_06_18);
}

#[tokio::test]
async fn a_changed_list_is_asked_for_again() {
    for era in ["legacy", "modern"] {
        let mut bench = Bench::new(script(&[("ERA", era)]));
        assert_eq!(names(&bench.ready().await), ALL);
        bench.answer("grow", "{}").await;
        assert!(names(&bench.ready().await).contains(&"grown".to_owned()), "{era}");
    }
}

#[tokio::test]
async fn a_list_in_circles_ends() {
    let mut bench = Bench::new(script(&[("FAULTS", "pages")]));
    assert_eq!(names(&bench.ready().await), ["tool0", "tool1", "tool2", "tool0"]);
    let limits = Limits { tools: 2, ..Limits::default() };
    let mut bench = Bench::with(script(&[("FAULTS", "pages")]), patience(), limits);
    assert_eq!(names(&bench.ready().await), ["tool0", "tool1"]);
}

#[tokio::test]
async fn progress_reaches_its_own_call_and_buys_time() {
    let patience = Patience { call: Duration::from_millis(600), ..patience() };
    let mut bench = Bench::with(script(&[]), patience, Limits::default());
    bench.ready().await;
    let call = |who: &str| {
        let (flight, heard) = flight();
        let arguments = format!(r#"{{"who":"{who}","of":"2"}}"#);
        (bench.backend.request(permitted("progress", &arguments), flight), heard)
    };
    let ((one, heard_one), (two, heard_two)) = (call("one"), call("two"));
    let (one, two) = within(async { tokio::join!(one, two) }).await;
    for (outcome, mut heard, who) in [(one, heard_one, "one"), (two, heard_two, "two")] {
        assert_eq!(text(outcome), format!(r#"{{"who": "{who}"}}"#));
        for step in 0..4 {
            let (name, params) = heard.told.try_recv().unwrap();
            assert_eq!(name, "progress");
            assert_eq!((&params["message"], &params["progress"]), (&who.into(), &step.into()));
        }
        assert!(heard.told.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_silent_call_times_out_and_is_cancelled_and_its_late_answer_dropped() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let patience = Patience { call: Duration::from_millis(300), ..patience() };
    let mut bench =
        Bench::with(script(&[("LEDGER", ledger.to_str().unwrap())]), patience, Limits::default());
    bench.ready().await;
    assert_eq!(bench.code("slow").await, 1003);
    noted(&ledger, "cancelled").await;
    assert_eq!(bench.answer("echo", "3").await, r#"{"echo": 3, "meta": []}"#);
}

#[tokio::test]
async fn a_dropped_call_is_cancelled() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let mut bench = Bench::new(script(&[("LEDGER", ledger.to_str().unwrap())]));
    bench.ready().await;
    let call = tokio::spawn(bench.backend.request(permitted("slow", "{}"), Flight::default()));
    noted(&ledger, "call slow").await;
    call.abort();
    noted(&ledger, "cancelled").await;
}

#[tokio::test]
async fn a_line_over_the_limit_ends_the_calls_under_way_and_no_other() {
    let limits = Limits { message: 50_000, ..Limits::default() };
    let mut bench = Bench::with(script(&[]), patience(), limits);
    bench.ready().await;
    assert_eq!(bench.code("big").await, 1007);
    assert_eq!(bench.answer("echo", "4").await, r#"{"echo": 4, "meta": []}"#);
}

#[tokio::test]
async fn more_calls_than_allowed_wait_and_far_more_are_refused() {
    let patience = Patience { in_flight: 1, ..patience() };
    let mut bench = Bench::with(script(&[]), patience, Limits::default());
    bench.ready().await;
    let tools = std::iter::once("slow").chain(std::iter::repeat_n("echo", 256));
    let mut calls: Vec<_> =
        tools.map(|tool| bench.backend.request(permitted(tool, "{}"), Flight::default())).collect();
    std::future::poll_fn(|context| {
        assert!(calls.iter_mut().all(|call| call.as_mut().poll(context).is_pending()));
        Poll::Ready(())
    })
    .await;
    assert_eq!(bench.code("echo").await, 1004);
    drop(calls.remove(0));
    for call in calls {
        assert_eq!(text(within(call).await), r#"{"echo": {}, "meta": []}"#);
    }
}

#[tokio::test]
async fn a_large_call_and_many_at_once_arrive_whole() {
    let mut bench = Bench::new(script(&[]));
    bench.ready().await;
    let calls: Vec<_> = (0..64)
        .map(|number| {
            let arguments = format!(r#"{{"n":{number},"x":"{}"}}"#, "y".repeat(20_000));
            tokio::spawn(bench.backend.request(permitted("echo", &arguments), Flight::default()))
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        let answer = text(within(call).await.unwrap());
        assert!(answer.starts_with(&format!(r#"{{"echo": {{"n": {number}, "x": "yyy"#)));
        assert!(answer.len() > 20_000);
    }
}

#[tokio::test]
async fn a_process_gets_few_variables_and_what_was_declared() {
    let mut bench = Bench::new(script(&[("DECLARED", "yes")]));
    bench.ready().await;
    let env = bench.answer("env", "{}").await;
    assert!(env.contains(r#""DECLARED": "yes""#) && env.contains(r#""PATH""#), "{env}");
    assert!(!env.contains("CARGO"), "{env}");
}

#[tokio::test]
async fn stopping_closes_the_input_first_and_kills_the_whole_group_last() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let path = ledger.to_str().unwrap();
    let mut bench = Bench::new(script(&[("LEDGER", path), ("FAULTS", "child")]));
    bench.ready().await;
    let child = noted(&ledger, "child ").await;
    within(bench.pool.stop(Duration::from_secs(10))).await;
    noted(&ledger, "left").await;
    gone(&child).await;
}

#[tokio::test]
async fn a_short_grace_or_none_kills_the_whole_group() {
    for grace in [None, Some(Duration::from_millis(100))] {
        let dir = Dir::new();
        let ledger = dir.file("ledger");
        let env = [("LEDGER", ledger.to_str().unwrap()), ("FAULTS", "child stays")];
        let mut bench = Bench::new(script(&env));
        bench.ready().await;
        let child = noted(&ledger, "child ").await;
        match grace {
            Some(grace) => within(bench.pool.stop(grace)).await,
            None => drop(bench.pool),
        }
        gone(&child).await;
        assert_eq!(count(&ledger, "sigterm"), 0);
    }
}

/// Waits until the process of this note runs no more.
async fn gone(note: &str) {
    let pid = note.strip_prefix("child ").unwrap();
    within(async {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while alive(pid) {
            tick.tick().await;
        }
    })
    .await;
}

/// Whether a process runs; one that only waits to be collected does not.
fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

#[tokio::test]
async fn a_process_that_stays_is_terminated_and_then_killed() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env = [("LEDGER", ledger.to_str().unwrap()), ("FAULTS", "stays")];
    let mut bench = Bench::new(script(&env));
    bench.ready().await;
    let start = Instant::now();
    within(bench.pool.stop(Duration::from_secs(15))).await;
    assert_eq!(count(&ledger, "sigterm"), 1);
    assert!((4..8).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(bench.code("echo").await, 1001);
}

#[tokio::test]
async fn applying_leaves_the_unchanged_alone_and_drains_the_gone() {
    let dir = Dir::new();
    let (one, two) = (dir.file("one"), dir.file("two"));
    let stays = configured("stays", script(&[("LEDGER", one.to_str().unwrap())]), patience());
    let goes = configured("goes", script(&[("LEDGER", two.to_str().unwrap())]), patience());
    let (pool, _states, _above) = pool(Limits::default(), Arc::new(support::NoSandbox), None);
    let doors = pool.apply(&[stays.clone(), goes]);
    assert_eq!(
        doors.iter().map(|door| door.name().as_str()).collect::<Vec<_>>(),
        ["stays", "goes"]
    );
    within(doors[0].request(permitted("echo", "1"), Flight::default())).await.unwrap();
    let slow = doors[1].request(permitted("progress", r#"{"who":"x","of":"1"}"#), flight().0);
    let slow = tokio::spawn(slow);
    noted(&two, "call progress").await;
    let again = pool.apply(&[stays]);
    assert_eq!(again.len(), 1);
    let refused = within(doors[1].request(permitted("echo", "1"), Flight::default())).await;
    assert_eq!(refused.unwrap_err().kind, Kind::BackendUnavailable);
    assert_eq!(text(within(slow).await.unwrap()), r#"{"who": "x"}"#);
    noted(&two, "left").await;
    within(again[0].request(permitted("echo", "1"), Flight::default())).await.unwrap();
    assert_eq!(count(&one, "initialize"), 1);
}

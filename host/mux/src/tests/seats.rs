//! Clients that hear of things outside of calls: subscriptions, log levels, roots and other questions.

use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::level::Level;
use mcpmux_core::peer::{Ask, Event};
use serde_json::{Value, json};

use super::stage::*;
use super::*;

const ROOTS: &str = r#"{"roots":{}}"#;

async fn subscribe(seat: &Seat, uri: &str) -> String {
    let call = request(Era::Legacy, Method::Subscribe, uri, json!({}));
    text(seat.subscribe(call, Flight::default()).await)
}

async fn unsubscribe(seat: &Seat, uri: &str) -> String {
    let call = request(Era::Legacy, Method::Unsubscribe, uri, json!({}));
    text(seat.unsubscribe(call, Flight::default()).await)
}

fn guests() -> (Arc<Guest>, Arc<Guest>) {
    (Arc::default(), Arc::default())
}

#[tokio::test]
async fn a_subscription_is_shared_and_ends_with_the_last_who_has_it() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, resources(&["x:1"]))]).await;
    let (one, two) = guests();
    let (first, second) =
        (stage.join(Era::Legacy, "{}", &one), stage.join(Era::Legacy, "{}", &two));
    assert_eq!(subscribe(&first, "x:1").await, "{}");
    assert_eq!(subscribe(&second, "x:1").await, "{}");
    assert_eq!(
        (a.sent(), a.wanted()),
        (vec!["resources/subscribe x:1".to_owned()], vec!["x:1".to_owned()])
    );
    stage.updated(&a, "x:1");
    assert_eq!(
        (one.heard(), two.heard()),
        (vec![json!({"uri":"x:1"})], vec![json!({"uri":"x:1"})])
    );
    assert_eq!(unsubscribe(&first, "x:1").await, "{}");
    assert_eq!((a.sent().len(), a.wanted().len()), (1, 1));
    stage.updated(&a, "x:1");
    assert_eq!((one.heard().len(), two.heard().len()), (0, 1));
    assert_eq!(unsubscribe(&second, "x:1").await, "{}");
    assert_eq!((a.sent().len(), a.wanted().len()), (2, 0));
    assert_eq!(a.sent()[1], "resources/unsubscribe x:1");
}

#[tokio::test]
async fn updates_come_under_the_uri_that_each_knows() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let both = || resources(&["file:///d", "y:1"]);
    let stage = Stage::of(&[(&a, both()), (&b, both())]).await;
    let (one, two) = guests();
    let (first, second) =
        (stage.join(Era::Legacy, "{}", &one), stage.join(Era::Modern, "{}", &two));
    subscribe(&first, "file:///d").await;
    subscribe(&second, "mcpmux+b+file:///d").await;
    assert_eq!(
        (a.wanted(), b.wanted()),
        (vec!["file:///d".to_owned()], vec!["file:///d".to_owned()])
    );
    stage.updated(&a, "file:///d");
    assert_eq!((one.heard(), two.heard()), (vec![json!({"uri":"file:///d"})], vec![]));
    stage.updated(&b, "file:///d");
    assert_eq!((one.heard(), two.heard()), (vec![], vec![json!({"uri":"mcpmux+b+file:///d"})]));
    // A part of what was subscribed to, and what only looks like one.
    stage.updated(&a, "file:///d/e");
    stage.updated(&a, "file:///dx");
    stage.updated(&a, "y:1");
    assert_eq!((one.heard(), two.heard()), (vec![json!({"uri":"file:///d/e"})], vec![]));
}

#[tokio::test]
async fn nobody_is_told_that_a_subscription_stands_before_its_backend_says_so() {
    let a = actor("a", Era::Legacy);
    a.answers(Method::Subscribe, Line::Error(r#"{"code":7,"message":"no"}"#));
    let held = a.hold();
    let stage = Stage::of(&[(&a, resources(&["x:1"]))]).await;
    let (one, two) = guests();
    let (first, second) =
        (stage.join(Era::Legacy, "{}", &one), stage.join(Era::Legacy, "{}", &two));
    let both = async { tokio::join!(subscribe(&first, "x:1"), subscribe(&second, "x:1")) };
    let freed = async {
        until(|| !a.sent().is_empty()).await;
        held.add_permits(2);
    };
    let (both, ()) = tokio::join!(both, freed);
    let refused = r#"{"code":7,"message":"no"}"#.to_owned();
    assert_eq!(both, (refused.clone(), refused));
    assert_eq!(a.wanted().len(), 0);
    stage.updated(&a, "x:1");
    assert_eq!((one.heard().len(), two.heard().len()), (0, 0));
}

#[tokio::test]
async fn a_subscription_given_up_half_way_is_undone_at_its_backend() {
    let a = actor("a", Era::Legacy);
    let held = a.hold();
    let stage = Stage::of(&[(&a, resources(&["x:1"]))]).await;
    let one = Arc::default();
    let first = stage.join(Era::Legacy, "{}", &one);
    tokio::select! {
        _ = subscribe(&first, "x:1") => unreachable!(),
        () = until(|| !a.sent().is_empty()) => {}
    }
    assert_eq!(a.wanted().len(), 0);
    held.add_permits(9);
    until(|| a.sent().len() == 2).await;
    assert_eq!(a.sent()[1], "resources/unsubscribe x:1");
    // It can be made again.
    assert_eq!(subscribe(&first, "x:1").await, "{}");
    assert_eq!(a.wanted(), ["x:1"]);
}

#[tokio::test]
async fn leaving_ends_subscriptions_and_what_was_wanted() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, resources(&["x:1", "x:2"]))]).await;
    let (one, two) = guests();
    let (first, second) =
        (stage.join(Era::Legacy, ROOTS, &one), stage.join(Era::Modern, "{}", &two));
    subscribe(&first, "x:1").await;
    subscribe(&first, "x:2").await;
    subscribe(&second, "x:2").await;
    drop(first);
    assert_eq!((a.wanted(), a.roots.load(Ordering::Relaxed)), (vec!["x:2".to_owned()], 1));
    until(|| a.sent().len() == 3).await;
    assert_eq!(a.sent()[2], "resources/unsubscribe x:1");
}

#[tokio::test]
async fn a_client_cannot_end_the_subscription_of_another() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, resources(&["x:1"]))]).await;
    let (one, two) = guests();
    let (first, second) =
        (stage.join(Era::Legacy, "{}", &one), stage.join(Era::Legacy, "{}", &two));
    subscribe(&first, "x:1").await;
    assert_eq!(unsubscribe(&second, "x:1").await, "{}");
    assert_eq!((a.sent().len(), a.wanted().len()), (1, 1));
}

#[tokio::test]
async fn a_subscription_can_be_ended_when_its_uri_means_another_resource_by_now() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let stage = Stage::of(&[(&a, resources(&[])), (&b, resources(&["x:1"]))]).await;
    let one = Arc::default();
    let first = stage.join(Era::Legacy, "{}", &one);
    subscribe(&first, "x:1").await;
    let mut changes = stage.mux.changes();
    stage.inbox.state(&a.name, State::Ready(resources(&["x:1"]).listing(Era::Legacy)));
    changes.changed().await.unwrap();
    assert_eq!(unsubscribe(&first, "x:1").await, "{}");
    assert_eq!((a.sent().len(), b.sent().len(), b.wanted().len()), (0, 2, 0));
}

#[tokio::test]
async fn a_refused_or_lost_subscription_does_not_stay() {
    let a = actor("a", Era::Legacy);
    a.answers(Method::Subscribe, Line::Fault(Fault::new(Kind::BackendUnavailable, "down")));
    let stage = Stage::of(&[(&a, resources(&["x:1"]))]).await;
    let one = Arc::default();
    let first = stage.join(Era::Legacy, "{}", &one);
    assert_eq!(subscribe(&first, "x:1").await, "BackendUnavailable");
    assert_eq!(subscribe(&first, "unlisted:1").await, "BackendUnavailable");
    assert_eq!(a.wanted().len(), 0);
    drop(first);
    assert_eq!(a.sent().len(), 2);
}

#[tokio::test]
async fn a_replaced_backend_is_told_what_is_wanted_and_hidden_resources_are_not() {
    let (a, again) = (actor("a", Era::Legacy), actor("a", Era::Legacy));
    let stage = Stage::of(&[(&a, resources(&["x:1", "x:2"]))]).await;
    let one = Arc::default();
    let first = stage.join(Era::Legacy, "{}", &one);
    subscribe(&first, "x:1").await;
    subscribe(&first, "x:2").await;
    first.set_level(Level::Error);
    stage.mux.hold();
    stage.mux.apply(members(&[(&again, hiding("x:2"))])).await;
    stage.inbox.state(&a.name, State::Ready(resources(&["x:1", "x:2"]).listing(Era::Legacy)));
    until(|| again.level() == Some(Level::Error)).await;
    assert_eq!(again.wanted(), ["x:1"]);
    stage.updated(&again, "x:2");
    stage.updated(&again, "x:1");
    assert_eq!(one.heard(), [json!({"uri":"x:1"})]);
}

#[tokio::test]
async fn a_backend_says_what_the_most_curious_client_wants() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, Lists { tools: vec!["x"], ..Lists::default() })]).await;
    let (one, two) = guests();
    let (first, second) =
        (stage.join(Era::Legacy, "{}", &one), stage.join(Era::Legacy, "{}", &two));
    assert_eq!(a.level(), None);
    first.set_level(Level::Error);
    // The other one has not said, and expects what is usual.
    assert_eq!((a.level(), first.level()), (Some(Level::Info), Some(Level::Error)));
    second.set_level(Level::Debug);
    assert_eq!(a.level(), Some(Level::Debug));
    drop(second);
    assert_eq!(a.level(), Some(Level::Error));
    // A modern call wants more, for as long as it takes.
    let held = a.hold();
    let mut curious = request(Era::Modern, Method::ToolsCall, "a__x", json!({}));
    curious.level = Some(Level::Notice);
    let calls = async {
        let twice = [curious.clone(), curious].map(|call| stage.mux.call(call, Flight::default()));
        let [one, two] = twice;
        tokio::join!(one, two)
    };
    let meanwhile = async {
        until(|| a.sent().len() == 2).await;
        assert_eq!(a.level(), Some(Level::Notice));
        held.add_permits(1);
        tokio::task::yield_now().await;
        assert_eq!(a.level(), Some(Level::Notice));
        held.add_permits(1);
    };
    let ((one, two), ()) = tokio::join!(calls, meanwhile);
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(a.level(), Some(Level::Error));
    // What was wanted once has to be taken back when nobody wants it.
    drop(first);
    assert_eq!(a.level(), Some(Level::Info));
}

async fn asked(stage: &Stage, method: &str) -> Value {
    let ask = Ask { method: method.to_owned(), params: None, report: None };
    let name = BackendName::new("a").unwrap();
    match stage.inbox.asked(&name, ask).await {
        Body::Result(result) => result.read().unwrap(),
        Body::Error(error) => error.read::<Value>().unwrap()["code"].clone(),
    }
}

#[tokio::test]
async fn outside_of_calls_only_a_client_that_is_alone_is_asked() {
    let stage = Stage::of(&[]).await;
    assert_eq!(asked(&stage, "elicitation/create").await, json!(-32601));
    let able = r#"{"elicitation":{}}"#;
    let guest = || Arc::new(Guest { says: Some(r#"{"action":"accept"}"#), ..Guest::default() });
    let (one, two, three) = (guest(), guest(), guest());
    let _one = stage.join(Era::Legacy, able, &one);
    let _two = stage.join(Era::Legacy, "{}", &two);
    let modern = stage.join(Era::Modern, able, &three);
    assert_eq!(asked(&stage, "elicitation/create").await, json!({"action":"accept"}));
    let second = stage.join(Era::Legacy, able, &two);
    assert_eq!(asked(&stage, "elicitation/create").await, json!(-32603));
    drop((second, modern));
    assert_eq!(asked(&stage, "elicitation/create").await, json!({"action":"accept"}));
    let asked = [&one, &two, &three].map(|guest| guest.asked.load(Ordering::Relaxed));
    assert_eq!(asked, [2, 0, 0]);
}

#[tokio::test]
async fn roots_are_those_of_all_sessions() {
    let limits = Limits { list_wait: std::time::Duration::from_millis(50), ..Limits::default() };
    let stage = Stage::named(&[], limits).await;
    let guest = |says| Arc::new(Guest { says, ..Guest::default() });
    let one = guest(Some(r#"{"roots":[{"uri":"file:///a"},{"uri":"file:///b"}],"x":1}"#));
    let _one = stage.join(Era::Legacy, ROOTS, &one);
    let alone = json!({"roots":[{"uri":"file:///a"},{"uri":"file:///b"}],"x":1});
    assert_eq!(asked(&stage, "roots/list").await, alone);
    let two = guest(Some(r#"{"roots":[{"uri":"file:///b"},{"uri":"file:///c"}]}"#));
    let (odd, unable) = (guest(Some("[]")), guest(Some("[]")));
    let silent = Arc::new(Guest { silent: true, ..Guest::default() });
    let seats = [&two, &odd, &silent].map(|guest| stage.join(Era::Legacy, ROOTS, guest));
    let _unable = stage.join(Era::Legacy, "{}", &unable);
    let merged = json!({"roots":[{"uri":"file:///a"},{"uri":"file:///b"},{"uri":"file:///c"}]});
    assert_eq!(asked(&stage, "roots/list").await, merged);
    assert_eq!(unable.asked.load(Ordering::Relaxed), 0);
    drop(seats);
    drop(_one);
    let refusing = guest(None);
    let _refusing = stage.join(Era::Legacy, ROOTS, &refusing);
    assert_eq!(asked(&stage, "roots/list").await, json!(1));
}

#[tokio::test]
async fn what_belongs_to_no_call_is_heard_by_every_session_and_by_no_subscription() {
    let stage = Stage::of(&[]).await;
    let (one, two) = guests();
    let _seats = (stage.join(Era::Legacy, "{}", &one), stage.join(Era::Modern, "{}", &two));
    let name = BackendName::new("a").unwrap();
    let message = Raw::literal(r#"{"level":"info","data":1}"#).object().unwrap();
    stage.inbox.heard(&name, Event::Message(message));
    let (method, params) = ("x/y".to_owned(), Some(Raw::literal("[1]")));
    stage.inbox.heard(&name, Event::Other { method, params });
    let heard = [json!({"level":"info","data":1}), json!({"method":"x/y","params":[1]})];
    assert_eq!((one.heard(), two.heard()), (heard.to_vec(), vec![]));
    stage.inbox.heard(&name, Event::Updated(Object::default()));
    assert_eq!(one.heard().len(), 0);
}

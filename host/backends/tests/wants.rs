//! What clients want of a backend besides answers: log messages and updates of resources, over every link.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use mcpmux_core::call::{Method, Outcome};
use mcpmux_core::level::Level;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::Wants;
use serde_json::json;
use support::{Bench, Dir, count, noted, permitted_to, script, text, within};

const CAPABILITIES: &str =
    r#"{"tools": {"listChanged": true}, "logging": {}, "resources": {"subscribe": true}}"#;
const ANSWERS: &str = r#"{"logging/setLevel": {}, "resources/subscribe": {}, "resources/unsubscribe": {},
    "resources/list": {"resources": []}, "resources/templates/list": {"resourceTemplates": []}}"#;

fn wants(uris: &[&str], level: Option<Level>) -> Wants {
    Wants { uris: uris.iter().map(|uri| (*uri).to_owned()).collect(), level }
}

async fn subscribe(bench: &Bench, method: Method, uri: &str) -> Outcome {
    let call = permitted_to(method, uri, "{}", None);
    within(bench.backend.request(call, Flight::default())).await
}

#[tokio::test]
async fn a_legacy_backend_is_told_on_each_link_and_when_the_level_changes() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env = [
        ("LEDGER", ledger.to_str().unwrap()),
        ("CAPABILITIES", CAPABILITIES),
        ("ANSWERS", ANSWERS),
    ];
    let mut bench = Bench::new(script(&env));
    bench.backend.want(wants(&["x:1", "x:2"], Some(Level::Warning)));
    bench.ready().await;
    noted(&ledger, r#"logging/setLevel {"level": "warning"}"#).await;
    noted(&ledger, r#"resources/subscribe {"uri": "x:2"}"#).await;
    bench.backend.want(wants(&["x:1"], Some(Level::Debug)));
    noted(&ledger, r#"logging/setLevel {"level": "debug"}"#).await;
    subscribe(&bench, Method::Subscribe, "x:3").await.unwrap();
    subscribe(&bench, Method::Unsubscribe, "x:2").await.unwrap();
    noted(&ledger, r#"resources/unsubscribe {"uri": "x:2"}"#).await;
    assert_eq!(count(&ledger, r#"resources/subscribe {"uri": "x:3"}"#), 1);
    assert_eq!(count(&ledger, r#"resources/subscribe {"uri": "x:1"}"#), 1);

    bench.backend.want(wants(&["x:4"], Some(Level::Error)));
    assert_eq!(bench.code("boom").await, 1002);
    bench.ready().await;
    noted(&ledger, r#"resources/subscribe {"uri": "x:4"}"#).await;
    noted(&ledger, r#"logging/setLevel {"level": "error"}"#).await;
}

#[tokio::test]
async fn a_backend_that_offers_neither_is_told_nothing() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env = [("LEDGER", ledger.to_str().unwrap()), ("ANSWERS", ANSWERS)];
    let mut bench = Bench::new(script(&env));
    bench.backend.want(wants(&["x:1"], Some(Level::Warning)));
    bench.ready().await;
    bench.answer("echo", "1").await;
    let text = std::fs::read_to_string(&ledger).unwrap();
    assert!(!text.contains("setLevel") && !text.contains("subscribe"), "{text}");
}

#[tokio::test]
async fn a_modern_backend_is_told_by_a_stream_that_replaces_the_one_before() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env = [
        ("LEDGER", ledger.to_str().unwrap()),
        ("ERA", "modern"),
        ("CAPABILITIES", CAPABILITIES),
        ("ANSWERS", ANSWERS),
    ];
    let mut bench = Bench::new(script(&env));
    bench.ready().await;
    noted(&ledger, r#"listen {"toolsListChanged": true}"#).await;
    bench.backend.want(wants(&["x:1"], Some(Level::Debug)));
    noted(&ledger, r#"listen {"toolsListChanged": true, "resourceSubscriptions": ["x:1"]}"#).await;
    noted(&ledger, "cancelled").await;
    assert_eq!(bench.above.told().await, ("updated".into(), json!({"uri": "x:1"})));

    // A call may come before it is said what is wanted, and its answer waits for the stream.
    let answer = subscribe(&bench, Method::Subscribe, "x:2").await;
    assert_eq!(text(answer), "{}");
    assert_eq!(
        count(
            &ledger,
            r#"listen {"toolsListChanged": true, "resourceSubscriptions": ["x:1", "x:2"]}"#
        ),
        1
    );
    bench.backend.want(wants(&["x:1", "x:2"], None));
    assert_eq!(text(subscribe(&bench, Method::Subscribe, "x:2").await), "{}");
    let refused = subscribe(&bench, Method::Subscribe, "bad:1").await.unwrap_err();
    assert_eq!(refused.kind.code(), -32602);
    bench.backend.want(wants(&[], None));
    assert_eq!(text(subscribe(&bench, Method::Unsubscribe, "x:2").await), "{}");
    within(async {
        while count(&ledger, r#"listen {"toolsListChanged": true}"#) < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let text = std::fs::read_to_string(&ledger).unwrap();
    assert!(!text.contains("setLevel") && !text.contains("resources/subscribe"), "{text}");
}

#[tokio::test]
async fn a_modern_backend_without_subscriptions_says_so() {
    let mut bench = Bench::new(script(&[("ERA", "modern")]));
    bench.ready().await;
    let refused = subscribe(&bench, Method::Subscribe, "x:1").await.unwrap_err();
    assert_eq!(refused.kind.code(), -32601);
}

#[tokio::test]
async fn a_stream_that_the_backend_ends_in_either_way_is_opened_again() {
    for end in [
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":LISTEN}}"#,
        r#"{"jsonrpc":"2.0","id":LISTEN,"result":{"resultType":"complete"}}"#,
    ] {
        let dir = Dir::new();
        let ledger = dir.file("ledger");
        let env = [("LEDGER", ledger.to_str().unwrap()), ("ERA", "modern")];
        let mut bench = Bench::new(script(&env));
        bench.ready().await;
        let number = noted(&ledger, "listen-id ").await;
        let number = number.strip_prefix("listen-id ").unwrap();
        let call = bench.say(&format!("[{}]", end.replace("LISTEN", number)), Flight::default());
        // A result looks like a question to the script, which then waits for its answer.
        within(async {
            while count(&ledger, r#"listen {"toolsListChanged": true}"#) < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(count(&ledger, "cancelled"), 0);
        call.abort();
    }
}

//! The four lists of a backend: what is asked for, what is kept when one fails, and when they are asked for again.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::config::Limits;
use mcpmux_core::peer::Flight;
use support::{Bench, Dir, count, names, names_of, noted, patience, permitted_to, script, within};

const EVERYTHING: &str = r#"{"tools": {"listChanged": true}, "prompts": {"listChanged": true}, "resources": {"listChanged": true}, "vendor": {"x": 1}}"#;
const LISTS: &str = r#"{"prompts/list": {"prompts": [{"name": "p"}, {"title": "nameless"}]},
    "resources/list": {"resources": [{"uri": "x:1", "name": "one"}]},
    "resources/templates/list": {"resourceTemplates": [{"uriTemplate": "x:{id}"}]}}"#;

#[tokio::test]
async fn all_four_lists_and_the_greeting_are_told_in_both_eras() {
    for era in ["legacy", "modern"] {
        let env = [("ERA", era), ("CAPABILITIES", EVERYTHING), ("ANSWERS", LISTS)];
        let listing = Bench::new(script(&env)).ready().await;
        assert_eq!(names(&listing).len(), 8, "{era}");
        assert_eq!(names_of(&listing, EntryKind::Prompt), ["p", "<it has no `name`>"]);
        assert_eq!(names_of(&listing, EntryKind::Resource), ["x:1"]);
        assert_eq!(names_of(&listing, EntryKind::Template), ["x:{id}"]);
        assert_eq!(listing.instructions.as_deref(), Some("be kind"));
        assert_eq!(listing.capabilities.get("vendor").unwrap().as_bytes(), br#"{"x": 1}"#);
    }
}

#[tokio::test]
async fn what_a_backend_does_not_offer_is_not_asked_for() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env = [("LEDGER", ledger.to_str().unwrap()), ("ANSWERS", LISTS)];
    let mut bench = Bench::new(script(&env));
    let listing = bench.ready().await;
    assert!(listing.entries.prompts.is_empty() && listing.entries.resources.is_empty());
    let text = std::fs::read_to_string(&ledger).unwrap();
    assert!(!text.contains("prompts/list") && !text.contains("resources"), "{text}");
}

#[tokio::test]
async fn a_list_that_is_refused_or_broken_costs_no_other() {
    for answer in [r#"{"code": -32601}"#, r#"{"code": -32000}"#, r#"{"prompts": 7}"#, "[]", "null"]
    {
        let answers =
            LISTS.replace(r#"{"prompts": [{"name": "p"}, {"title": "nameless"}]}"#, answer);
        let env = [("CAPABILITIES", EVERYTHING), ("ANSWERS", answers.as_str())];
        let mut bench = Bench::new(script(&env));
        let listing = bench.ready().await;
        assert_eq!(names(&listing).len(), 8, "{answer}");
        assert!(listing.entries.prompts.is_empty());
        assert_eq!(names_of(&listing, EntryKind::Resource), ["x:1"]);
        assert_eq!(names_of(&listing, EntryKind::Template), ["x:{id}"]);
    }
}

#[tokio::test]
async fn what_was_listed_stays_when_the_next_link_cannot_list_it() {
    let dir = Dir::new();
    let flag = dir.file("broken");
    let env =
        [("CAPABILITIES", EVERYTHING), ("ANSWERS", LISTS), ("BROKEN", flag.to_str().unwrap())];
    let mut bench = Bench::new(script(&env));
    assert_eq!(names_of(&bench.ready().await, EntryKind::Resource), ["x:1"]);
    std::fs::write(&flag, "resources/list").unwrap();
    assert_eq!(bench.code("boom").await, 1002);
    let listing = bench.ready().await;
    assert_eq!(names_of(&listing, EntryKind::Resource), ["x:1"]);
    assert_eq!(names_of(&listing, EntryKind::Prompt).len(), 2);
}

#[tokio::test]
async fn every_list_has_the_same_bound_and_may_go_in_circles() {
    let answers = r#"{"resources/list": {"resources": [{"uri": "x:1"}, {"uri": "x:2"}], "nextCursor": "again"}}"#;
    let env = [("CAPABILITIES", EVERYTHING), ("ANSWERS", answers)];
    let listing = Bench::new(script(&env)).ready().await;
    assert_eq!(names_of(&listing, EntryKind::Resource), ["x:1", "x:2", "x:1", "x:2"]);
    let limits = Limits { tools: 3, ..Limits::default() };
    let listing = Bench::with(script(&env), patience(), limits).ready().await;
    assert_eq!(listing.entries.resources.len(), 3);
    assert_eq!(listing.entries.tools.len(), 3);
}

#[tokio::test]
async fn only_the_lists_that_changed_are_asked_for_again_and_once_for_many_changes() {
    let dir = Dir::new();
    let ledger = dir.file("ledger");
    let env =
        [("LEDGER", ledger.to_str().unwrap()), ("CAPABILITIES", EVERYTHING), ("ANSWERS", LISTS)];
    let mut bench = Bench::new(script(&env));
    bench.ready().await;
    let changed =
        |kind| format!(r#"{{"jsonrpc":"2.0","method":"notifications/{kind}/list_changed"}}"#);
    let many = [changed("prompts"), changed("prompts"), changed("prompts")].join(",");
    within(bench.say(&format!("[{many}]"), Flight::default())).await.unwrap().unwrap();
    assert_eq!(bench.ready().await.entries.prompts.len(), 2);
    within(bench.say(&format!("[{}]", changed("resources")), Flight::default()))
        .await
        .unwrap()
        .unwrap();
    let listing = bench.ready().await;
    assert_eq!((listing.entries.resources.len(), names(&listing).len()), (1, 8));
    assert_eq!(count(&ledger, "prompts/list {}"), 2);
    assert_eq!(count(&ledger, "resources/list {}"), 2);
    assert_eq!(count(&ledger, "resources/templates/list {}"), 2);
}

#[tokio::test]
async fn every_method_reaches_the_backend_as_it_came() {
    use mcpmux_core::call::Method;
    for era in ["legacy", "modern"] {
        for method in Method::ALL {
            if matches!(method, Method::ToolsCall | Method::Subscribe | Method::Unsubscribe) {
                continue;
            }
            let dir = Dir::new();
            let ledger = dir.file("ledger");
            let answers = format!(r#"{{"{}": {{"odd": 1.50}}}}"#, method.as_str());
            let env = [("LEDGER", ledger.to_str().unwrap()), ("ERA", era), ("ANSWERS", &answers)];
            let mut bench = Bench::new(script(&env));
            bench.ready().await;
            let params = r#"{"ref":{"type":"ref/prompt","name":"n"},"more":1}"#;
            let call = permitted_to(method, "native", params, None);
            let answer = within(bench.start(call, Flight::default())).await.unwrap();
            assert_eq!(support::text(answer), r#"{"odd": 1.5}"#);
            let line = noted(&ledger, method.as_str()).await;
            assert!(line.contains(r#""more": 1"#), "{line}");
            let key = method.named_by().key();
            let named =
                if key == "ref" { r#""ref": {"#.into() } else { format!(r#""{key}": "native""#) };
            assert!(line.contains(&named), "{line}");
        }
    }
}

//! The plugin through the test kit: its tool, its store when there is no room, and what operators would read.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Action, Call, Error};

use crate::Trim;
use crate::config::{Config, Settings};
use crate::shelf::{Owner, Shelf, Store};

#[track_caller]
fn check_mistakes(config: &Value, mistakes: &[&str]) {
    let error = Host::<Trim>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

#[test]
fn the_tool_has_the_name_of_the_configuration() {
    let mut host = Host::<Trim>::new(r#"{"tool": "read-on"}"#).unwrap();
    let catalog = host.catalog(Vec::new()).unwrap();
    assert_eq!(catalog.names(), ["read-on"]);
    assert_eq!(catalog.added()[0].definition()["annotations"]["readOnlyHint"], true);
    let ours = Call::tool("trim", "read-on").with_exposed("read-on");
    assert!(matches!(
        host.request(&ours, json!({"handle": "x"})).unwrap().action,
        Action::Answer(_)
    ));
}

#[test]
fn calls_of_other_tools_pass() {
    let mut host = Host::<Trim>::new("{}").unwrap();
    for call in [Call::tool("files", "read"), Call::tool("other", "trim_rest")] {
        assert_eq!(host.request(&call, json!({"handle": "x"})).unwrap().action, Action::Forward);
    }
}

thread_local! {
    static KEPT: RefCell<BTreeMap<String, String>> = RefCell::default();
}

/// A store with room for 1,000 bytes of values.
const NARROW: Store = Store {
    get: |key| KEPT.with_borrow(|kept| kept.get(key).cloned()),
    set: |key, value, _| {
        KEPT.with_borrow_mut(|kept| {
            let used: usize = kept.values().map(String::len).sum();
            if used + value.len() > 1000 {
                return Err(Error::new("the quota is used up"));
            }
            kept.insert(key.to_owned(), value.to_owned());
            Ok(())
        })
    },
    delete: |key| {
        KEPT.with_borrow_mut(|kept| kept.remove(key));
    },
    increment: |key, by, _| {
        KEPT.with_borrow_mut(|kept| {
            let sum = kept.get(key).map_or(Ok(0), |text| text.parse::<i64>())? + by;
            kept.insert(key.to_owned(), sum.to_string());
            Ok(sum)
        })
    },
    random: |count| (0..count).map(|byte| u8::try_from(byte).unwrap()).collect(),
};

#[test]
fn the_oldest_makes_room_and_what_is_too_large_is_refused() {
    let settings = Settings::new(Config::default()).unwrap();
    let shelf = Shelf::new(&NARROW, &settings);
    let owner = Owner::of(&Call::tool("a", "b"));
    let handles: Vec<String> =
        (0..4).map(|_| shelf.keep(&owner, &"x".repeat(300)).unwrap().handle).collect();
    assert_eq!(handles[3], "4-000102030405060708090a0b0c0d0e0f");
    let there: Vec<bool> =
        handles.iter().map(|handle| shelf.text(&owner, handle).is_some()).collect();
    assert_eq!(there, [false, false, true, true]);
    let error = shelf.keep(&owner, &"x".repeat(2000)).unwrap_err();
    assert_eq!(error.to_string(), "the quota is used up");
    shelf.keep(&owner, "small again").unwrap();
}

#[test]
fn the_schema_is_json_and_knows_every_key() {
    let schema: Value =
        mcpmux_sdk::serde_json::from_str(include_str!("../config.schema.json")).unwrap();
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["keep", "keep_bytes", "max_bytes", "on", "schemas", "tool"]);
}

#[test]
fn mistakes_of_the_configuration() {
    check_mistakes(&json!({"max_bytes": 10}), &["max_bytes: must be 1024 to 16777216"]);
    check_mistakes(&json!({"max_bytes": 99_999_999}), &["max_bytes: must be 1024 to 16777216"]);
    check_mistakes(&json!({"keep_bytes": 99_999_999}), &["keep_bytes: must be 0 to 67108864"]);
    check_mistakes(
        &json!({"on": ["tool"]}),
        &["on[0]: unknown `tool`, expected `tools`, `resources` or `prompts`"],
    );
    for tool in ["", "a b", "ä"] {
        check_mistakes(
            &json!({ "tool": tool }),
            &["tool: must be 1 to 128 of `A-Z a-z 0-9 _ . -`"],
        );
    }
    for keep in ["", "10", "10d", "0s", "25h", "-1m", "1.5h", "é", "99999999999999999999h"] {
        let mistake = format!(
            "keep: `{keep}` is no time from 1s to 24h; write a whole number and `s`, `m` or `h`, as in \"10m\""
        );
        check_mistakes(&json!({ "keep": keep }), &[&mistake]);
    }
    check_mistakes(
        &json!({"schemas": {"drop": ["description"], "description": 5, "tool_description": 19}}),
        &[
            "schemas.drop[0]: `description` cannot be dropped, only `title`, `examples` and `$comment`",
            "schemas.description: must be 20 characters or more",
            "schemas.tool_description: must be 20 characters or more",
        ],
    );
    check_mistakes(
        &json!({"schemas": {"drop": []}}),
        &["schemas: nothing to do; give `drop`, `description` or `tool_description`"],
    );
    check_mistakes(
        &json!({"max_bytes": "1k"}),
        &["max_bytes: invalid type: string \"1k\", expected usize"],
    );
    check_mistakes(
        &json!({"schemas": {"titles": true}}),
        &[
            "schemas.titles: unknown key `titles`, expected one of `drop`, `description`, `tool_description`",
        ],
    );
    check_mistakes(
        &json!({"max": 1}),
        &[
            "max: unknown key `max`, expected one of `max_bytes`, `on`, `tool`, `keep`, `keep_bytes`, `schemas`",
        ],
    );
}

#[test]
fn the_golden_calls_are_decided_as_written() -> mcpmux_sdk::Result<()> {
    golden::<Trim>("golden")
}

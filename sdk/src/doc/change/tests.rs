//! Making changes: what becomes of a document, and what cannot be made.

use serde_json::json;

use super::*;

const TEXT: &str = r#"{"a": [1, 2], "o": {"x/y": true}}"#;

fn make(at: &str, json: Option<&str>) -> Result<Value> {
    apply_all(TEXT, &[Change { at: at.to_owned(), json: json.map(ToOwned::to_owned) }])
}

#[test]
fn a_change_replaces_adds_or_removes() {
    #[track_caller]
    fn check(at: &str, json: Option<&str>, after: Value) {
        assert_eq!(make(at, json).unwrap(), after, "{at}");
    }
    check("/a/1", Some("3"), json!({"a": [1, 3], "o": {"x/y": true}}));
    check("/a/-", Some("3"), json!({"a": [1, 2, 3], "o": {"x/y": true}}));
    check("/a/0", None, json!({"a": [2], "o": {"x/y": true}}));
    check("/o/x~1y", Some("null"), json!({"a": [1, 2], "o": {"x/y": null}}));
    check("/o/n", Some("{}"), json!({"a": [1, 2], "o": {"x/y": true, "n": {}}}));
    check("/o/x~1y", None, json!({"a": [1, 2], "o": {}}));
    check("", Some("[]"), json!([]));
}

#[test]
fn a_change_that_cannot_be_made_says_where() {
    #[track_caller]
    fn check(at: &str, json: Option<&str>, text: &str) {
        assert_eq!(make(at, json).unwrap_err().to_string(), text);
    }
    for (at, json) in [
        ("/a/2", Some("3")),
        ("/a/01", Some("3")),
        ("/a/-", None),
        ("/a/x", None),
        ("/o/n", None),
        ("/n/m", Some("1")),
        ("/a/0/n", Some("1")),
    ] {
        check(at, json, &format!("there is nothing at `{at}`"));
    }
    check("", None, "a document cannot be removed from itself");
    let error = make("/a", Some("{")).unwrap_err().to_string();
    assert!(error.starts_with("the value for `/a` is no JSON"), "{error}");
}

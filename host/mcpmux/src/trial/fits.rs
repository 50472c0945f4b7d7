//! Whether what a plugin decided is what was expected, both as JSON. What is written for people and what an expectation
//! does not name is not compared.

use serde_json::{Map, Value};

/// Whether `found` is what `expected` says.
pub(crate) fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected.iter().zip(found).all(|(expected, found)| fits(expected, found))
        }
        (Value::Object(expected), Value::Object(found))
            if expected.len() == 1 && found.len() == 1 =>
        {
            expected
                .iter()
                .zip(found)
                .all(|((key, expected), (other, found))| key == other && part(key, expected, found))
        }
        _ => expected == found,
    }
}

/// Whether the one member of a decision is what it should be.
fn part(key: &str, expected: &Value, found: &Value) -> bool {
    match (key, expected, found) {
        (
            "error" | "needs_login" | "temporary" | "permanent",
            Value::String(part),
            Value::String(whole),
        ) => whole.contains(part.as_str()),
        (
            "refuse" | "deny" | "withhold" | "allow" | "ask" | "grant" | "add",
            Value::Object(expected),
            Value::Object(found),
        ) => members(expected, found),
        ("update", Value::Array(expected), Value::Array(found)) => {
            match (&expected[..], &found[..]) {
                ([index, Value::Object(expected)], [other, Value::Object(found)]) => {
                    index == other && members(expected, found)
                }
                _ => false,
            }
        }
        _ => expected == found,
    }
}

/// Whether the members that are named are what they should be; of texts for people a part is enough.
fn members(expected: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    expected.iter().all(|(key, expected)| match (key.as_str(), expected, found.get(key)) {
        ("message" | "text", Value::String(part), Some(Value::String(whole))) => {
            whole.contains(part.as_str())
        }
        (_, expected, found) => Some(expected) == found,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(expected: Value, found: Value, is: bool) {
        assert_eq!(fits(&expected, &found), is, "{expected} {found}");
    }

    #[test]
    fn only_what_is_named_is_compared() {
        let denied = json!({ "deny": { "code": "a", "message": "not here" } });
        check(json!({ "deny": {} }), denied.clone(), true);
        check(json!({ "deny": { "code": "a" } }), denied.clone(), true);
        check(json!({ "deny": { "code": "a", "message": "here" } }), denied.clone(), true);
        check(json!({ "deny": { "code": "b" } }), denied.clone(), false);
        check(json!({ "deny": { "cod": "a" } }), denied.clone(), false);
        check(json!("allow"), denied.clone(), false);
        check(json!({ "refuse": { "code": "a" } }), denied, false);
        check(json!({ "error": "limit" }), json!({ "error": "the limit is 5" }), true);
        check(
            json!({ "ask": { "text": "sure" } }),
            json!({ "ask": { "text": "are you sure?", "key": null } }),
            true,
        );
    }

    #[test]
    fn documents_are_compared_whole() {
        let found = json!({ "change": { "a": 1, "b": [1, 2] } });
        check(json!({ "change": { "b": [1, 2], "a": 1 } }), found.clone(), true);
        check(json!({ "change": { "a": 1 } }), found, false);
        check(json!({ "answer": {} }), json!({ "answer": { "content": [] } }), false);
    }

    #[test]
    fn lists_are_compared_one_by_one() {
        check(json!([true, false]), json!([true, false]), true);
        check(json!([true]), json!([true, false]), false);
        let edits = json!([{ "hide": 0 }, { "update": [1, { "title": "T", "exposed": null }] }]);
        check(json!([{ "hide": 0 }, { "update": [1, { "title": "T" }] }]), edits.clone(), true);
        check(json!([{ "hide": 0 }, { "update": [2, { "title": "T" }] }]), edits.clone(), false);
        check(json!([{ "hide": 1 }, { "update": [1, { "title": "T" }] }]), edits, false);
    }
}

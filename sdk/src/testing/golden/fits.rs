//! Whether what a plugin decided is what was expected. What an expectation does not name is not compared, and of what is
//! written for people a part is enough.

use serde_json::{Map, Value};

/// Whether `found` is what `expected` says.
pub(super) fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected.iter().zip(found).all(|(expected, found)| fits(expected, found))
        }
        (Value::Object(expected), Value::Object(found)) if expected.len() == 1 => expected
            .iter()
            .all(|(key, expected)| found.get(key).is_some_and(|found| part(key, expected, found))),
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
            match (expected.as_slice(), found.as_slice()) {
                ([index, Value::Object(expected)], [other, Value::Object(found)]) => {
                    index == other && members(expected, found)
                }
                _ => false,
            }
        }
        _ => expected == found,
    }
}

/// Whether the members that are named are what they should be.
fn members(expected: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    expected.iter().all(|(key, expected)| match (key.as_str(), expected, found.get(key)) {
        ("message" | "text", Value::String(part), Some(Value::String(whole))) => {
            whole.contains(part.as_str())
        }
        (_, expected, found) => Some(expected) == found,
    })
}

//! The shallow editor: reads what a general parser reads, refuses keys that stand twice, and edits nothing else.

use bytes::Bytes;
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::depth;
use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope::Keys;

/// Returns whether it was read as an object.
pub fn hold(input: &[u8]) -> bool {
    let oracle = serde_json::from_slice::<Value>(input).ok();
    let Ok(raw) = Raw::parse(Bytes::copy_from_slice(input)) else {
        assert!(oracle.is_none(), "JSON was refused");
        return false;
    };
    assert_eq!(raw.as_bytes(), input.trim_ascii());
    if let Some(oracle) = &oracle {
        // A key that stands twice hides what is below the first one from the general parser.
        let (nesting, plain) = (nesting(oracle), serde_json::to_vec(oracle).unwrap());
        assert!(depth::is_within(&plain, nesting), "{nesting} levels");
        assert!(nesting == 0 || !depth::is_within(input, nesting - 1), "{nesting} levels");
        assert_eq!(raw.as_string().as_deref(), oracle.as_str());
        assert_eq!(raw.elements().ok().map(|them| them.len()), oracle.as_array().map(Vec::len));
    }
    let keys = serde_json::from_slice::<Keys>(input).ok();
    match raw.object() {
        Ok(object) => {
            let keys = keys.expect("an object has keys").0;
            assert!(object.iter().map(|member| member.key.as_str()).eq(&keys), "{keys:?}");
            if let Some(oracle) = &oracle {
                for member in object.iter() {
                    assert_eq!(
                        &member.value.read::<Value>().unwrap(),
                        &oracle[member.key.as_str()]
                    );
                }
            }
            edits(&object);
            true
        }
        Err(_) => {
            if let Some(Keys(keys)) = keys {
                let twice = (1..keys.len()).any(|at| keys[..at].contains(&keys[at]));
                assert!(twice, "an object was refused: {keys:?}");
            }
            false
        }
    }
}

/// Taking a member away and putting it back, or another in its place, leaves the others' bytes and order.
fn edits(object: &Object) {
    same(object, &members(object));
    let before = members(object);
    for at in [0, before.len() / 2] {
        let Some((key, value)) = before.get(at).cloned() else { continue };
        let mut edited = object.clone();
        edited.set(&key, Raw::literal("[ 1.0 ]"));
        let mut expected = before.clone();
        expected[at].1 = Raw::literal("[ 1.0 ]");
        same(&edited, &expected);

        let mut edited = object.clone();
        assert_eq!(edited.take(&key).as_ref(), Some(&value));
        assert!(edited.get(&key).is_none());
        let mut expected = before.clone();
        expected.remove(at);
        same(&edited, &expected);
        edited.set(&key, value.clone());
        expected.push((key, value));
        same(&edited, &expected);
    }
    let (head, tail) = before.split_at(before.len() / 2);
    let mut edited = object.clone();
    edited.retain(|member| tail.iter().any(|(key, _)| key == member.key.as_str()));
    same(&edited, tail);
    assert_eq!(edited.is_empty(), tail.is_empty());
    assert!(head.iter().all(|(key, _)| edited.get(key).is_none()));
}

fn members(object: &Object) -> Vec<(String, Raw)> {
    object.iter().map(|it| (it.key.as_str().to_owned(), it.value.clone())).collect()
}

/// What is written of the object reads as these members, with these bytes.
fn same(object: &Object, expected: &[(String, Raw)]) {
    let written = object.to_raw();
    let text: &RawValue =
        serde_json::from_slice(written.as_bytes()).expect("what is written is JSON");
    assert_eq!(text.get().len(), written.as_bytes().len());
    assert_eq!(members(&written.object().unwrap()), expected);
}

fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(nesting).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}

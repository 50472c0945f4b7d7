//! What a hook reads after its own changes, and what it hands back.

use serde_json::json;

use super::*;

fn doc() -> Doc {
    Doc::new(r#"{"b": 1.50, "a": [{"n": "x"}, "y"], "deep": {"s": "\u00e9", "t/u": {"~": 0}}}"#)
        .unwrap()
}

#[test]
fn values_are_read_as_they_stand() {
    let doc = doc();
    assert_eq!(doc.raw("/b").as_deref(), Some("1.50"));
    assert_eq!(doc.str("/deep/s").as_deref(), Some("é"));
    assert_eq!(
        (doc.str("/b"), doc.str("/none"), doc.str("/a/7"), doc.str("/a/01")),
        (None, None, None, None)
    );
    assert_eq!(doc.get::<u8>("/deep/t~1u/~0").unwrap(), Some(0));
    assert_eq!(doc.get::<Vec<Value>>("/none").unwrap(), None);
    assert_eq!(doc.many(&["/a/1", "/none"]), [Some("\"y\"".to_owned()), None]);
    assert_eq!(doc.size(), doc.text().len());
    let error = doc.get::<u8>("/a").unwrap_err().to_string();
    assert!(error.starts_with("`/a`: invalid type: sequence"), "{error}");
    assert_eq!(doc.finish().unwrap(), None);
}

/// Changes a document and reads it at each pointer.
#[track_caller]
fn check(change: impl Fn(&mut Doc), reads: &[(&str, Value)]) {
    let mut doc = doc();
    change(&mut doc);
    for (at, value) in reads {
        let found = doc.get::<Value>(at).unwrap().unwrap_or_default();
        assert_eq!(found, *value, "{at}");
        assert_eq!(doc.str(at).as_deref(), value.as_str(), "{at}");
        assert_eq!(doc.many(&[at])[0].is_some(), !value.is_null(), "{at}");
    }
    assert_eq!(doc.value().unwrap(), doc.get::<Value>("").unwrap().unwrap());
    assert_eq!(doc.size(), doc.text().len());
}

#[test]
fn a_read_sees_the_changes_around_it() {
    check(|doc| doc.set("/deep/s", "z"), &[("/deep/s", json!("z")), ("/b", json!(1.5))]);
    check(|doc| doc.set("/new", [1, 2]), &[("/new/1", json!(2)), ("/new", json!([1, 2]))]);
    check(|doc| doc.remove("/deep"), &[("/deep/s", json!(null)), ("/a/1", json!("y"))]);
    check(
        |doc| {
            doc.set("/deep/o", json!({}));
            doc.set("/deep/o/p", "q");
        },
        &[("/deep/o/p", json!("q")), ("/deep/o", json!({"p": "q"})), ("/deep/s", json!("é"))],
    );
}

#[test]
fn elements_that_move_are_read_where_they_are() {
    check(|doc| doc.remove("/a/0"), &[("/a/0", json!("y")), ("/a/1", json!(null))]);
    check(|doc| doc.set("/a/-", 3), &[("/a/2", json!(3)), ("/a/0/n", json!("x"))]);
    check(
        |doc| {
            doc.set("/a/1", json!({"n": "z"}));
            doc.set("/a/1/n", "w");
            doc.remove("/a/0");
        },
        &[("/a/0/n", json!("w"))],
    );
}

#[test]
fn another_document_can_be_changed_in_turn() {
    check(|doc| doc.replace(r#"{"c": 1}"#), &[("/c", json!(1)), ("/b", json!(null))]);
    let mut doc = doc();
    doc.set("/lost", 1);
    doc.replace(r#"{"c":1}"#);
    doc.set("/d", 2);
    assert_eq!(doc.finish().unwrap(), Some(Rewrite::Replace(r#"{"c":1,"d":2}"#.to_owned())));
}

#[test]
fn changes_are_handed_back_in_order() {
    let mut doc = doc();
    doc.set("/b", "x");
    doc.remove("/a/0");
    assert!(doc.is_changed());
    let change =
        |at: &str, json: Option<&str>| Change { at: at.to_owned(), json: json.map(Into::into) };
    let changes = vec![change("/b", Some("\"x\"")), change("/a/0", None)];
    assert_eq!(doc.finish().unwrap(), Some(Rewrite::Patch(changes)));
}

#[test]
fn a_mistake_fails_the_hook_whatever_it_answers() {
    #[track_caller]
    fn check(mistake: impl Fn(&mut Doc), text: &str) {
        let mut doc = doc();
        mistake(&mut doc);
        doc.set("/fine", 1);
        let error = doc.finish().unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    check(|doc| drop(doc.str("b")), "`b` is no JSON Pointer");
    check(|doc| drop(doc.raw("/~2")), "`/~2` is no JSON Pointer");
    check(|doc| drop(doc.many(&["/b", "a"])), "`a` is no JSON Pointer");
    check(|doc| doc.set("b", 1), "`b` is no JSON Pointer");
    check(|doc| doc.remove("b"), "`b` is no JSON Pointer");
    let no_json = std::collections::BTreeMap::from([((1, 2), 3)]);
    check(|doc| doc.set("/b", &no_json), "the value for `/b`: key must be a string");
    assert!(Doc::new("{").is_err());
}

//! Pointers and changes, on documents whose odd spacing shows that nothing else is touched.

use super::*;

const DOCUMENT: &str =
    r#" {"a": {"b" : [1, "two", {"c":1e400}] },"x/y":true, "~":"q\"]}", "é":null}"#;

fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).unwrap()
}

#[track_caller]
fn at(document: &'static str, text: &str) -> Option<String> {
    let found = Raw::literal(document).at(&pointer(text)).unwrap()?;
    Some(String::from_utf8(found.as_bytes().to_vec()).unwrap())
}

#[test]
fn a_pointer_finds_the_bytes_as_they_were_written() {
    for (text, value) in [
        ("/a/b/0", Some("1")),
        ("/a/b/1", Some("\"two\"")),
        ("/a/b/2/c", Some("1e400")),
        ("/a/b", Some(r#"[1, "two", {"c":1e400}]"#)),
        ("/x~1y", Some("true")),
        ("/~0", Some(r#""q\"]}""#)),
        ("/\u{e9}", Some("null")),
        ("", Some(DOCUMENT)),
        ("/a/b/3", None),
        ("/a/b/01", None),
        ("/a/b/-", None),
        ("/a/b/1/c", None),
        ("/b", None),
        ("/", None),
    ] {
        assert_eq!(at(DOCUMENT, text).as_deref(), value, "{text}");
    }
}

#[test]
fn a_key_counts_as_it_reads_not_as_it_is_written() {
    assert_eq!(at(r#"{"p\u0061th":1}"#, "/path").as_deref(), Some("1"));
}

#[test]
fn a_member_named_twice_is_found_out() {
    let twice = Raw::literal(r#"{"path":"ok","p\u0061th":"bad"}"#);
    assert_eq!(twice.at(&pointer("/path")), Err(Ambiguous("path".to_owned())));
    let error = patch(&twice, &[remove("/path")]).unwrap_err();
    assert_eq!(error.to_string(), "the document names `path` twice in one object");
}

#[test]
fn what_is_no_pointer_is_refused() {
    for text in ["a", "/~", "/~2", "a/b"] {
        let error = Pointer::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{text}` is no JSON Pointer")), "{error}");
    }
}

#[track_caller]
fn check(document: &'static str, patches: &[Patch], expected: Result<&str, &str>) {
    let changed = patch(&Raw::literal(document), patches);
    let changed = changed.map(|raw| String::from_utf8(raw.as_bytes().to_vec()).unwrap());
    let changed = changed.map_err(|error| error.to_string());
    assert_eq!(changed, expected.map(str::to_owned).map_err(str::to_owned));
}

fn set(text: &str, value: &'static str) -> Patch {
    Patch::Set(pointer(text), Raw::literal(value))
}

fn remove(text: &str) -> Patch {
    Patch::Remove(pointer(text))
}

#[test]
fn a_change_touches_only_what_it_names() {
    check(r#"{"a" : 1, "b":[ 1 ,2]}"#, &[set("/a", "2")], Ok(r#"{"a" : 2, "b":[ 1 ,2]}"#));
    check(r#"{"a" : 1, "b":[ 1 ,2]}"#, &[set("/b/1", "{}")], Ok(r#"{"a" : 1, "b":[ 1 ,{}]}"#));
    check(r#"{"a":{ }}"#, &[set("/a/b", "1")], Ok(r#"{"a":{"b":1}}"#));
    check(r#"{"a":[ ]}"#, &[set("/a/-", "1"), set("/a/-", "2")], Ok(r#"{"a":[1,2]}"#));
    check("{}", &[set("", "[]")], Ok("[]"));
}

#[test]
fn what_is_removed_takes_one_comma_with_it() {
    check(r#"{"a":1, "b":2 ,"c":3}"#, &[remove("/a")], Ok(r#"{"b":2 ,"c":3}"#));
    check(r#"{"a":1, "b":2 ,"c":3}"#, &[remove("/b")], Ok(r#"{"a":1 ,"c":3}"#));
    check(r#"{"a":1, "b":2 ,"c":3}"#, &[remove("/c")], Ok(r#"{"a":1, "b":2 }"#));
    check("[ 1 ]", &[remove("/0")], Ok("[  ]"));
    check("[1,2]", &[remove("/1"), remove("/0")], Ok("[]"));
}

#[test]
fn what_is_not_there_cannot_be_changed_and_then_nothing_is() {
    check("{}", &[remove("/a")], Err("there is nothing at `/a`"));
    check("{}", &[set("/a/b", "1")], Err("there is nothing at `/a/b`"));
    check("[1]", &[set("/1", "1")], Err("there is nothing at `/1`"));
    check("3", &[set("/a", "1")], Err("there is nothing at `/a`"));
    check("{}", &[remove("")], Err("a document cannot be removed from itself"));
}

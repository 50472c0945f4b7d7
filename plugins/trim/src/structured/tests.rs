//! What is left of structured content, and that it is JSON of the same shape.

use mcpmux_sdk::serde_json::{self, Value, json};

use super::{Shortened, is_same, shorten};

/// Shortens, checks the length, and gives back what is left.
#[track_caller]
fn run(value: &Value, budget: usize) -> (Value, Vec<Shortened>) {
    let (text, told) = shorten(&value.to_string(), budget);
    assert!(text.len() <= budget + budget / 4 + 32, "{} bytes for {budget}", text.len());
    (serde_json::from_str(&text).unwrap(), told)
}

#[test]
fn long_arrays_lose_their_end() {
    let items: Vec<Value> = (0..500).map(|id| json!({"id": id, "name": "item"})).collect();
    let (short, told) = run(&json!({"total": 500, "items": items, "next": "abc"}), 1000);
    let kept = short["items"].as_array().unwrap();
    assert_eq!((&short["total"], &short["next"]), (&json!(500), &json!("abc")));
    assert!(
        kept.len() > 20 && kept[..] == items[..kept.len()],
        "whole elements from the beginning"
    );
    assert_eq!(told, [Shortened { at: "/items".to_owned(), kept: kept.len(), of: 500 }]);
}

#[test]
fn long_strings_end_with_a_note() {
    let (short, told) = run(&json!({"text": "é\"".repeat(5000), "n": 1}), 300);
    let text = short["text"].as_str().unwrap();
    assert!(text.starts_with("é\"é\"") && text.ends_with(" bytes cut]"), "{text}");
    assert_eq!((&short["n"], told.len()), (&json!(1), 0));
}

#[test]
fn arrays_of_strings_say_how_many_more_there_were() {
    let (short, _) = run(&json!(vec!["some text"; 1000]), 200);
    let list = short.as_array().unwrap();
    let more = 1000 - (list.len() - 1);
    assert_eq!(list.last().unwrap(), &json!(format!("… [{more} more]")));
}

#[test]
fn one_element_that_is_too_large_is_shortened_itself() {
    let (short, told) = run(&json!([{"log": "x".repeat(5000)}, {"log": "y"}]), 400);
    assert_eq!(short.as_array().unwrap().len(), 1);
    assert!(short[0]["log"].as_str().unwrap().starts_with("xxx"));
    assert_eq!(told, [Shortened { at: String::new(), kept: 1, of: 2 }]);
}

#[test]
fn objects_with_too_many_members_lose_the_last() {
    let members: serde_json::Map<String, Value> =
        (0..2000).map(|number| (format!("file{number:04}.txt"), json!(number))).collect();
    let (short, told) = run(&json!({ "files": members }), 1000);
    let kept = short["files"].as_object().unwrap();
    assert!(kept.len() > 20 && kept.contains_key("file0000.txt"));
    assert_eq!(told, [Shortened { at: "/files".to_owned(), kept: kept.len(), of: 2000 }]);
}

#[test]
fn what_is_kept_stays_as_it_was_written() {
    let raw = format!(
        r#"{{"z": 1.50, "a": 123456789012345678901234567890, "~/": ["\u00e9"], "long": "{}"}}"#,
        "x".repeat(500)
    );
    let (text, _) = shorten(&raw, 200);
    assert!(
        text.starts_with(
            r#"{"z":1.50,"a":123456789012345678901234567890,"~/":["\u00e9"],"long":"xxx"#
        ),
        "{text}"
    );
}

#[test]
fn many_shortened_arrays_are_told_of_up_to_a_number() {
    let lists: Vec<Value> = (0..30)
        .map(|_| json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]))
        .collect();
    let object: serde_json::Map<String, Value> = lists
        .into_iter()
        .enumerate()
        .map(|(number, list)| (format!("m~/{number}"), list))
        .collect();
    let (_, told) = shorten(&Value::from(object).to_string(), 1300);
    assert_eq!(told.len(), 20);
    assert_eq!(told[0].at, "/m~0~10");
}

#[test]
fn white_space_makes_no_difference() {
    assert!(is_same(r#"{"a":[1,"x \" y"]}"#, "{\n  \"a\": [ 1, \"x \\\" y\" ]\n}"));
    assert!(!is_same(r#"{"a":"x y"}"#, r#"{"a":"xy"}"#));
    assert!(!is_same("[1]", "[1,2]"));
}

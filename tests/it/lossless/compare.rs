//! Comparing two JSON texts member for member, each value by its own text; order of keys does not count.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Where two texts differ: the path, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub path: String,
    pub how: String,
}

/// How a member differs that was not sent.
pub const ADDED: &str = "was added";

/// All differences between what was sent and what came.
pub fn differences(sent: &str, came: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", sent, came, &mut found);
    found
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

fn compare(path: &str, sent: &str, came: &str, found: &mut Vec<Difference>) {
    if sent == came {
        return;
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    let mut note = |path: String, how: String| found.push(Difference { path, how });
    if let (Ok(sent), Ok(came)) =
        (serde_json::from_str::<Members<'_>>(sent), serde_json::from_str::<Members<'_>>(came))
    {
        for (key, _) in came.iter().filter(|(key, _)| !sent.contains_key(*key)) {
            note(below(key), ADDED.to_owned());
        }
        for (key, value) in sent {
            match came.get(&key) {
                None => found.push(Difference { path: below(&key), how: "was lost".to_owned() }),
                Some(other) => compare(&below(&key), value.get(), other.get(), found),
            }
        }
        return;
    }
    if let (Ok(sent), Ok(came)) =
        (serde_json::from_str::<Vec<&RawValue>>(sent), serde_json::from_str::<Vec<&RawValue>>(came))
        && sent.len() == came.len()
    {
        for (at, (sent, came)) in sent.iter().zip(came).enumerate() {
            compare(&below(&at.to_string()), sent.get(), came.get(), found);
        }
        return;
    }
    note(path.to_owned(), format!("was {sent} and became {came}"));
}

#[test]
fn what_differs_is_found() {
    #[track_caller]
    fn check(sent: &str, came: &str, expected: &[&str]) {
        let found = differences(sent, came);
        let found: Vec<_> = found.iter().map(|it| format!("{} {}", it.path, it.how)).collect();
        assert_eq!(found, expected);
    }
    check(r#"{"a":1,"b":[ 2 ]}"#, r#"{ "b":[ 2 ], "a":1 }"#, &[]);
    check("1.0", "1", &[" was 1.0 and became 1"]);
    check(
        r#"{"a":{"b":1e400}}"#,
        r#"{"a":{"b":null,"c":1}}"#,
        &["a/c was added", "a/b was 1e400 and became null"],
    );
    check(
        r#"{"a":[1,{"x":"\/"}]}"#,
        r#"{"a":[1,{"x":"/"}]}"#,
        &[r#"a/1/x was "\/" and became "/""#],
    );
    check(r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, &["a was [1,2] and became [1]"]);
    check(r#"{"a":1}"#, "{}", &["a was lost"]);
}

//! Finding an object that names a member twice, at any depth of a document: two readers could take it for two things.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::Raw;

/// Members of one object that are compared one by one; of an object with more, the names are hashed.
const FEW: usize = 8;

/// The name that some object in the document has twice, if there is one. It takes time in proportion to the document's
/// length, however deep that is.
#[must_use]
pub fn named_twice(document: &Raw) -> Option<String> {
    let bytes = document.as_bytes();
    let mut names = Names::default();
    let mut at = 0;
    // What stands before a colon is the name of a member of the object that was opened last and is not closed yet.
    while let Some(next) = memchr::memchr3(b'"', b'{', b'}', bytes.get(at..)?) {
        at += next + 1;
        match bytes.get(at - 1) {
            Some(b'{') => names.open(),
            Some(b'}') => names.close(),
            _ => {
                let name = text(bytes, at);
                at += name.len() + 1;
                if is_before_colon(bytes, at) && names.has(unescaped(name)) {
                    return Some(String::from_utf8_lossy(&unescaped(name)).into_owned());
                }
            }
        }
    }
    None
}

/// The names of all objects that are not closed yet, those of the last one last.
#[derive(Default)]
struct Names<'a> {
    open: Vec<Open>,
    few: Vec<Cow<'a, [u8]>>,
    /// Those of objects with many.
    many: Vec<HashSet<Cow<'a, [u8]>>>,
}

/// An object that is not closed yet.
struct Open {
    /// Where its names begin, if they are few.
    from: usize,
    many: bool,
}

impl<'a> Names<'a> {
    fn open(&mut self) {
        self.open.push(Open { from: self.few.len(), many: false });
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        self.few.truncate(closed.from);
        if closed.many {
            self.many.pop();
        }
    }

    /// Whether the last object has this name already; from now on it has.
    fn has(&mut self, name: Cow<'a, [u8]>) -> bool {
        let Some(object) = self.open.last_mut() else { return false };
        if object.many {
            return self.many.last_mut().is_some_and(|many| !many.insert(name));
        }
        if self.few.iter().skip(object.from).any(|known| *known == name) {
            return true;
        }
        self.few.push(name);
        if self.few.len() - object.from > FEW {
            object.many = true;
            self.many.push(self.few.drain(object.from..).collect());
        }
        false
    }
}

/// The text of a string, still with its escapes, that begins here.
fn text(bytes: &[u8], from: usize) -> &[u8] {
    let rest = bytes.get(from..).unwrap_or_default();
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'"', b'\\', rest.get(at..).unwrap_or_default()) {
        at += next;
        if rest.get(at) == Some(&b'"') {
            return rest.get(..at).unwrap_or_default();
        }
        at += 2;
    }
    rest
}

fn is_before_colon(bytes: &[u8], at: usize) -> bool {
    let mut rest = bytes.get(at..).unwrap_or_default().iter();
    rest.find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let quoted = [&b"\""[..], text, &b"\""[..]].concat();
    serde_json::from_slice::<Name>(&quoted).map_or(Cow::Borrowed(text), |name| Cow::Owned(name.0))
}

/// A name as bytes, since the half of a surrogate pair is one too.
struct Name(Vec<u8>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Name, E> {
                Ok(Name(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Option<&str>) {
        let document = Raw::parse(document.to_owned().into()).unwrap();
        assert_eq!(named_twice(&document).as_deref(), expected);
    }

    #[test]
    fn a_name_that_is_there_twice_is_found_at_any_depth() {
        for one in [
            "7",
            r#""a""#,
            r#"{"a":"a","b":["a","a"],"c":{"a":1,"b":{"a":"{"}},"d":[{"a":1},{"a":2}],"e":"\"a\":"}"#,
            r#"{"a": {"b": 1}, "b": 1, "A": 1, "": "}", "\\": 1, "\"": 1}"#,
        ] {
            check(one, None);
        }
        check(r#"{"a":1,"a":2}"#, Some("a"));
        check("{\"a\":1,\n\"a\"\t: 2}", Some("a"));
        check(r#"[{"a":{"b":[1,{"c":1,"x":{"c":1},"c":2}]}}]"#, Some("c"));
        check(r#"{"x":{"a":1},"a":2,"y":[{"z":1}],"a":3}"#, Some("a"));
        check(r#"{"name":1,"n\u0061me":2}"#, Some("name"));
        check(r#"{"\ud800":1,"\uD800":2}"#, Some("\u{fffd}\u{fffd}\u{fffd}"));
        let deep =
            |inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(5_000), "}".repeat(5_000));
        check(&deep("1"), None);
        check(&deep(r#"{"b":1,"b":1}"#), Some("b"));
    }

    #[test]
    fn it_is_found_among_many_as_among_few() {
        for count in 1..=3 * FEW {
            let member = |at: usize| format!(r#""n{at}":{{"n0":{at}}},"#);
            let members: String = (0..count).map(member).collect();
            check(&format!(r#"{{{members}"last":1}}"#), None);
            for again in [0, count - 1] {
                check(&format!(r#"{{{members}"n{again}":1}}"#), Some(&format!("n{again}")));
            }
        }
    }
}

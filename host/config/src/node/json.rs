//! JSON as a tree; places are those of the borrowed raw values in the text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{DEPTH, Member, Node, Value, too_deep};
use crate::mistake::Findings;

/// Parses a document. A text that is not JSON is one mistake.
pub(crate) fn parse(text: &str, found: &mut Findings<'_>) -> Option<Node> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Some(Tree { text, found }.node(raw, 0)),
        Err(error) => {
            let at = offset(text, error.line(), error.column());
            found.mistake(at, format!("not JSON: {}", message(&error)));
            None
        }
    }
}

struct Tree<'t, 'f, 'a> {
    text: &'t str,
    found: &'f mut Findings<'a>,
}

impl<'t> Tree<'t, '_, '_> {
    fn node(&mut self, raw: &'t RawValue, depth: usize) -> Node {
        let at = self.at(raw);
        if depth >= DEPTH {
            return too_deep(at, self.found);
        }
        let value = self.value(raw.get(), depth).unwrap_or_else(|error| {
            self.found.mistake(at, format!("not JSON: {}", message(&error)));
            Value::Broken
        });
        Node { at, value }
    }

    fn value(&mut self, text: &'t str, depth: usize) -> serde_json::Result<Value> {
        Ok(match text.as_bytes().first() {
            Some(b'"') => Value::text(serde_json::from_str(text)?),
            Some(b'{') => self.members(serde_json::from_str(text)?, depth)?,
            Some(b'[') => {
                let list: Vec<&'t RawValue> = serde_json::from_str(text)?;
                Value::List(list.into_iter().map(|raw| self.node(raw, depth + 1)).collect())
            }
            Some(b't' | b'f') => Value::Bool(serde_json::from_str(text)?),
            Some(b'n') => Value::Null,
            _ => match text.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Float(serde_json::from_str(text)?),
            },
        })
    }

    fn members(&mut self, pairs: Pairs<'t>, depth: usize) -> serde_json::Result<Value> {
        let mut members: Vec<Member> = Vec::with_capacity(pairs.0.len());
        for (key, value) in pairs.0 {
            let at = self.at(key);
            let key: String = serde_json::from_str(key.get())?;
            let node = self.node(value, depth + 1);
            if members.iter().any(|known| known.key == key) {
                self.found.mistake(at, format!("duplicate key `{}`", key.escape_debug()));
            } else {
                members.push(Member { key, at, node });
            }
        }
        Ok(Value::Table(members))
    }

    /// The byte at which a value cut out of the text starts.
    fn at(&self, raw: &RawValue) -> usize {
        (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }
}

/// The members of an object, keys and values as they are written.
struct Pairs<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The parser's words without its place, which is said already.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The byte at a line and a column in bytes, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    before.map(str::len).sum::<usize>() + column.saturating_sub(1)
}

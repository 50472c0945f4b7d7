//! TOML as a tree; members stand in the order of the file.

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{DEPTH, Member, Node, Value, too_deep};
use crate::mistake::Findings;

/// Parses a document. A text that is not TOML is one mistake.
pub(crate) fn parse(text: &str, found: &mut Findings<'_>) -> Option<Node> {
    match DeTable::parse(text) {
        Ok(root) => Some(Node { at: 0, value: table(root.get_ref(), 0, found) }),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            found.mistake(at, format!("not TOML: {message}"));
            None
        }
    }
}

fn table(table: &DeTable<'_>, depth: usize, found: &mut Findings<'_>) -> Value {
    let mut members = Vec::with_capacity(table.len());
    for (key, value) in table {
        let at = key.span().start;
        members.push(Member {
            key: key.get_ref().to_string(),
            at,
            node: node(value, at, depth, found),
        });
    }
    members.sort_by_key(|member| member.at);
    Value::Table(members)
}

fn node(value: &Spanned<DeValue<'_>>, key: usize, depth: usize, found: &mut Findings<'_>) -> Node {
    let span = value.span();
    // A table that is only named in another's header has no place of its own.
    let at = if span.is_empty() { key } else { span.start };
    if depth >= DEPTH {
        return too_deep(at, found);
    }
    let value = match value.get_ref() {
        DeValue::String(text) => Value::text(text.to_string()),
        DeValue::Integer(number) => integer(number, at, found),
        DeValue::Float(number) => number.as_str().parse().map_or(Value::Broken, Value::Float),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => {
            Value::List(list.iter().map(|value| node(value, at, depth + 1, found)).collect())
        }
        DeValue::Table(inner) => table(inner, depth + 1, found),
    };
    Node { at, value }
}

fn integer(number: &DeInteger<'_>, at: usize, found: &mut Findings<'_>) -> Value {
    i64::from_str_radix(number.as_str(), number.radix()).map_or_else(
        |_| {
            found.mistake(at, "a number that does not fit in 64 bits");
            Value::Broken
        },
        Value::Integer,
    )
}

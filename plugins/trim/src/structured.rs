//! Structured content that is too large: shortened so that it stays JSON of the same shape.

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::cut;

/// An array or object that lost elements at its end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Shortened {
    /// Where it is, by JSON Pointer within the structured content.
    pub(crate) at: String,
    /// How many elements it has kept.
    pub(crate) kept: usize,
    /// How many it had.
    pub(crate) of: usize,
}

/// Below this many bytes a value is not worth shortening: members are left out instead.
const LEAST: usize = 32;
/// How many shortened arrays are told of.
const MOST_TOLD: usize = 20;

/// JSON of at most about `budget` bytes with the beginning of everything that is in `raw`: long strings end with a
/// note, arrays lose elements at their end, and objects lose members only where names alone are too many.
pub(crate) fn shorten(raw: &str, budget: usize) -> (String, Vec<Shortened>) {
    let mut told = Vec::new();
    let text = value(raw, budget, "", &mut told);
    told.truncate(MOST_TOLD);
    (text, told)
}

fn value(raw: &str, budget: usize, at: &str, told: &mut Vec<Shortened>) -> String {
    if raw.len() <= budget {
        return raw.to_owned();
    }
    let shortened = match raw.as_bytes().first() {
        Some(b'"') => string(raw, budget),
        Some(b'[') => array(raw, budget, at, told),
        Some(b'{') => object(raw, budget, at, told),
        // Numbers stay.
        _ => None,
    };
    shortened.unwrap_or_else(|| raw.to_owned())
}

/// A string with a note instead of its end.
fn string(raw: &str, budget: usize) -> Option<String> {
    let text: String = serde_json::from_str(raw).ok()?;
    // Escapes make it longer in JSON than it is: each byte is taken to be as long as they are on average.
    let most = budget.saturating_sub(LEAST).max(LEAST / 2) * text.len() / raw.len().max(1);
    let kept = text.get(..cut::at_char(&text, most))?;
    let left = text.len() - kept.len();
    serde_json::to_string(&format!("{kept}… [{left} bytes cut]")).ok()
}

fn array(raw: &str, budget: usize, at: &str, told: &mut Vec<Shortened>) -> Option<String> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let mut kept: Vec<String> = Vec::new();
    let mut room = budget.saturating_sub(2);
    for element in &elements {
        let size = element.get().len() + 1;
        if size > room {
            break;
        }
        room -= size;
        kept.push(element.get().to_owned());
    }
    // One element that is too large by itself is shortened, so that there is at least one.
    if kept.is_empty() && room >= LEAST {
        let first = elements.first()?;
        kept.push(value(first.get(), room, &format!("{at}/0"), told));
    }
    if kept.len() < elements.len() {
        told.push(Shortened { at: at.to_owned(), kept: kept.len(), of: elements.len() });
        let left = elements.len() - kept.len();
        if elements.iter().all(|element| element.get().starts_with('"')) {
            kept.push(serde_json::to_string(&format!("… [{left} more]")).ok()?);
        }
    }
    Some(format!("[{}]", kept.join(",")))
}

fn object(raw: &str, budget: usize, at: &str, told: &mut Vec<Shortened>) -> Option<String> {
    let Members(members) = serde_json::from_str(raw).ok()?;
    let names: Vec<String> = members
        .iter()
        .map(|(name, _)| serde_json::to_string(name))
        .collect::<Result<_, _>>()
        .ok()?;
    let sizes: Vec<usize> = members.iter().map(|(_, value)| value.get().len()).collect();
    let frame: usize = names.iter().map(|name| name.len() + 2).sum::<usize>() + 2;
    let most = fair(&sizes, budget.saturating_sub(frame)).max(LEAST);
    let mut kept = Vec::new();
    let mut room = budget.saturating_sub(2);
    for ((name, member), quoted) in members.iter().zip(&names) {
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        let member = format!("{quoted}:{}", value(member.get(), most, &place, told));
        if member.len() + 1 > room && most == LEAST {
            break;
        }
        room = room.saturating_sub(member.len() + 1);
        kept.push(member);
    }
    if kept.len() < members.len() {
        told.push(Shortened { at: at.to_owned(), kept: kept.len(), of: members.len() });
    }
    Some(format!("{{{}}}", kept.join(",")))
}

/// The most that a value may take, so that all together take no more than `room`: small ones take what they need, and
/// leave the rest to the large.
fn fair(sizes: &[usize], room: usize) -> usize {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let mut room = room;
    let mut count = sorted.len();
    for size in sorted {
        let share = room / count.max(1);
        if size > share {
            return share;
        }
        room -= size;
        count -= 1;
    }
    usize::MAX
}

/// The members of an object in their order, values as they came.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(InOrder).map(Members)
    }
}

/// Whether two texts are the same JSON but for white space between its parts.
pub(crate) fn is_same(first: &str, second: &str) -> bool {
    parts(first).eq(parts(second))
}

/// The bytes of a JSON text without white space outside strings.
fn parts(text: &str) -> impl Iterator<Item = u8> {
    let mut in_string = false;
    let mut escaped = false;
    text.bytes().filter(move |byte| {
        let is_part = in_string || !byte.is_ascii_whitespace();
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
        } else if *byte == b'"' {
            in_string = true;
        }
        is_part
    })
}

#[cfg(test)]
mod tests;

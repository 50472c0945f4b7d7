//! JSON that travels as the bytes it came in, and a shallow ordered object over it; no typed messages.

pub mod pointer;
pub mod surrogate;
pub mod twice;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One complete JSON value, kept as the bytes it was written in: cheap to clone, never reformatted.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(Bytes);

impl Raw {
    /// Takes bytes that are known to be one JSON value, because they were cut out of a parsed document
    /// or written by us. Nothing is checked here.
    #[must_use]
    pub const fn trusted(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// A literal.
    #[must_use]
    pub const fn literal(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// A JSON string with this text.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::of(&text)
    }

    /// The JSON form of a value of ours; `null` if it has none.
    #[must_use]
    pub fn of<T: serde::Serialize + ?Sized>(value: &T) -> Self {
        serde_json::to_vec(value).map_or(Self::literal("null"), |text| Self(text.into()))
    }

    /// Checks that `bytes` hold exactly one JSON value.
    ///
    /// # Errors
    /// The parser's, with line and column.
    pub fn parse(bytes: Bytes) -> serde_json::Result<Self> {
        let inner = serde_json::from_slice::<&RawValue>(&bytes)?;
        let value = bytes.slice_ref(inner.get().as_bytes());
        Ok(Self(value))
    }

    /// The value's text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value's text, sharing its memory.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Reads the value as `T`, borrowing from it.
    ///
    /// # Errors
    /// The parser's, if the value has another shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.0)
    }

    /// The value as a string, if it is one. In the place of half a surrogate pair, which no string can hold, stands
    /// U+FFFD.
    #[must_use]
    pub fn as_string(&self) -> Option<Cow<'_, str>> {
        if self.0.first() != Some(&b'"') {
            return None;
        }
        if let Ok(Text(text)) = self.read() {
            return Some(text);
        }
        let mended = surrogate::replaced(&self.0);
        serde_json::from_slice::<Text<'_>>(&mended).ok().map(|text| text.0.into_owned().into())
    }

    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.as_ref() == b"null"
    }

    /// Reads the value as an object, one level deep.
    ///
    /// # Errors
    /// If it is no object, or names a key twice.
    pub fn object(&self) -> serde_json::Result<Object> {
        let members: Vec<(Cow<'_, str>, &RawValue)> = self.read::<Borrowed<'_>>()?.0;
        let own = |(key, value): (Cow<'_, str>, &RawValue)| Member {
            key: Key::from(key.as_ref()),
            value: Self(self.0.slice_ref(value.get().as_bytes())),
        };
        Ok(Object(members.into_iter().map(own).collect()))
    }

    /// Reads the value as an array, its elements untouched.
    ///
    /// # Errors
    /// If it is no array.
    pub fn elements(&self) -> serde_json::Result<Vec<Self>> {
        let elements: Vec<&RawValue> = self.read()?;
        Ok(elements.iter().map(|value| Self(self.0.slice_ref(value.get().as_bytes()))).collect())
    }
}

impl fmt::Debug for Raw {
    /// Only the length: payloads do not belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({} bytes)", self.0.len())
    }
}

/// A string that borrows where it can.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The name of an object's member; the names MCP uses on the hot path cost no allocation.
#[derive(Clone, Debug)]
pub struct Key(Cow<'static, str>);

/// Member names seen in nearly every message.
const FREQUENT: [&str; 10] = [
    "name",
    "arguments",
    "_meta",
    "progressToken",
    "cursor",
    "uri",
    "content",
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
];

impl Key {
    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        match FREQUENT.iter().find(|frequent| **frequent == name) {
            Some(frequent) => Self(Cow::Borrowed(frequent)),
            None => Self(Cow::Owned(name.to_owned())),
        }
    }
}

/// One member of an [`Object`].
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, unescaped.
    pub key: Key,
    /// Its value, as it was written.
    pub value: Raw,
}

/// A JSON object read one level deep: order kept, values untouched.
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<Member>);

impl Object {
    /// The value of a member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Raw> {
        self.0.iter().find(|member| member.key.as_str() == key).map(|member| &member.value)
    }

    /// Replaces a member's value where it stands, or adds the member at the end.
    pub fn set(&mut self, key: &str, value: Raw) {
        match self.0.iter_mut().find(|member| member.key.as_str() == key) {
            Some(member) => member.value = value,
            None => self.0.push(Member { key: Key::from(key), value }),
        }
    }

    /// Removes a member and returns its value.
    pub fn take(&mut self, key: &str) -> Option<Raw> {
        let at = self.0.iter().position(|member| member.key.as_str() == key)?;
        Some(self.0.remove(at).value)
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.iter()
    }

    /// Keeps the members for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Member) -> bool) {
        self.0.retain(keep);
    }

    /// Whether there is no member.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the object's text.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.write_members(out);
        out.push(b'}');
    }

    /// Writes the members, separated by commas, without the braces.
    pub fn write_members(&self, out: &mut Vec<u8>) {
        for (at, member) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_key(member.key.as_str(), out);
            out.extend_from_slice(member.value.as_bytes());
        }
    }

    /// The object's text as a value.
    #[must_use]
    pub fn to_raw(&self) -> Raw {
        let mut text = Vec::with_capacity(self.len_hint());
        self.write(&mut text);
        Raw(text.into())
    }

    /// About how many bytes [`Object::write`] writes.
    #[must_use]
    pub fn len_hint(&self) -> usize {
        let member =
            |member: &Member| member.key.as_str().len() + member.value.as_bytes().len() + 4;
        self.0.iter().map(member).sum::<usize>() + 2
    }
}

/// Writes `"key":`.
pub fn write_key(key: &str, out: &mut Vec<u8>) {
    if key.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(key.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(Raw::string(key).as_bytes());
    }
    out.push(b':');
}

/// Members that are compared one by one.
const FEW: usize = 16;

/// The members of an object, borrowed; a key named twice is an error, because two readers could then
/// disagree about which value counts.
struct Borrowed<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Borrowed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Borrowed<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::with_capacity(4);
                // Of many members each is looked up, not compared with all others.
                let mut known: HashSet<Cow<'de, str>> = HashSet::new();
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    if members.len() == FEW {
                        known.extend(members.iter().map(|(key, _)| key.clone()));
                    }
                    let twice = if members.len() < FEW {
                        members.iter().any(|(known, _)| *known == key)
                    } else {
                        !known.insert(key.clone())
                    };
                    if twice {
                        return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
                    }
                    members.push((key, value));
                }
                Ok(Borrowed(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &'static str) -> Object {
        Raw::literal(text).object().unwrap()
    }

    #[test]
    fn untouched_members_keep_their_bytes_and_order() {
        let mut read = object(r#"{"b": 1.50, "name":"x", "a":{"z":1e400,"y":[ 1 ]}}"#);
        read.set("name", Raw::string("q\"x"));
        assert_eq!(
            read.to_raw().as_bytes(),
            br#"{"b":1.50,"name":"q\"x","a":{"z":1e400,"y":[ 1 ]}}"#
        );
    }

    #[test]
    fn a_key_named_twice_is_refused() {
        let error = Raw::literal(r#"{"name":1,"\u006eame":2}"#).object().unwrap_err();
        assert!(error.to_string().contains("duplicate key `name`"), "{error}");
    }

    #[test]
    fn among_very_many_keys_one_named_twice_is_refused_in_time() {
        let keys = |last: usize| {
            let members: Vec<String> =
                (0..300_000).chain([last]).map(|key| format!("\"{key}\":1")).collect();
            Raw::parse(format!("{{{}}}", members.join(",")).into()).unwrap().object()
        };
        assert_eq!(keys(300_000).unwrap().iter().count(), 300_001);
        let error = keys(17).unwrap_err();
        assert!(error.to_string().contains("duplicate key `17`"), "{error}");
    }

    #[test]
    fn half_a_surrogate_pair_does_not_make_a_string_unreadable() {
        let raw = Raw::literal(r#""a\ud800b\ud83d\ude00\udc00\\ud800""#);
        assert_eq!(raw.as_string().as_deref(), Some("a\u{fffd}b\u{1f600}\u{fffd}\\ud800"));
    }

    #[test]
    fn strings_are_read_with_their_escapes() {
        assert_eq!(Raw::literal(r#""a\nb""#).as_string().as_deref(), Some("a\nb"));
        assert_eq!(Raw::literal("7").as_string(), None);
    }
}

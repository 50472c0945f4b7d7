//! Reading a message: the same verdict as a general JSON parser's, every part with its own bytes, and back again.

use bytes::Bytes;
use mcpmux_core::call::Body;
use mcpmux_core::json::Raw;
use mcpmux_protocol::names::{INVALID_REQUEST, PARSE_ERROR};
use mcpmux_protocol::{Message, depth, write};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

const ENVELOPE: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// Returns whether it was read as a message.
pub fn hold(input: &[u8]) -> bool {
    let bytes = Bytes::copy_from_slice(input);
    let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let oracle = serde_json::from_slice::<Value>(text).ok();
    let read = Message::parse(&bytes);
    let is_read = read.is_ok();
    match read {
        Ok(message) => {
            serde_json::from_slice::<IgnoredAny>(text).expect("a message is JSON");
            for part in parts(&message) {
                is_cut_from(part, input);
            }
            if let Some(oracle) = &oracle {
                assert_eq!(Kind::of(oracle), Some(Kind::of_message(&message)), "{oracle}");
                agrees(&message, oracle);
            }
            survives(&message);
        }
        Err(rejected) => {
            assert!([PARSE_ERROR, INVALID_REQUEST].contains(&rejected.code), "{rejected:?}");
            assert!(!rejected.why.is_empty());
            if let Some(oracle) = &oracle {
                assert_eq!(rejected.code, INVALID_REQUEST, "JSON is no parse error: {rejected}");
                let excused = is_doubled(text) || !depth::is_within(text, depth::LIMIT);
                assert!(excused || Kind::of(oracle).is_none(), "refused: {rejected}");
            }
        }
    }
    is_read
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Request,
    Notification,
    Response,
}

impl Kind {
    /// What JSON-RPC 2.0 says that a value is; a `method` that is `null` counts as none.
    fn of(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let has = |key: &str| object.contains_key(key);
        if object.get("jsonrpc")? != "2.0" {
            return None;
        }
        let method = object.get("method").filter(|method| !method.is_null());
        match (method, has("result"), has("error")) {
            (Some(Value::String(_)), false, false) => match object.get("id") {
                None => Some(Self::Notification),
                Some(Value::String(_) | Value::Number(_)) => Some(Self::Request),
                Some(_) => None,
            },
            (None, true, false) | (None, false, true) => Some(Self::Response),
            _ => None,
        }
    }

    const fn of_message(message: &Message) -> Self {
        match message {
            Message::Request { .. } => Self::Request,
            Message::Notification { .. } => Self::Notification,
            Message::Response { .. } => Self::Response,
        }
    }
}

fn parts(message: &Message) -> Vec<&Raw> {
    match message {
        Message::Request { id, params, .. } => std::iter::once(id).chain(params).collect(),
        Message::Notification { params, .. } => params.iter().collect(),
        Message::Response { id, body: Body::Result(body) | Body::Error(body) } => {
            // An id that was left out is `null`, which no input holds.
            std::iter::once(body).chain((!id.is_null()).then_some(id)).collect()
        }
    }
}

/// A part is one JSON value, and lies in the input: nothing was copied or formatted.
fn is_cut_from(part: &Raw, input: &[u8]) {
    let text = part.as_bytes();
    let raw: &RawValue = serde_json::from_slice(text).unwrap();
    assert_eq!(raw.get().as_bytes(), text, "white space around a part");
    assert!(memchr::memmem::find(input, text).is_some(), "a part that was not in the input");
}

fn agrees(message: &Message, oracle: &Value) {
    let same = |part: Option<&Raw>, key: &str| {
        let part = part.map(|part| part.read::<Value>().unwrap());
        assert_eq!(part.as_ref(), oracle.get(key), "{key}");
    };
    match message {
        Message::Request { id, method, params } => {
            same(Some(id), "id");
            assert_eq!(oracle["method"], method.as_str());
            same(params.as_ref(), "params");
        }
        Message::Notification { method, params } => {
            assert_eq!(oracle["method"], method.as_str());
            same(params.as_ref(), "params");
        }
        Message::Response { id, body } => {
            assert_eq!(id.read::<Value>().unwrap(), oracle["id"]);
            match body {
                Body::Result(result) => same(Some(result), "result"),
                Body::Error(error) => same(Some(error), "error"),
            }
        }
    }
}

/// What is written of a message reads as that message.
fn survives(message: &Message) {
    let again = |text: Vec<u8>| {
        Message::parse(&text.clone().into()).unwrap_or_else(|why| panic!("{why} in {text:?}"))
    };
    match message {
        Message::Request { method, params, .. } => {
            let empty = Raw::literal("{}");
            let sent = params.as_ref().unwrap_or(&empty);
            let Message::Request { id, method: read, params } =
                again(write::request(7, method, sent))
            else {
                panic!("a request became something else")
            };
            assert_eq!((id.as_bytes(), &read, params.as_ref()), (&b"7"[..], method, Some(sent)));
        }
        Message::Notification { method, params } => {
            let Message::Notification { method: read, params: also } =
                again(write::notification(method, params.as_ref()))
            else {
                panic!("a notification became something else")
            };
            assert_eq!((&read, &also), (method, params));
        }
        Message::Response { id, body } => {
            let Message::Response { id: read, body: also } = again(write::response(id, body))
            else {
                panic!("a response became something else")
            };
            let text = |body: &Body| match body {
                Body::Result(value) => (true, value.clone()),
                Body::Error(value) => (false, value.clone()),
            };
            assert_eq!((&read, text(&also)), (id, text(body)));
        }
    }
}

/// Whether a key of the envelope stands twice, which is refused although a general parser takes the last.
fn is_doubled(text: &[u8]) -> bool {
    let Keys(mut keys) = serde_json::from_slice(text).unwrap_or_default();
    keys.retain(|key| ENVELOPE.contains(&key.as_str()));
    let count = keys.len();
    keys.sort();
    keys.dedup();
    keys.len() < count
}

/// The keys of an object in order, also those that stand twice.
#[derive(Default)]
pub struct Keys(pub Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Keys;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

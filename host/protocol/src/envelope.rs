//! Reading a JSON-RPC message: the envelope is parsed once, everything inside stays as the bytes it came in.

use std::borrow::Cow;

use bytes::Bytes;
use mcpmux_core::call::Body;
use mcpmux_core::json::Raw;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::depth;
use crate::names::{INVALID_REQUEST, PARSE_ERROR};

/// A JSON-RPC message (JSON-RPC 2.0, sections 4 and 5).
#[derive(Debug, Clone)]
pub enum Message {
    /// Wants an answer.
    Request {
        /// A string or a number, as it was written.
        id: Raw,
        /// What is asked.
        method: String,
        /// With what; an object where the method has parameters.
        params: Option<Raw>,
    },
    /// Wants none.
    Notification {
        /// What happened.
        method: String,
        /// With what.
        params: Option<Raw>,
    },
    /// Answers a request.
    Response {
        /// The request's; `null` if the other side could not read it.
        id: Raw,
        /// `result` or `error`.
        body: Body,
    },
}

/// Bytes that are no message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{why}")]
pub struct Rejected {
    /// The JSON-RPC error code to answer with.
    pub code: i64,
    /// The id to answer to, where it could be read.
    pub id: Option<Raw>,
    /// What is wrong.
    pub why: String,
}

/// A byte order mark, which some peers put before their JSON.
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Message {
    /// Reads one message.
    ///
    /// # Errors
    /// If the bytes are not JSON, name a key of the envelope twice, or are no JSON-RPC message.
    pub fn parse(bytes: &Bytes) -> Result<Self, Rejected> {
        let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
        if is_batch(text) {
            let why = "a message is an object; batches are not taken".to_owned();
            return Err(Rejected { code: INVALID_REQUEST, id: None, why });
        }
        let too_deep = !depth::is_within(text, depth::LIMIT);
        let refuse = |id: Option<Raw>| {
            let why = format!("the message is nested deeper than {} levels", depth::LIMIT);
            Rejected { code: INVALID_REQUEST, id, why }
        };
        let envelope: Envelope<'_> = serde_json::from_slice(text).map_err(|error| {
            let code = if error.is_data() { INVALID_REQUEST } else { PARSE_ERROR };
            if too_deep {
                refuse(None)
            } else {
                Rejected { code, id: None, why: error.to_string() }
            }
        })?;
        let cut = |value: &RawValue| Raw::trusted(bytes.slice_ref(value.get().as_bytes()));
        let id = envelope.id.map(cut);
        if too_deep {
            // Whose answer it would have been must be known, or its call waits for nothing.
            return Err(refuse(id.filter(is_id)));
        }
        let reject = |why: &str| {
            Err(Rejected { code: INVALID_REQUEST, id: id.clone(), why: why.to_owned() })
        };
        if envelope.jsonrpc.as_deref() != Some("2.0") {
            return reject("`jsonrpc` must be \"2.0\"");
        }
        match (envelope.method, envelope.result, envelope.error) {
            (Some(method), None, None) => {
                let (method, params) = (method.into_owned(), envelope.params.map(cut));
                match id {
                    None => Ok(Self::Notification { method, params }),
                    Some(id) if is_id(&id) => Ok(Self::Request { id, method, params }),
                    Some(_) => Err(Rejected {
                        code: INVALID_REQUEST,
                        id: None,
                        why: "`id` must be a string or a number".to_owned(),
                    }),
                }
            }
            (None, Some(result), None) => {
                let body = Body::Result(cut(result));
                Ok(Self::Response { id: id.unwrap_or(Raw::literal("null")), body })
            }
            (None, None, Some(error)) => {
                let body = Body::Error(cut(error));
                Ok(Self::Response { id: id.unwrap_or(Raw::literal("null")), body })
            }
            _ => reject("a message has either `method`, or `result`, or `error`"),
        }
    }
}

/// Whether a text holds a batch, or at least begins like one.
#[must_use]
pub fn is_batch(text: &[u8]) -> bool {
    text.strip_prefix(BOM).unwrap_or(text).trim_ascii_start().first() == Some(&b'[')
}

/// Reads a batch (JSON-RPC 2.0, section 6) of at most `limit` messages, each on its own.
///
/// # Errors
/// If the bytes are no array, or one of none or of too many elements.
pub fn batch(bytes: &Bytes, limit: usize) -> Result<Vec<Result<Message, Rejected>>, Rejected> {
    let reject = |code: i64, why: String| Err(Rejected { code, id: None, why });
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if !depth::is_within(text, depth::LIMIT) {
        let why = format!("the batch is nested deeper than {} levels", depth::LIMIT);
        return reject(INVALID_REQUEST, why);
    }
    let elements: Vec<&RawValue> = match serde_json::from_slice(text) {
        Ok(elements) => elements,
        Err(error) => return reject(PARSE_ERROR, error.to_string()),
    };
    match elements.len() {
        0 => reject(INVALID_REQUEST, "a batch has at least one message".to_owned()),
        count if count > limit => {
            reject(INVALID_REQUEST, format!("a batch has at most {limit} messages"))
        }
        _ => {
            let cut = |value: &&RawValue| bytes.slice_ref(value.get().as_bytes());
            Ok(elements.iter().map(|value| Message::parse(&cut(value))).collect())
        }
    }
}

/// Whether a value can identify a request.
fn is_id(id: &Raw) -> bool {
    id.as_bytes()
        .first()
        .is_some_and(|byte| *byte == b'"' || *byte == b'-' || byte.is_ascii_digit())
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// A member that is there counts as there, even if it is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &'static str, expected: &str) {
        let show = match Message::parse(&Bytes::from_static(text.as_bytes())) {
            Ok(Message::Request { id, method, params }) => format!(
                "request {} {method} {}",
                text_of(&id),
                params.as_ref().map_or("-", text_of)
            ),
            Ok(Message::Notification { method, .. }) => format!("notification {method}"),
            Ok(Message::Response { id, body: Body::Result(body) }) => {
                format!("result {} {}", text_of(&id), text_of(&body))
            }
            Ok(Message::Response { id, body: Body::Error(body) }) => {
                format!("error {} {}", text_of(&id), text_of(&body))
            }
            Err(rejected) => format!("{} {}", rejected.code, rejected.id.is_some()),
        };
        assert_eq!(show, expected, "{text}");
    }

    fn text_of(raw: &Raw) -> &str {
        std::str::from_utf8(raw.as_bytes()).unwrap()
    }

    #[test]
    fn messages_are_told_apart_and_their_parts_kept() {
        check(
            r#" {"method":"x","id":1e2,"jsonrpc":"2.0","params":{ "a":1.0 },"extra":[]} "#,
            r#"request 1e2 x { "a":1.0 }"#,
        );
        check("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"a\\u002fb\"}", "notification a/b");
        check(r#"{"jsonrpc":"2.0","id":"q","result":null}"#, r#"result "q" null"#);
        check(
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700.0}}"#,
            r#"error null {"code":-32700.0}"#,
        );
    }

    #[test]
    fn a_batch_is_read_element_by_element() {
        let read = |text: &'static str| batch(&Bytes::from_static(text.as_bytes()), 2);
        let both = read(r#" [{"jsonrpc":"2.0","id":1,"method":"x"}, 7]"#).unwrap();
        assert!(matches!(both.first(), Some(Ok(Message::Request { .. }))));
        assert_eq!(both.get(1).unwrap().as_ref().unwrap_err().code, INVALID_REQUEST);
        for (wrong, code) in [("[]", -32600), ("[1,2,3]", -32600), ("[1", -32700), ("[1]x", -32700)]
        {
            assert_eq!(read(wrong).unwrap_err().code, code, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused_with_the_right_code() {
        check("{", "-32700 false");
        check("", "-32700 false");
        check(r#"{"jsonrpc":"2.0","method":"x"} x"#, "-32700 false");
        check("[]", "-32600 false");
        check(r#"["2.0",7,"tools/list"]"#, "-32600 false");
        check(r#"{"jsonrpc":"2.0","id":1}"#, "-32600 true");
        let deep = |id: &str| {
            let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
            &*format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{deep}}}"#).leak()
        };
        check(deep("1"), "-32600 true");
        check(deep("[]"), "-32600 false");
        check(r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#, "-32600 true");
        check(r#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, "-32600 false");
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","method":"y"}"#, "-32600 false");
    }
}

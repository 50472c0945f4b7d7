//! A backend's answer as its client is to read it: the few members in which results differ between the eras.

use mcpmux_core::call::{Answer, Body, Method};
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};

use crate::meta;
use crate::names::{INVALID_PARAMS, RESOURCE_NOT_FOUND};

/// What marks a modern result (2026-07-28, basic, result types).
const RESULT_TYPE: &str = "resultType";

/// A modern result that is none in the legacy era, such as one that asks the client for input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its result is of the type `{0}`, which a client with a session cannot be given")]
pub struct Unfinished(pub String);

/// The answer's body for a client of this era. What needs no change keeps its bytes.
///
/// # Errors
/// If the answer is not a whole one and the client's era knows no other.
pub fn for_client(answer: Answer, method: Method, client: Era) -> Result<Body, Unfinished> {
    Ok(match (answer.body, answer.era, client) {
        (Body::Result(result), Era::Legacy, Era::Modern) => {
            let cached = method == Method::ResourcesRead;
            Body::Result(completed(if cached { uncached(result) } else { result }))
        }
        // Some modern backends leave out that a result is whole; clients may insist on it.
        (Body::Result(result), Era::Modern, Era::Modern) => Body::Result(completed(result)),
        (Body::Result(result), Era::Modern, Era::Legacy) => Body::Result(plain(result)?),
        (Body::Error(error), Era::Legacy, Era::Modern) => Body::Error(renumbered(error)),
        (body, ..) => body,
    })
}

/// How long a result may be kept, and by whom (2026-07-28, server/utilities/caching).
const TTL: &str = "ttlMs";
const SCOPE: &str = "cacheScope";

/// A legacy result that says nothing of how long it may be kept: not at all, then.
fn uncached(result: Raw) -> Raw {
    let Ok(mut object) = result.object() else { return result };
    for (key, value) in [(TTL, "0"), (SCOPE, "\"private\"")] {
        if object.get(key).is_none() {
            object.set(key, Raw::literal(value));
        }
    }
    object.to_raw()
}

/// A legacy error with the code that the modern era has for it: a missing resource has none of its own there.
fn renumbered(error: Raw) -> Raw {
    let Ok(mut object) = error.object() else { return error };
    let code = object.get("code").and_then(|code| code.read::<i64>().ok());
    if code != Some(RESOURCE_NOT_FOUND) {
        return error;
    }
    object.set("code", Raw::of(&INVALID_PARAMS));
    object.to_raw()
}

/// A result marked as a whole one, if it is not marked.
fn completed(result: Raw) -> Raw {
    const KEY: &[u8] = b"{\"resultType\"";
    const MARK: &[u8] = b"{\"resultType\":\"complete\"";
    if result.as_bytes().starts_with(KEY) {
        return result;
    }
    let Some(rest) = result.as_bytes().strip_prefix(b"{") else {
        return result;
    };
    if memchr::memmem::find(rest, b"\"resultType\"").is_some()
        && result.object().is_ok_and(|object| object.get(RESULT_TYPE).is_some())
    {
        return result;
    }
    let mut out = Vec::with_capacity(MARK.len() + rest.len() + 1);
    out.extend_from_slice(MARK);
    if rest.trim_ascii_start().first() != Some(&b'}') {
        out.push(b',');
    }
    out.extend_from_slice(rest);
    Raw::trusted(out.into())
}

/// A modern result without what a legacy client does not know.
fn plain(result: Raw) -> Result<Raw, Unfinished> {
    let Ok(mut object) = result.object() else {
        return Ok(result);
    };
    let kind = object.take(RESULT_TYPE).and_then(|kind| Some(kind.as_string()?.into_owned()));
    if let Some(kind) = kind.filter(|kind| kind != "complete") {
        return Err(Unfinished(kind));
    }
    object.take(TTL);
    object.take(SCOPE);
    if let Some(Ok(mut inner)) = object.get("_meta").map(Raw::object) {
        inner.take(meta::SERVER_INFO);
        if inner.is_empty() {
            object.take("_meta");
        } else {
            object.set("_meta", inner.to_raw());
        }
    }
    Ok(object.to_raw())
}

/// A result of our own for a client of this era: in the modern one, with what every result there has.
#[must_use]
pub fn own(mut result: Object, client: Era, server_info: &Raw) -> Raw {
    if client == Era::Modern {
        let mut inner = Object::default();
        inner.set(meta::SERVER_INFO, server_info.clone());
        result.set(RESULT_TYPE, Raw::literal("\"complete\""));
        result.set("_meta", inner.to_raw());
    }
    result.to_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(result: &'static str, from: Era, to: Era, expected: &str) {
        let answer = Answer { body: Body::Result(Raw::literal(result)), era: from };
        let Ok(Body::Result(body)) = for_client(answer, Method::ToolsCall, to) else {
            panic!("no result")
        };
        assert_eq!(std::str::from_utf8(body.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn a_request_for_input_is_no_result_for_a_legacy_client() {
        let result = Raw::literal(r#"{"resultType":"input_required","requestState":"s"}"#);
        let answer = Answer { body: Body::Result(result), era: Era::Modern };
        let refused = for_client(answer.clone(), Method::ToolsCall, Era::Legacy).unwrap_err();
        assert_eq!(refused, Unfinished("input_required".to_owned()));
        assert!(for_client(answer, Method::ToolsCall, Era::Modern).is_ok());
    }

    #[test]
    fn only_what_the_eras_disagree_about_changes() {
        let text = r#"{ "content":[{"text":"\"resultType\""}], "_meta":{"a":1.0} }"#;
        check(text, Era::Legacy, Era::Legacy, text);
        let marked = r#"{"resultType":"x","content":[]}"#;
        check(marked, Era::Modern, Era::Modern, marked);
        check(
            text,
            Era::Legacy,
            Era::Modern,
            r#"{"resultType":"complete", "content":[{"text":"\"resultType\""}], "_meta":{"a":1.0} }"#,
        );
        check("{ }", Era::Legacy, Era::Modern, r#"{"resultType":"complete" }"#);
        check(r#"{"resultType":"task"}"#, Era::Legacy, Era::Modern, r#"{"resultType":"task"}"#);
        check(
            r#"{"resultType":"complete","content":[ ],"_meta":{"io.modelcontextprotocol/serverInfo":{}}}"#,
            Era::Modern,
            Era::Legacy,
            r#"{"content":[ ]}"#,
        );
    }
}

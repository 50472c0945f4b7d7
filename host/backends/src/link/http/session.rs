//! Whether a backend's refusal means that the session is gone, in whatever words it says so.

use bytes::Bytes;
use http::StatusCode;
use mcpmux_core::call::Body;
use mcpmux_protocol::Message;
use mcpmux_protocol::names::METHOD_NOT_FOUND;

/// What backends say before "session" when they do not know ours any more.
const BEFORE: [&str; 7] =
    ["invalid ", "missing ", "no valid ", "not a valid ", "unknown ", "expired ", "no such "];
/// What they say behind it.
const BEHIND: [&str; 7] = [
    " not found",
    " not exist",
    " not initialized",
    " expired",
    " terminated",
    " unknown",
    " no longer",
];
/// What they say behind it if it is plain that the id is meant: an argument may have the name `session` as well.
const BEHIND_ID: [&str; 4] = [" required", " missing", " invalid", " not valid"];
/// What may stand between.
const LINKS: [&str; 5] = [" is", " was", " has", " been", " does"];
/// How much of a body is looked at.
const LOOKED_AT: usize = 2 << 10;

/// Whether the response to a request that carried a session refuses the session, before anything was executed.
/// The specification's word for it is 404 (2025-11-25, basic/transports, session management); some backends
/// answer 400 or 410 and say it in the body.
pub(crate) fn is_lost(status: StatusCode, body: &Bytes) -> bool {
    if status == StatusCode::NOT_FOUND {
        return !is_about_method(body);
    }
    if status != StatusCode::BAD_REQUEST && status != StatusCode::GONE {
        return false;
    }
    let text = String::from_utf8_lossy(body.get(..LOOKED_AT).unwrap_or(body));
    refuses(&text.to_lowercase().replace('-', " "))
}

/// Whether a text says that the session, or its id, is not known. Words between would make it another matter:
/// "missing argument `session_id`" is about what a tool takes.
fn refuses(text: &str) -> bool {
    let mut parts = text.split("session");
    let mut before = parts.next().unwrap_or_default();
    for behind in parts {
        let id = behind.strip_prefix(" id").or_else(|| behind.strip_prefix(" header"));
        let rest = id.map_or(behind, |rest| rest.strip_prefix(" header").unwrap_or(rest));
        let goes_on = |c: char| c == '_' || c.is_alphanumeric() || (c == ' ' && id.is_none());
        let said = before.strip_suffix("mcp ").unwrap_or(before);
        if !rest.starts_with(goes_on) && BEFORE.iter().any(|words| said.ends_with(words)) {
            return true;
        }
        let mut rest = rest;
        for link in LINKS {
            rest = rest.strip_prefix(link).unwrap_or(rest);
        }
        let said = |words: &[&str]| words.iter().any(|words| rest.starts_with(words));
        if said(&BEHIND) || (id.is_some() && said(&BEHIND_ID)) {
            return true;
        }
        before = behind;
    }
    false
}

/// Whether a body says that the method is not served; then the session is not what is missing.
fn is_about_method(body: &Bytes) -> bool {
    let Ok(Message::Response { body: Body::Error(error), .. }) = Message::parse(body) else {
        return false;
    };
    let code = error.object().ok().and_then(|error| error.get("code")?.read::<i64>().ok());
    code == Some(METHOD_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &'static str, lost: bool) {
        let code = StatusCode::from_u16(status).unwrap();
        assert_eq!(is_lost(code, &Bytes::from_static(body.as_bytes())), lost, "{status} {body}");
    }

    #[test]
    fn a_lost_session_is_understood_in_whatever_words() {
        check(404, "", true);
        check(404, r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601}}"#, false);
        check(404, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001}}"#, true);
        check(400, r#"{"error":{"message":"Bad Request: No valid session ID provided"}}"#, true);
        check(400, "Invalid session ID", true);
        check(400, "Missing Mcp-Session-Id header", true);
        check(410, "session expired", true);
        check(400, r#"{"message":"Session Not Found"}"#, true);
        check(400, "Invalid or missing session ID", true);
        check(400, "Bad Request: Mcp-Session-Id header is required", true);
        check(400, "Bad Request: Missing session ID", true);
        check(400, "Session ID required in mcp-session-id header", true);
        check(400, r#"{"error":"invalid session"}"#, true);
        check(400, "unknown session: 7", true);
        check(400, "Not Found: Session has been terminated", true);
        check(400, "the session does not exist", true);
        check(400, "the session id is no longer valid", true);
        check(422, r#"{"message":"Session Not Found"}"#, false);
        check(409, "session expired", false);
        check(400, "missing argument session_id", false);
        check(400, "missing argument `session-id`", false);
        check(400, "missing required argument: session", false);
        check(400, "missing session_id", false);
        check(400, "session is required", false);
        check(400, "session_id is required", false);
        check(400, "invalid session name", false);
        check(400, "missing argument `path`", false);
        check(400, "", false);
        check(429, "too many requests in this session; the limit is unknown", false);
        check(500, "session not found", false);
    }
}

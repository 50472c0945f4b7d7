//! Whether a backend's refusal means that the session is gone, in whatever words it says so.

use bytes::Bytes;
use http::StatusCode;
use mcpmux_core::call::Body;
use mcpmux_protocol::Message;
use mcpmux_protocol::names::METHOD_NOT_FOUND;

/// What backends say beside "session" when they do not know ours any more.
const LOST: [&str; 12] = [
    "not found",
    "invalid",
    "no valid",
    "not valid",
    "expired",
    "unknown",
    "missing",
    "terminated",
    "required",
    "not exist",
    "no longer",
    "not initialized",
];
/// How much of a body is looked at.
const LOOKED_AT: usize = 2 << 10;

/// Whether the response to a request that carried a session refuses the session, before anything was executed.
/// The specification's word for it is 404 (2025-11-25, basic/transports, session management); some backends
/// answer with another status of the client's fault and say it in the body.
pub(crate) fn is_lost(status: StatusCode, body: &Bytes) -> bool {
    if status == StatusCode::NOT_FOUND {
        return !is_about_method(body);
    }
    if !status.is_client_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return false;
    }
    let text = String::from_utf8_lossy(body.get(..LOOKED_AT).unwrap_or(body)).to_lowercase();
    text.contains("session") && LOST.iter().any(|lost| text.contains(lost))
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
        check(422, r#"{"message":"Session Not Found"}"#, true);
        check(400, "missing argument `path`", false);
        check(400, "", false);
        check(429, "too many requests in this session; the limit is unknown", false);
        check(500, "session not found", false);
    }
}

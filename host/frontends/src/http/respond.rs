//! The HTTP responses of the frontend; what stands in their bodies is written elsewhere.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue,
    VARY,
};
use hyper::{Response as HttpResponse, StatusCode};
use mcpmux_core::json::Raw;
use mcpmux_protocol::names::INVALID_REQUEST;
use mcpmux_protocol::{headers, write};

use super::body::{Body, Source};
use super::{Response, channel, streams};
use crate::door::{Reply, Tone};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");

/// A message as JSON.
pub(super) fn json(status: StatusCode, text: Vec<u8>) -> Response {
    let mut response = HttpResponse::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer with the status that fits its tone.
pub(super) fn reply(reply: Reply) -> Response {
    let status = match reply.tone {
        Tone::Answer => StatusCode::OK,
        Tone::BadRequest => StatusCode::BAD_REQUEST,
        Tone::NotFound => StatusCode::NOT_FOUND,
    };
    json(status, reply.text)
}

/// The messages of a modern request as they come.
pub(super) fn stream(messages: channel::Reader) -> Response {
    events(Source::Channel(messages))
}

/// The messages of a stream of a session as they come, after those that came before.
pub(super) fn replay(messages: streams::Reader) -> Response {
    events(Source::Stream(messages))
}

fn events(source: Source) -> Response {
    let mut response = HttpResponse::new(Body::events(source));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENT_STREAM);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// No body.
pub(super) fn status(status: StatusCode) -> Response {
    let mut response = HttpResponse::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A refusal that is not about one message: its JSON-RPC error has no id.
pub(super) fn refuse(status: StatusCode, why: &str) -> Response {
    json(status, write::error(None, INVALID_REQUEST, why, None))
}

/// A refusal of a message that could be read.
pub(super) fn refuse_message(
    status: StatusCode,
    id: Option<&Raw>,
    code: i64,
    why: &str,
) -> Response {
    json(status, write::error(id, code, why, None))
}

pub(super) fn forbidden(why: &str) -> Response {
    refuse(StatusCode::FORBIDDEN, why)
}

pub(super) fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "the endpoint is /mcp")
}

pub(super) fn method_not_allowed() -> Response {
    let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, OPTIONS"));
    response
}

/// The answer to a preflight of an origin that is accepted.
pub(super) fn options() -> Response {
    let mut response = status(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ALLOW, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "accept, authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id",
        ),
    );
    response
}

/// Lets a page of this origin read the response.
pub(super) fn allow_origin(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(headers::SESSION));
    headers.insert(VARY, HeaderValue::from_static("origin"));
}

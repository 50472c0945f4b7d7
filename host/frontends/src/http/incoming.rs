//! What a POST brings: its headers are judged, its body is read within bounds, its parameters are taken apart.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::meta;

/// How long a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A request or notification with its parameters taken apart.
pub(super) struct Incoming {
    /// `None`: a notification.
    pub(super) id: Option<Raw>,
    pub(super) method: String,
    pub(super) params: Object,
    pub(super) meta: Object,
}

/// Whether the request is one that only a client of MCP makes.
pub(super) fn acceptable(headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind).trim_ascii();
    if !kind.eq_ignore_ascii_case("application/json") {
        let why = "the content type must be application/json";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    if headers.contains_key(CONTENT_ENCODING) {
        let why = "encoded bodies are not read; send the JSON as it is";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    if headers.contains_key(ACCEPT)
        && !accepts(headers, "application/json")
        && !accepts(headers, "text/event-stream")
    {
        let why = "the client must accept application/json and text/event-stream";
        return Err((StatusCode::NOT_ACCEPTABLE, why));
    }
    Ok(())
}

/// Whether the client takes a media type; one that says nothing takes everything.
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    let takes = |value: &str| {
        value.split(',').any(|range| {
            let range = range.split_once(';').map_or(range, |(range, _)| range).trim_ascii();
            let (kind, _) = wanted.split_once('/').unwrap_or((wanted, ""));
            range == "*/*"
                || range.eq_ignore_ascii_case(wanted)
                || range.strip_suffix("/*") == Some(kind)
        })
    };
    values.peek().is_none() || values.any(|value| value.to_str().is_ok_and(takes))
}

/// Reads a body within bounds of size and time.
pub(super) async fn read(
    body: hyper::body::Incoming,
    limit: usize,
) -> Result<Bytes, (StatusCode, String)> {
    let too_large = || {
        (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {limit} bytes; see `limits.body`"),
        )
    };
    if hyper::body::Body::size_hint(&body).lower() > limit as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, format!("the body broke off: {error}"))),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body took too long".to_owned())),
    }
}

pub(super) fn take_apart(params: Option<Raw>) -> serde_json::Result<(Object, Object)> {
    let mut params = params.map_or_else(|| Ok(Object::default()), |params| params.object())?;
    let meta = meta::split(&mut params)?;
    Ok((params, meta))
}

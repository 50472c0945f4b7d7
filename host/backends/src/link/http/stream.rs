//! Reading an HTTP response of a backend: a stream of events, or one bounded body; and where a stream was left.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_protocol::sse::{Decoder, Event};

use crate::faults;

/// How long to wait before a stream is resumed if the backend did not say.
const RETRY: Duration = Duration::from_secs(1);
/// The longest wait that a backend can ask for.
const LONGEST_RETRY: Duration = Duration::from_secs(3600);

/// The events of one response.
pub(crate) struct Events {
    body: Incoming,
    decoder: Decoder,
}

/// Why a stream ended early.
#[derive(Debug)]
pub(crate) enum Broken {
    /// An event was over the limit.
    TooLarge,
    /// The connection broke.
    Cut(String),
}

impl Broken {
    /// The fault of the call whose stream it was.
    pub(crate) fn fault(self, backend: &BackendName, limit: usize) -> Fault {
        match self {
            Self::TooLarge => faults::too_large(backend, limit),
            Self::Cut(why) => faults::outcome_unknown(backend, why),
        }
    }
}

impl Events {
    /// Of this response, with events up to `limit` bytes.
    pub(crate) fn new(response: Response<Incoming>, limit: usize) -> Self {
        Self { body: response.into_body(), decoder: Decoder::new(limit) }
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Broken> {
        loop {
            if let Some(event) = self.decoder.next_event().map_err(|_| Broken::TooLarge)? {
                return Ok(Some(event));
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame.map_err(|error| Broken::Cut(error.to_string()))?;
            if let Some(bytes) = frame.data_ref() {
                self.decoder.push(bytes);
            }
        }
    }
}

/// Where a stream was left, so that it can be resumed there (2025-11-25, basic/transports, resumability).
#[derive(Debug, Clone, Default)]
pub(crate) struct Cursor {
    /// The last event's id; `None`: the stream cannot be resumed.
    pub(crate) id: Option<HeaderValue>,
    retry: Option<Duration>,
}

impl Cursor {
    /// An event came.
    pub(crate) fn note(&mut self, event: &Event) {
        if let Some(id) = &event.id {
            // An empty id takes the last one back.
            self.id = HeaderValue::from_bytes(id.as_bytes()).ok().filter(|id| !id.is_empty());
        }
        if let Some(retry) = event.retry {
            self.retry = Some(Duration::from_millis(retry).min(LONGEST_RETRY));
        }
    }

    /// How long to wait before the stream is resumed.
    pub(crate) fn retry(&self) -> Duration {
        self.retry.unwrap_or(RETRY)
    }
}

/// The whole body of a response.
pub(crate) async fn whole(
    response: Response<Incoming>,
    backend: &BackendName,
    limit: usize,
) -> Result<Bytes, Fault> {
    match Limited::new(response.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(faults::too_large(backend, limit)),
        Err(error) => Err(faults::outcome_unknown(backend, error)),
    }
}

/// Whether a response's body is a stream of events.
pub(crate) fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    kind.get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
}

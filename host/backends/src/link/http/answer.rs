//! Reading the answer out of an HTTP response: one JSON message, or a stream of events that holds it.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use mcpmux_core::call::Body;
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_protocol::Message;
use mcpmux_protocol::sse::Decoder;
use tracing::debug;

use crate::faults;
use crate::link::lines::number_of;

/// Whose response it is, and what to do with messages that are not the answer.
pub(crate) struct Reader<'a> {
    pub(crate) backend: &'a BackendName,
    pub(crate) limit: usize,
    pub(crate) heard: &'a (dyn Fn(Message) + Sync),
}

impl Reader<'_> {
    /// The answer to the request of this number.
    pub(crate) async fn answer(
        &self,
        id: u64,
        response: Response<Incoming>,
    ) -> Result<Body, Fault> {
        let status = response.status();
        if status.is_success() && is_stream(response.headers()) {
            return match self.stream(Some(id), response).await? {
                Some(body) => Ok(body),
                None => Err(faults::outcome_unknown(self.backend, "its stream ended")),
            };
        }
        let limited = Limited::new(response.into_body(), self.limit);
        let body = match limited.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(faults::too_large(self.backend, self.limit));
            }
            Err(error) => return Err(faults::outcome_unknown(self.backend, error)),
        };
        match Message::parse(&body) {
            Ok(Message::Response { id: of, body }) if answers(&of, id, &body) => Ok(body),
            _ if status.is_success() => {
                Err(faults::protocol(self.backend, "no answer to the call"))
            }
            _ => Err(faults::protocol(self.backend, format!("HTTP status {}", status.as_u16()))),
        }
    }

    /// Reads a stream up to the answer to the request of this number, or to its end.
    pub(crate) async fn stream(
        &self,
        id: Option<u64>,
        response: Response<Incoming>,
    ) -> Result<Option<Body>, Fault> {
        let mut body = response.into_body();
        let mut decoder = Decoder::new(self.limit);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| faults::outcome_unknown(self.backend, error))?;
            let Some(bytes) = frame.data_ref() else { continue };
            decoder.push(bytes);
            while let Some(event) =
                decoder.next_event().map_err(|_| faults::too_large(self.backend, self.limit))?
            {
                if event.data.is_empty() {
                    continue;
                }
                match Message::parse(&event.data) {
                    Ok(Message::Response { id: of, body }) => {
                        if id.is_some_and(|id| answers(&of, id, &body)) {
                            return Ok(Some(body));
                        }
                    }
                    Ok(message) => (self.heard)(message),
                    Err(rejected) => {
                        debug!(backend = %self.backend, why = %rejected, "skipped an event that is no message");
                    }
                }
            }
        }
        Ok(None)
    }
}

/// Whether a response's body is a stream of events.
pub(crate) fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    kind.get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
}

/// Whether a response belongs to the request; an error may come without the request's number.
fn answers(of: &mcpmux_core::json::Raw, id: u64, body: &Body) -> bool {
    number_of(of) == Some(id) || (of.is_null() && matches!(body, Body::Error(_)))
}

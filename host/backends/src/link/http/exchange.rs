//! One request over HTTP and its answer: in the response, on its stream, or on a stream that resumes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use hyper::body::Incoming;
use mcpmux_core::call::{self, Answer, Body, NamedBy, Routed};
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Kind;
use mcpmux_core::json::Raw;
use mcpmux_protocol::names::{CANCELLED, HEADER_MISMATCH, UNSUPPORTED_VERSION};
use mcpmux_protocol::probe::{self, Finding};
use mcpmux_protocol::request::Numbers;
use mcpmux_protocol::{Message, headers, request, write};
use tokio::time::sleep;
use tracing::debug;

use super::stream::{self, Broken, Cursor, Events, is_stream};
use super::wire::NoResponse;
use super::{HttpLink, NAME, session};
use crate::faults;
use crate::link::hearing::Hearing;
use crate::link::pending::{Lost, Reply, Waiter};
use crate::link::underway::Underway;
use crate::link::{Voice, cancelled_params, number_of};

/// The answer to a request.
struct Answered {
    body: Body,
    /// Whether its status says that the request was refused, and nothing was said before on a stream: only then nothing can
    /// have been done.
    refused: bool,
}

/// How often in a row a stream cannot be resumed before it is given up.
const ATTEMPTS: usize = 5;

impl HttpLink {
    /// Sends a call; once more if a modern backend refuses, with a status that says so, how it is written, and that can be
    /// mended.
    pub(super) async fn exchange_call(
        self: &Arc<Self>,
        routed: &Routed,
        progress: bool,
        call: &Arc<Underway>,
    ) -> Result<Answer, Lost> {
        let revision = self.hearing.revision();
        let answer = |body| Answer { body, era: revision.era() };
        let Answered { body, refused } = self.exchange_once(routed, progress, call).await?;
        if revision.era() == Era::Legacy || !refused {
            return Ok(answer(body));
        }
        match refusal(&body) {
            Some(HEADER_MISMATCH) if routed.call.method == call::Method::ToolsCall => {
                self.mirrors.relearn(&self.hearing.changed).await;
            }
            Some(UNSUPPORTED_VERSION) => match probe::judge(&body) {
                Finding::Modern(spoken) if spoken == revision => {}
                // It was replaced by one of another age: the handshake is due again.
                _ => {
                    let why = "it no longer speaks the revision that it spoke";
                    self.hearing.closing.renew(faults::protocol(&self.hearing.name, why));
                    return Err(Lost::Refused);
                }
            },
            _ => return Ok(answer(body)),
        }
        Ok(answer(self.exchange_once(routed, progress, call).await?.body))
    }

    async fn exchange_once(
        self: &Arc<Self>,
        routed: &Routed,
        progress: bool,
        call: &Arc<Underway>,
    ) -> Result<Answered, Lost> {
        let id = self.number();
        let revision = self.hearing.revision();
        let numbers = Numbers { id, progress: progress.then_some(id) };
        let message = request::call(routed, revision, numbers);
        let headers = self.call_headers(routed, revision);
        self.exchange_told(id, headers, message, Some(call)).await
    }

    fn call_headers(&self, routed: &Routed, revision: Revision) -> HeaderMap {
        let (method, native) = (routed.call.method, routed.to.native.as_str());
        let mut headers = self.headers_for(method.as_str());
        if revision.era() == Era::Legacy {
            return headers;
        }
        // The encoding leaves nothing that a header could not hold.
        if method.named_by() != NamedBy::Reference
            && let Ok(name) = HeaderValue::from_str(&headers::encode(native))
        {
            headers.insert(NAME, name);
        }
        if method == call::Method::ToolsCall
            && let Some(arguments) = routed.call.params.get("arguments")
        {
            self.mirrors.write(native, arguments, &mut headers);
        }
        headers
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        id: u64,
        headers: HeaderMap,
        message: Vec<u8>,
        call: Option<&Arc<Underway>>,
    ) -> Reply {
        self.exchange_told(id, headers, message, call).await.map(|answered| answered.body)
    }

    async fn exchange_told(
        self: &Arc<Self>,
        id: u64,
        headers: HeaderMap,
        message: Vec<u8>,
        call: Option<&Arc<Underway>>,
    ) -> Result<Answered, Lost> {
        let taken = Arc::new(AtomicBool::new(false));
        self.hearing.pending.insert(id, Waiter { reply: None, call: call.cloned() });
        let mut waiting = Waiting { link: self, id, taken: &taken, over: false };
        let sent = match call {
            Some(_) => self.wire.send_call(headers, message, &taken).await,
            None => self.wire.send(Method::POST, headers, message, &taken).await,
        };
        let name = &self.hearing.name;
        let result = match sent {
            Err(NoResponse::Unsent(why)) => {
                self.hearing.closing.close(faults::unavailable(name, why));
                Err(Lost::Unsent)
            }
            Err(NoResponse::Lost(why)) => Err(Lost::Fault(faults::outcome_unknown(name, why))),
            Err(NoResponse::Credential(fault)) => {
                if fault.kind == Kind::AuthRequired {
                    // Nothing goes on before somebody has logged in.
                    self.hearing.closing.close(fault.clone());
                }
                Err(Lost::Fault(fault))
            }
            Err(NoResponse::Forbidden(fault)) => Err(Lost::Fault(fault)),
            Ok(response) => self.answer(id, response, call).await,
        };
        waiting.over = true;
        result
    }

    async fn answer(
        self: &Arc<Self>,
        id: u64,
        response: Response<Incoming>,
        call: Option<&Arc<Underway>>,
    ) -> Result<Answered, Lost> {
        let name = &self.hearing.name;
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED => {
                let fault = faults::auth_required(name, 401);
                self.hearing.closing.close(fault.clone());
                return Err(Lost::Fault(fault));
            }
            StatusCode::FORBIDDEN => return Err(Lost::Fault(faults::auth_required(name, 403))),
            _ if status.is_success() && is_stream(response.headers()) => {
                let body = self.answer_on_stream(id, response, call).await?;
                return Ok(Answered { body, refused: false });
            }
            _ => {}
        }
        let body = stream::whole(response, name, self.limit).await.map_err(Lost::Fault)?;
        if self.holds_session && session::is_lost(status, &body) {
            self.session_gone();
            return Err(Lost::Refused);
        }
        let mut found = None;
        for text in messages(&body, self.hearing.revision()) {
            match Message::parse(&text) {
                Ok(Message::Response { id: of, body }) if answers(&of, id, &body) => {
                    found = Some(body);
                }
                Ok(message) => Hearing::heard(self, call, message),
                Err(_) => {}
            }
        }
        let what = || match status.is_success() {
            true => "no answer to the call".to_owned(),
            false => format!("HTTP status {}", status.as_u16()),
        };
        let body = found.ok_or_else(|| Lost::Fault(faults::protocol(name, what())))?;
        Ok(Answered { body, refused: status.is_client_error() })
    }

    /// The answer on a stream. A legacy stream that ends without it is resumed where it was left, if the backend
    /// has marked the place; the request is not sent again.
    async fn answer_on_stream(
        self: &Arc<Self>,
        id: u64,
        mut response: Response<Incoming>,
        call: Option<&Arc<Underway>>,
    ) -> Reply {
        let name = &self.hearing.name;
        let mut cursor = Cursor::default();
        loop {
            let events = Events::new(response, self.limit);
            let broken = match self.read(events, Some(id), call, &mut cursor).await {
                Ok(Some(body)) => return Ok(body),
                Ok(None) => Broken::Cut("its stream ended".to_owned()),
                Err(broken) => broken,
            };
            if matches!(broken, Broken::TooLarge) {
                return Err(Lost::Fault(broken.fault(name, self.limit)));
            }
            match self.resume(&cursor).await {
                Some(resumed) => response = resumed,
                None => return Err(Lost::Fault(broken.fault(name, self.limit))),
            }
        }
    }

    async fn resume(&self, cursor: &Cursor) -> Option<Response<Incoming>> {
        if self.hearing.revision().era() == Era::Modern || cursor.id.is_none() {
            return None;
        }
        for _ in 0..ATTEMPTS {
            sleep(cursor.retry()).await;
            let Ok(response) = self.get(cursor).await else { continue };
            let status = response.status();
            if status.is_success() && is_stream(response.headers()) {
                return Some(response);
            }
            if !status.is_server_error() {
                debug!(backend = %self.hearing.name, %status, "its stream cannot be resumed");
                return None;
            }
        }
        None
    }

    /// Reads a stream up to the answer to the request of this number, or to its end.
    pub(super) async fn read(
        self: &Arc<Self>,
        mut events: Events,
        id: Option<u64>,
        call: Option<&Arc<Underway>>,
        cursor: &mut Cursor,
    ) -> Result<Option<Body>, Broken> {
        let revision = self.hearing.revision();
        while let Some(event) = events.next().await? {
            cursor.note(&event);
            if event.data.is_empty() {
                continue;
            }
            let mut found = None;
            for text in messages(&event.data, revision) {
                match Message::parse(&text) {
                    Ok(Message::Response { id: of, body })
                        if id.is_some_and(|id| answers(&of, id, &body)) =>
                    {
                        found = Some(body);
                    }
                    Ok(message) => Hearing::heard(self, call, message),
                    Err(rejected) => {
                        debug!(backend = %self.hearing.name, why = %rejected, "skipped an event that is no message");
                    }
                }
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The messages of a text: one, or the elements of a batch, which only one revision knows (2025-03-26, basic).
pub(crate) fn messages(text: &Bytes, revision: Revision) -> Vec<Bytes> {
    if revision == Revision::V2025_03_26
        && text.trim_ascii_start().first() == Some(&b'[')
        && let Ok(batch) = Raw::parse(text.clone())
        && let Ok(elements) = batch.elements()
    {
        return elements.iter().map(|element| element.bytes().clone()).collect();
    }
    vec![text.clone()]
}

/// The code of an error.
fn refusal(body: &Body) -> Option<i64> {
    let Body::Error(error) = body else { return None };
    error.object().ok()?.get("code")?.read().ok()
}

/// Whether a response belongs to the request; an error may come without the request's number.
fn answers(of: &Raw, id: u64, body: &Body) -> bool {
    number_of(of) == Some(id) || (of.is_null() && matches!(body, Body::Error(_)))
}

/// A request under way. If it is dropped, a legacy backend is told; a modern one sees its connection close.
struct Waiting<'a> {
    link: &'a Arc<HttpLink>,
    id: u64,
    taken: &'a Arc<AtomicBool>,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let hearing = &self.link.hearing;
        if self.over {
            // How it ended is known to whoever waits.
            hearing.pending.answer(self.id, Err(Lost::Unknown));
            return;
        }
        hearing.pending.give_up(self.id);
        if self.taken.load(Ordering::Relaxed) && hearing.revision().era() == Era::Legacy {
            let message = write::notification(CANCELLED, Some(&cancelled_params(self.id)));
            let link = Arc::clone(self.link);
            hearing.runtime.spawn(async move { link.say(message).await });
        }
    }
}

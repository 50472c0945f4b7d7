//! A link whose messages are HTTP requests to one endpoint, in both eras; without redirects.

mod answer;
mod greet;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use hyper::body::Incoming;
use mcpmux_core::call::{Answer, Body, Flight, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Fault;
use mcpmux_core::json::Object;
use mcpmux_core::names::BackendName;
use mcpmux_protocol::names::{CANCELLED, LISTEN, PROGRESS, TOOLS_CHANGED};
use mcpmux_protocol::request::Numbers;
use mcpmux_protocol::{Message, headers, request, write};
use tokio::sync::Notify;
use tokio::time::timeout;
use tracing::debug;

use super::closing::Closing;
use super::{Again, Ended, Hello, cancelled_params, listen_params, own_params};
use crate::waiting::{Pulse, within};
use crate::{asks, faults};
use answer::{Reader, is_stream};
use wire::{NoResponse, Wire};

pub(crate) use greet::{Target, connect};

const VERSION: HeaderName = HeaderName::from_static(headers::VERSION);
const SESSION: HeaderName = HeaderName::from_static(headers::SESSION);
const METHOD: HeaderName = HeaderName::from_static(headers::METHOD);
const NAME: HeaderName = HeaderName::from_static(headers::NAME);
/// How long a message without an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of a session may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// The link.
pub(crate) struct HttpLink {
    name: BackendName,
    /// Its end.
    pub(crate) closing: Closing,
    /// Notified when the backend says that its tools changed.
    pub(crate) changed: Notify,
    wire: Wire,
    /// What every request carries.
    headers: HeaderMap,
    revision: Revision,
    holds_session: bool,
    next: AtomicU64,
    limit: usize,
}

/// How a request ended without an answer.
enum Lost {
    Unsent(String),
    Refused,
    Fault(Fault),
}

impl HttpLink {
    fn new(
        name: BackendName,
        wire: Wire,
        headers: HeaderMap,
        revision: Revision,
        holds_session: bool,
        limit: usize,
    ) -> Self {
        Self {
            name,
            closing: Closing::default(),
            changed: Notify::new(),
            wire,
            headers,
            revision,
            holds_session,
            next: AtomicU64::new(2),
            limit,
        }
    }

    /// Sends a call and waits for its end.
    pub(crate) async fn call(
        self: &Arc<Self>,
        routed: &Routed,
        flight: &Flight,
        patience: &Patience,
    ) -> Ended {
        let id = self.number();
        let pulse = flight.events.clone().map(Pulse::new);
        let numbers = Numbers { id, progress: pulse.is_some().then_some(id) };
        let message = request::call(routed, self.revision, numbers);
        let mut headers = self.headers_for(routed.call.method.as_str());
        if self.revision.era() == Era::Modern {
            // The encoding leaves nothing that a header could not hold.
            if let Ok(name) = HeaderValue::from_str(&headers::encode(routed.entry.native.as_str()))
            {
                headers.insert(NAME, name);
            }
        }
        let answer = self.exchange(id, headers, message, pulse.as_ref());
        match within(patience, pulse.as_ref(), answer).await {
            Ok(Ok(body)) => Ended::With(Ok(Answer { body, era: self.revision.era() })),
            Ok(Err(Lost::Unsent(why))) => {
                self.closing.close(faults::unavailable(&self.name, why));
                Ended::Unsent
            }
            Ok(Err(Lost::Refused)) => Ended::Refused,
            Ok(Err(Lost::Fault(fault))) => Ended::With(Err(fault)),
            Err(after) => Ended::With(Err(faults::timeout(&self.name, after))),
        }
    }

    /// Sends a request of our own.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        method: &str,
        params: Object,
        patience: &Patience,
    ) -> Result<Body, Fault> {
        let id = self.number();
        let message = write::request(id, method, &own_params(params, self.revision));
        let answer = self.exchange(id, self.headers_for(method), message, None);
        match within(patience, None, answer).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Lost::Fault(fault))) => Err(fault),
            Ok(Err(Lost::Unsent(why))) => Err(faults::unavailable(&self.name, why)),
            Ok(Err(Lost::Refused)) => Err(faults::unavailable(&self.name, "its session is gone")),
            Err(after) => Err(faults::timeout(&self.name, after)),
        }
    }

    /// Hears of changes: on a stream of its own in both eras.
    pub(crate) async fn listen(self: &Arc<Self>, hello: &Hello) -> Again {
        if !hello.tells_changes() {
            return Again::Never;
        }
        let id = self.number();
        let taken = Arc::new(AtomicBool::new(false));
        let sent = if self.revision.era() == Era::Modern {
            let message = write::request(id, LISTEN, &own_params(listen_params(), self.revision));
            self.wire.send(Method::POST, self.headers_for(LISTEN), message, &taken).await
        } else {
            let mut headers = self.headers.clone();
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
            self.wire.send(Method::GET, headers, Vec::new(), &taken).await
        };
        let Ok(response) = sent else { return Again::Later };
        let status = response.status();
        if status.is_success() && is_stream(response.headers()) {
            let heard = |message| self.heard(message, None);
            return match self.reader(&heard).stream(Some(id), response).await {
                Ok(Some(Body::Error(_))) => Again::Never,
                _ => Again::Later,
            };
        }
        if status == StatusCode::NOT_FOUND && self.holds_session {
            self.session_gone();
        }
        if status.is_server_error() { Again::Later } else { Again::Never }
    }

    /// Tells the backend that its session is no longer needed.
    pub(crate) async fn end_session(&self) {
        if !self.holds_session || self.closing.wants_renewal() {
            return;
        }
        let taken = Arc::new(AtomicBool::new(false));
        let sent = self.wire.send(Method::DELETE, self.headers.clone(), Vec::new(), &taken);
        // A backend that does not care forgets the session in its own time.
        let _ = timeout(FAREWELL, sent).await;
    }

    /// Sends a message that has no answer.
    async fn notify(&self, message: Vec<u8>) -> Result<(), Fault> {
        let taken = Arc::new(AtomicBool::new(false));
        let sent = self.wire.send(Method::POST, self.headers.clone(), message, &taken);
        let Ok(sent) = timeout(PATIENCE, sent).await else {
            return Err(faults::timeout(&self.name, PATIENCE));
        };
        let status = sent.map_err(|failed| failed.fault(&self.name))?.status();
        if status.is_success() {
            return Ok(());
        }
        Err(faults::unavailable(&self.name, format!("HTTP status {status} to a notification")))
    }

    async fn exchange(
        self: &Arc<Self>,
        id: u64,
        headers: HeaderMap,
        message: Vec<u8>,
        pulse: Option<&Pulse>,
    ) -> Result<Body, Lost> {
        let taken = Arc::new(AtomicBool::new(false));
        let mut waiting = Waiting { link: self, id, taken: &taken, over: false };
        let sent = self.wire.send(Method::POST, headers, message, &taken).await;
        let result = match sent {
            Err(NoResponse::Unsent(why)) => Err(Lost::Unsent(why)),
            Err(NoResponse::Lost(why)) => {
                Err(Lost::Fault(faults::outcome_unknown(&self.name, why)))
            }
            Err(NoResponse::Credential(fault)) => Err(Lost::Fault(fault)),
            Ok(response) => self.answer(id, response, pulse).await,
        };
        waiting.over = true;
        result
    }

    async fn answer(
        self: &Arc<Self>,
        id: u64,
        response: Response<Incoming>,
        pulse: Option<&Pulse>,
    ) -> Result<Body, Lost> {
        match response.status() {
            StatusCode::NOT_FOUND if self.holds_session => {
                self.session_gone();
                Err(Lost::Refused)
            }
            StatusCode::UNAUTHORIZED => {
                let fault = faults::auth_required(&self.name, 401);
                self.closing.close(fault.clone());
                Err(Lost::Fault(fault))
            }
            StatusCode::FORBIDDEN => Err(Lost::Fault(faults::auth_required(&self.name, 403))),
            _ => {
                let heard = |message| self.heard(message, pulse);
                self.reader(&heard).answer(id, response).await.map_err(Lost::Fault)
            }
        }
    }

    fn session_gone(&self) {
        self.closing.renew(faults::unavailable(&self.name, "it has ended the session"));
    }

    /// The backend said something that is no answer.
    fn heard(self: &Arc<Self>, message: Message, pulse: Option<&Pulse>) {
        match message {
            Message::Notification { method, params } => match method.as_str() {
                PROGRESS => {
                    if let (Some(pulse), Some(Ok(params))) =
                        (pulse, params.as_ref().map(mcpmux_core::json::Raw::object))
                    {
                        pulse.beat(params);
                    }
                }
                TOOLS_CHANGED => self.changed.notify_one(),
                _ => {}
            },
            Message::Request { id, method, .. } => self.post(asks::answer(&id, &method)),
            Message::Response { .. } => {}
        }
    }

    /// Sends a message that has no answer, on its own.
    fn post(self: &Arc<Self>, message: Vec<u8>) {
        // Without a runtime mcpmux is being torn down, and so is the backend's interest.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let link = Arc::clone(self);
        runtime.spawn(async move {
            if let Err(fault) = link.notify(message).await {
                debug!(backend = %link.name, why = %fault, "a message was not taken");
            }
        });
    }

    fn reader<'a>(&'a self, heard: &'a (dyn Fn(Message) + Sync)) -> Reader<'a> {
        Reader { backend: &self.name, limit: self.limit, heard }
    }

    fn headers_for(&self, method: &str) -> HeaderMap {
        let mut headers = self.headers.clone();
        if self.revision.era() == Era::Modern
            && let Ok(method) = HeaderValue::from_str(method)
        {
            headers.insert(METHOD, method);
        }
        headers
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
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
        let written = self.taken.load(Ordering::Relaxed);
        if !self.over && written && self.link.revision.era() == Era::Legacy {
            self.link.post(write::notification(CANCELLED, Some(&cancelled_params(self.id))));
        }
    }
}

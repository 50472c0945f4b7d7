//! A link whose messages are HTTP requests to one endpoint, in both eras; without redirects.

mod exchange;
mod greet;
mod mirrors;
mod session;
mod sse;
mod stream;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use mcpmux_core::call::{Body, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::era::Era;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::Object;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::Pending as Future;
use mcpmux_protocol::names::LISTEN;
use mcpmux_protocol::{headers, write};
use tokio::time::{sleep, timeout};
use tracing::debug;

use super::hearing::{Hearing, Voice};
use super::pending::{Lost, Waiter};
use super::underway::Underway;
use super::{Again, Ended, own_params};
use crate::faults;
use crate::waiting::{Pulse, within};
use stream::{Cursor, Events, is_stream};
use wire::Wire;

pub(crate) use greet::{Met, Target, connect};
pub(crate) use mirrors::Mirrors;
pub(crate) use sse::{Posts, Stream};

const VERSION: HeaderName = HeaderName::from_static(headers::VERSION);
const SESSION: HeaderName = HeaderName::from_static(headers::SESSION);
const METHOD: HeaderName = HeaderName::from_static(headers::METHOD);
const NAME: HeaderName = HeaderName::from_static(headers::NAME);
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// What a stream is asked for with.
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
/// How long a message without an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of a session may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// The link.
pub(crate) struct HttpLink {
    /// What the backend says.
    pub(crate) hearing: Hearing,
    wire: Wire,
    /// What every request carries.
    headers: HeaderMap,
    holds_session: bool,
    next: AtomicU64,
    limit: usize,
    /// Which arguments are mirrored into headers.
    mirrors: Arc<Mirrors>,
}

impl Voice for HttpLink {
    fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    fn say(&self, message: Vec<u8>) -> Future<'_, ()> {
        Box::pin(async move {
            if let Err(fault) = self.notify(message).await {
                debug!(backend = %self.hearing.name, why = %fault, "a message was not taken");
            }
        })
    }
}

impl HttpLink {
    /// Sends a call and waits for its end.
    pub(crate) async fn call(
        self: &Arc<Self>,
        routed: &Routed,
        flight: &Flight,
        patience: &Patience,
    ) -> Ended {
        let call = Underway::new(routed, flight, patience);
        let name = &self.hearing.name;
        let answer = self.exchange_call(routed, flight.progress, &call);
        match within(patience, &call.pulse, answer).await {
            Ok(Ok(answer)) => Ended::With(Ok(answer)),
            Ok(Err(Lost::Unsent)) => Ended::Unsent,
            Ok(Err(Lost::Refused)) => Ended::Refused,
            Ok(Err(Lost::Unknown)) => {
                Ended::With(Err(faults::outcome_unknown(name, self.hearing.why())))
            }
            Ok(Err(Lost::Fault(fault))) => Ended::With(Err(fault)),
            Err(after) => Ended::With(Err(faults::timeout(name, after))),
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
        let message = write::request(id, method, &own_params(params, self.hearing.revision()));
        let answer = self.exchange(id, self.headers_for(method), message, None);
        match within(patience, &Pulse::new(), answer).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Lost::Fault(fault))) => Err(fault),
            Ok(Err(_)) => Err(faults::unavailable(&self.hearing.name, self.hearing.why())),
            Err(after) => Err(faults::timeout(&self.hearing.name, after)),
        }
    }

    /// Reads a legacy backend's own stream, resuming it where it can be, until there is no more to read.
    pub(crate) async fn tune_in(self: &Arc<Self>) -> Again {
        let mut cursor = Cursor::default();
        loop {
            let again = self.tune_in_once(&mut cursor).await;
            if again == Again::Never || cursor.id.is_none() {
                self.hearing.attentive.send_replace(true);
                return again;
            }
            sleep(cursor.retry()).await;
        }
    }

    async fn tune_in_once(self: &Arc<Self>, cursor: &mut Cursor) -> Again {
        let Ok(response) = self.get(cursor).await else {
            // It is opened anew, and what was missed is asked for.
            cursor.id = None;
            return Again::Later;
        };
        let status = response.status();
        if status.is_success() && is_stream(response.headers()) {
            self.hearing.attentive.send_replace(true);
            if let Err(broken) =
                self.read(Events::new(response, self.limit), None, None, cursor).await
            {
                debug!(backend = %self.hearing.name, ?broken, "its stream broke off");
            }
            return Again::Later;
        }
        cursor.id = None;
        if self.holds_session && status.is_client_error() {
            let body = stream::whole(response, &self.hearing.name, self.limit).await;
            if session::is_lost(status, &body.unwrap_or_default()) {
                self.session_gone();
            }
        }
        if status.is_server_error() { Again::Later } else { Again::Never }
    }

    /// Opens a stream of changes and reads it until it ends.
    pub(crate) async fn listen(self: &Arc<Self>, id: u64, params: Object) -> Again {
        let (reply, ended) = tokio::sync::oneshot::channel();
        if !self.hearing.pending.insert(id, Waiter { reply: Some(reply), call: None }) {
            return Again::Later;
        }
        let _open = Open { link: self, id };
        tokio::select! {
            again = self.listen_to(id, params) => again,
            // The backend has ended it with a notification.
            _ = ended => Again::Later,
        }
    }

    async fn listen_to(self: &Arc<Self>, id: u64, params: Object) -> Again {
        let params = own_params(params, self.hearing.revision());
        let message = write::request(id, LISTEN, &params);
        let taken = Arc::new(AtomicBool::new(false));
        let sent = self.wire.send(Method::POST, self.headers_for(LISTEN), message, &taken).await;
        let Ok(response) = sent else { return Again::Later };
        let status = response.status();
        if !status.is_success() || !is_stream(response.headers()) {
            return if status.is_server_error() { Again::Later } else { Again::Never };
        }
        let events = Events::new(response, self.limit);
        match self.read(events, Some(id), None, &mut Cursor::default()).await {
            Ok(Some(Body::Error(_))) => Again::Never,
            _ => Again::Later,
        }
    }

    /// Tells the backend that its session is no longer needed.
    pub(crate) async fn end_session(&self) {
        if !self.holds_session || self.hearing.closing.wants_renewal() {
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
        let name = &self.hearing.name;
        let Ok(sent) = timeout(PATIENCE, sent).await else {
            return Err(faults::timeout(name, PATIENCE));
        };
        let status = sent.map_err(|failed| failed.fault(name))?.status();
        if status.is_success() {
            return Ok(());
        }
        if status == StatusCode::NOT_FOUND && self.holds_session {
            self.session_gone();
        }
        Err(faults::unavailable(name, format!("HTTP status {status} to a message")))
    }

    /// Asks for a stream, from where the last one was left.
    async fn get(
        &self,
        cursor: &Cursor,
    ) -> Result<http::Response<hyper::body::Incoming>, wire::NoResponse> {
        let mut headers = self.headers.clone();
        headers.insert(ACCEPT, EVENTS);
        headers.extend(cursor.id.clone().map(|id| (LAST_EVENT, id)));
        let taken = Arc::new(AtomicBool::new(false));
        self.wire.send(Method::GET, headers, Vec::new(), &taken).await
    }

    fn session_gone(&self) {
        let name = &self.hearing.name;
        self.hearing.closing.renew(faults::unavailable(name, "it has ended the session"));
    }

    fn headers_for(&self, method: &str) -> HeaderMap {
        let mut headers = self.headers.clone();
        if self.hearing.revision().era() == Era::Modern
            && let Ok(method) = HeaderValue::from_str(method)
        {
            headers.insert(METHOD, method);
        }
        headers
    }

    /// Which arguments are mirrored into headers.
    pub(crate) const fn mirrors(&self) -> &Arc<Mirrors> {
        &self.mirrors
    }

    /// A number for a request.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// A stream of changes that is being read.
struct Open<'a> {
    link: &'a HttpLink,
    id: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.link.hearing.pending.give_up(self.id);
    }
}

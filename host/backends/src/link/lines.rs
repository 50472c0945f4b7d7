//! A link whose messages are lines on a stream of bytes, in both directions; what carries the bytes, a
//! process or a sandboxed program, is beside it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use mcpmux_core::call::{Body, Flight, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Fault;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::Input;
use mcpmux_protocol::lines::{Line, frame};
use mcpmux_protocol::names::{CANCELLED, LISTEN, PROGRESS, TOOLS_CHANGED};
use mcpmux_protocol::request::Numbers;
use mcpmux_protocol::{Message, meta, request, write};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::closing::Closing;
use super::outbox::{Outbox, Sent};
use super::pending::{Pending, Reply, Waiter};
use super::{Again, Ended, Hello, cancelled_params, listen_params, own_params};
use crate::waiting::{Pulse, within};
use crate::{asks, faults};

mod noise;

use noise::Noise;

/// How long a link that takes nothing more has to end before its caller is told that it is overloaded.
const ENDING: Duration = Duration::from_secs(1);

/// Where a link's bytes go.
pub(crate) enum Sink {
    /// To a process.
    Pipe(Outbox),
    /// To a sandboxed program, until it is stopped.
    Program(Mutex<Option<Box<dyn Input>>>),
}

/// The link.
pub(crate) struct LineLink {
    /// Whose it is.
    pub(crate) name: BackendName,
    /// Its end.
    pub(crate) closing: Closing,
    /// Notified when the backend says that its tools changed.
    pub(crate) changed: Notify,
    /// The other side is gone; why is not yet known.
    pub(crate) hangup: CancellationToken,
    pub(crate) sink: Sink,
    pending: Pending,
    next: AtomicU64,
    revision: OnceLock<Revision>,
    noise: Noise,
}

/// How a request ended without an answer.
pub(crate) enum Lost {
    /// Not a byte of it was written.
    Unsent,
    /// The link ended after it was written.
    Unknown,
    /// Something else.
    Fault(Fault),
}

impl LineLink {
    /// A link over this sink; whoever reads its other side calls [`LineLink::line`].
    pub(crate) fn new(name: BackendName, sink: Sink) -> Self {
        Self {
            noise: Noise::new(name.clone()),
            name,
            closing: Closing::default(),
            changed: Notify::new(),
            hangup: CancellationToken::new(),
            sink,
            pending: Pending::default(),
            next: AtomicU64::new(1),
            revision: OnceLock::new(),
        }
    }

    /// The handshake found this.
    pub(crate) fn speaks(&self, revision: Revision) {
        // A link shakes hands once.
        let _ = self.revision.set(revision);
    }

    fn revision(&self) -> Revision {
        self.revision.get().copied().unwrap_or(Revision::NEWEST_LEGACY)
    }

    /// Ends the link.
    pub(crate) fn end(&self, why: Fault) {
        self.closing.close(why);
        self.pending.close();
    }

    /// Sends a call and waits for its end.
    pub(crate) async fn call(
        &self,
        routed: &Routed,
        flight: &Flight,
        patience: &Patience,
    ) -> Ended {
        let id = self.number();
        let pulse = flight.events.clone().map(|events| Arc::new(Pulse::new(events)));
        let revision = self.revision();
        let numbers = Numbers { id, progress: pulse.is_some().then_some(id) };
        let message = request::call(routed, revision, numbers);
        let answer = self.exchange(id, message, pulse.clone(), true);
        let outcome = match within(patience, pulse.as_deref(), answer).await {
            Ok(Ok(body)) => Ok(mcpmux_core::call::Answer { body, era: revision.era() }),
            Ok(Err(Lost::Fault(fault))) => Err(fault),
            Ok(Err(Lost::Unknown)) => Err(faults::outcome_unknown(&self.name, self.why())),
            Ok(Err(Lost::Unsent)) => {
                if timeout(ENDING, self.closing.closed()).await.is_ok() {
                    return Ended::Unsent;
                }
                Err(faults::overloaded(&self.name))
            }
            Err(after) => Err(faults::timeout(&self.name, after)),
        };
        Ended::With(outcome)
    }

    /// Sends a request of our own.
    pub(crate) async fn ask(
        &self,
        method: &str,
        params: Object,
        patience: &Patience,
    ) -> Result<Body, Fault> {
        let params = own_params(params, self.revision());
        match within(patience, None, self.exchange_own(method, &params, true)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Lost::Fault(fault))) => Err(fault),
            Ok(Err(_)) => Err(faults::unavailable(&self.name, self.why())),
            Err(after) => Err(faults::timeout(&self.name, after)),
        }
    }

    /// Hears of changes: in the legacy era they come by themselves.
    pub(crate) async fn listen(&self, hello: &Hello) -> Again {
        if hello.revision.era() == Era::Legacy || !hello.tells_changes() {
            return Again::Never;
        }
        let params = own_params(listen_params(), hello.revision);
        match self.exchange_own(LISTEN, &params, true).await {
            Ok(Body::Error(_)) => Again::Never,
            _ => Again::Later,
        }
    }

    /// Sends a request of our own and waits without a limit; `tell`: whether to cancel it if this is dropped.
    pub(crate) async fn exchange_own(
        &self,
        method: &str,
        params: &Raw,
        tell: bool,
    ) -> Result<Body, Lost> {
        let id = self.number();
        self.exchange(id, write::request(id, method, params), None, tell).await
    }

    async fn exchange(
        &self,
        id: u64,
        message: Vec<u8>,
        pulse: Option<Arc<Pulse>>,
        tell: bool,
    ) -> Result<Body, Lost> {
        let (reply, answer) = oneshot::channel::<Reply>();
        if !self.pending.insert(id, Waiter { reply, pulse }) {
            return Err(Lost::Unsent);
        }
        let sent = self.send(Some(id), frame(message));
        let mut waiting = Waiting { link: self, id, sent, tell, over: false };
        if sent == Sent::Refused {
            waiting.tell = false;
            return Err(Lost::Unsent);
        }
        let answer = answer.await;
        waiting.over = true;
        match answer {
            Ok(reply) => reply.map_err(Lost::Fault),
            Err(_) if waiting.was_written() => Err(Lost::Unknown),
            Err(_) => Err(Lost::Unsent),
        }
    }

    /// Sends a message that has no answer. If the link takes no more, it is lost, as the link soon is.
    pub(crate) fn post(&self, message: Vec<u8>) {
        self.send(None, frame(message));
    }

    fn send(&self, id: Option<u64>, message: Vec<u8>) -> Sent {
        let sent = match &self.sink {
            Sink::Pipe(outbox) => outbox.send(id, message),
            Sink::Program(input) => {
                let input = input.lock().unwrap_or_else(PoisonError::into_inner);
                let taken = input.as_ref().is_some_and(|input| input.write(Bytes::from(message)));
                return if taken { Sent::Written } else { Sent::Refused };
            }
        };
        if sent == Sent::Refused && id.is_some() {
            self.hangup.cancel();
        }
        sent
    }

    /// The backend wrote a line.
    pub(crate) fn line(&self, line: Line) {
        let line = match line {
            Line::Whole(line) => line,
            Line::TooLong => return self.line_too_long(),
        };
        match Message::parse(&line) {
            Ok(Message::Response { id, body }) => self.answered(&id, Ok(body)),
            Ok(Message::Notification { method, params }) => self.notified(&method, params.as_ref()),
            Ok(Message::Request { id, method, .. }) => self.post(asks::answer(&id, &method)),
            Err(rejected) => match rejected.id {
                Some(id) => self.answered(&id, Err(faults::protocol(&self.name, rejected.why))),
                None => self.noise.heard(&line),
            },
        }
    }

    fn answered(&self, id: &Raw, reply: Reply) {
        match number_of(id).and_then(|id| self.pending.take(id)) {
            // If nobody waits any more, the call was cancelled a moment ago.
            Some(waiter) => drop(waiter.reply.send(reply)),
            None => debug!(backend = %self.name, "an answer came that nobody waits for"),
        }
    }

    fn notified(&self, method: &str, params: Option<&Raw>) {
        match method {
            PROGRESS => {
                let Some(Ok(params)) = params.map(Raw::object) else { return };
                let token = params.get(meta::PROGRESS_TOKEN).and_then(number_of);
                if let Some(pulse) = token.and_then(|token| self.pending.pulse(token)) {
                    pulse.beat(params);
                }
            }
            TOOLS_CHANGED => self.changed.notify_one(),
            _ => {}
        }
    }

    /// Whose answer it was cannot be told, so every request that waits is answered.
    fn line_too_long(&self) {
        warn!(backend = %self.name, "a line over the limit was skipped, and all calls under way ended");
        for waiter in self.pending.take_all() {
            let fault = faults::protocol(&self.name, "a line over the limit");
            // If nobody waits any more, the call was cancelled a moment ago.
            let _ = waiter.reply.send(Err(fault));
        }
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn why(&self) -> String {
        self.closing.why().map_or_else(|| "the link ended".to_owned(), ToString::to_string)
    }
}

/// A request that was sent; if it is dropped while it waits, the backend is told.
struct Waiting<'a> {
    link: &'a LineLink,
    id: u64,
    sent: Sent,
    tell: bool,
    over: bool,
}

impl Waiting<'_> {
    fn was_written(&self) -> bool {
        match (&self.link.sink, self.sent) {
            (_, Sent::Written) => true,
            (_, Sent::Refused) => false,
            (Sink::Pipe(outbox), Sent::Queued) => !outbox.withdraw(self.id),
            (Sink::Program(_), Sent::Queued) => true,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.over || self.link.pending.take(self.id).is_none() {
            return;
        }
        if self.was_written() && self.tell {
            self.link.post(write::notification(CANCELLED, Some(&cancelled_params(self.id))));
        }
    }
}

/// A number of ours, as a backend returns it; some write it as a string.
pub(crate) fn number_of(id: &Raw) -> Option<u64> {
    let text = id.as_bytes();
    let digits = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

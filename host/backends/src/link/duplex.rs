//! A link with one channel of messages each way; what carries them, a process, a sandboxed program or the old
//! HTTP+SSE transport, is beside it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use mcpmux_core::call::{Answer, Body, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{BackendEvents, Input, Pending as Future};
use mcpmux_protocol::lines::{Line, frame};
use mcpmux_protocol::names::{CANCELLED, LISTEN};
use mcpmux_protocol::request::Numbers;
use mcpmux_protocol::{Message, request, write};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::hearing::{Hearing, Voice};
use super::http::Posts;
use super::outbox::{Outbox, Sent};
use super::pending::{Lost, Reply, Waiter};
use super::underway::Underway;
use super::{Again, Ended, cancelled_params, number_of, own_params};
use crate::faults;
use crate::waiting::{Pulse, within};

mod noise;

use noise::Noise;

/// How long a link that takes nothing more has to end before its caller is told that it is overloaded.
const ENDING: Duration = Duration::from_secs(1);

/// Where a link's messages go.
pub(crate) enum Sink {
    /// To a process.
    Pipe(Outbox),
    /// To a sandboxed program, until it is stopped.
    Program(Mutex<Option<Box<dyn Input>>>),
    /// To the endpoint that goes with a stream of events.
    Posts(Box<Posts>),
}

/// The link.
pub(crate) struct Duplex {
    /// What the backend says.
    pub(crate) hearing: Hearing,
    /// The other side is gone; why is not yet known.
    pub(crate) hangup: CancellationToken,
    pub(crate) sink: Sink,
    next: AtomicU64,
    noise: Noise,
}

impl Voice for Duplex {
    fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    fn say(&self, message: Vec<u8>) -> Future<'_, ()> {
        if let Sink::Posts(posts) = &self.sink {
            return Box::pin(async move {
                let taken = Arc::default();
                if let Err(lost) = posts.send(&self.hearing.name, message, &taken).await {
                    debug!(backend = %self.hearing.name, ?lost, "a message was not taken");
                }
            });
        }
        self.write(None, message);
        Box::pin(std::future::ready(()))
    }
}

impl Duplex {
    /// A link over this sink; whoever reads its other side calls [`Duplex::line`] or [`Duplex::heard`].
    pub(crate) fn new(name: BackendName, sink: Sink, events: Arc<dyn BackendEvents>) -> Self {
        Self {
            noise: Noise::new(name.clone()),
            hearing: Hearing::new(name, events),
            hangup: CancellationToken::new(),
            sink,
            next: AtomicU64::new(1),
        }
    }

    /// Ends the link.
    pub(crate) fn end(&self, why: Fault) {
        self.hearing.closing.close(why);
        self.hearing.pending.close();
    }

    /// Sends a call and waits for its end.
    pub(crate) async fn call(
        self: &Arc<Self>,
        routed: &Routed,
        flight: &Flight,
        patience: &Patience,
    ) -> Ended {
        let id = self.number();
        let call = Underway::new(routed, flight, patience);
        let revision = self.hearing.revision();
        let numbers = Numbers { id, progress: flight.progress.then_some(id) };
        let message = request::call(routed, revision, numbers);
        let answer = self.exchange(id, message, Some(&call), true);
        let name = &self.hearing.name;
        let outcome = match within(patience, &call.pulse, answer).await {
            Ok(Ok(body)) => Ok(Answer { body, era: revision.era() }),
            Ok(Err(Lost::Fault(fault))) => Err(fault),
            Ok(Err(Lost::Unknown)) => Err(faults::outcome_unknown(name, self.hearing.why())),
            Ok(Err(Lost::Refused)) => return Ended::Refused,
            Ok(Err(Lost::Unsent)) => {
                if timeout(ENDING, self.hearing.closing.closed()).await.is_ok() {
                    return Ended::Unsent;
                }
                Err(faults::overloaded(name))
            }
            Err(after) => Err(faults::timeout(name, after)),
        };
        Ended::With(outcome)
    }

    /// Sends a request of our own.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        method: &str,
        params: Object,
        patience: &Patience,
    ) -> Result<Body, Fault> {
        let params = own_params(params, self.hearing.revision());
        match within(patience, &Pulse::new(), self.exchange_own(method, &params, true)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Lost::Fault(fault))) => Err(fault),
            Ok(Err(_)) => Err(faults::unavailable(&self.hearing.name, self.hearing.why())),
            Err(after) => Err(faults::timeout(&self.hearing.name, after)),
        }
    }

    /// Opens a stream of changes and waits for its end.
    pub(crate) async fn listen(self: &Arc<Self>, id: u64, params: Object) -> Again {
        let params = own_params(params, self.hearing.revision());
        match self.exchange(id, write::request(id, LISTEN, &params), None, true).await {
            Ok(Body::Error(_)) => Again::Never,
            _ => Again::Later,
        }
    }

    /// Sends a request of our own and waits without a limit; `tell`: whether to cancel it if this is dropped.
    pub(crate) async fn exchange_own(
        self: &Arc<Self>,
        method: &str,
        params: &Raw,
        tell: bool,
    ) -> Reply {
        let id = self.number();
        self.exchange(id, write::request(id, method, params), None, tell).await
    }

    async fn exchange(
        self: &Arc<Self>,
        id: u64,
        message: Vec<u8>,
        call: Option<&Arc<Underway>>,
        tell: bool,
    ) -> Reply {
        let (reply, answer) = oneshot::channel::<Reply>();
        let waiter = Waiter { reply: Some(reply), call: call.cloned() };
        if !self.hearing.pending.insert(id, waiter) {
            return Err(Lost::Unsent);
        }
        let (sent, posting) = self.send(id, message);
        let mut waiting = Waiting { link: self, id, sent, posting, tell, over: false };
        if sent == Sent::Refused {
            waiting.tell = false;
            return Err(Lost::Unsent);
        }
        let answer = answer.await;
        waiting.over = true;
        match answer {
            Ok(reply) => reply,
            Err(_) if waiting.was_written() => Err(Lost::Unknown),
            Err(_) => Err(Lost::Unsent),
        }
    }

    /// Sends a request.
    fn send(self: &Arc<Self>, id: u64, message: Vec<u8>) -> (Sent, Option<Posting>) {
        if matches!(self.sink, Sink::Posts(_)) {
            let (link, taken) = (Arc::clone(self), Arc::<AtomicBool>::default());
            let takes = Arc::clone(&taken);
            let task = self.hearing.runtime.spawn(async move {
                let Sink::Posts(posts) = &link.sink else { return };
                if let Err(lost) = posts.send(&link.hearing.name, message, &takes).await {
                    link.refused(id, lost);
                }
            });
            return (Sent::Written, Some(Posting { task: task.abort_handle(), taken }));
        }
        let sent = self.write(Some(id), message);
        if sent == Sent::Refused && matches!(self.sink, Sink::Pipe(_)) {
            self.hangup.cancel();
        }
        (sent, None)
    }

    /// Sends a message that has no answer, without waiting for it.
    pub(crate) fn post(self: &Arc<Self>, message: Vec<u8>) {
        if matches!(self.sink, Sink::Posts(_)) {
            let link = Arc::clone(self);
            self.hearing.runtime.spawn(async move { link.say(message).await });
        } else {
            self.write(None, message);
        }
    }

    /// A request did not reach the endpoint, or was refused there.
    fn refused(&self, id: u64, lost: Lost) {
        let why = match &lost {
            Lost::Refused => "it has ended the session",
            Lost::Unsent => "it cannot be reached",
            Lost::Unknown | Lost::Fault(_) => {
                self.hearing.pending.answer(id, Err(lost));
                return;
            }
        };
        self.hearing.pending.answer(id, Err(lost));
        self.hearing.closing.renew(faults::unavailable(&self.hearing.name, why));
        self.hearing.pending.close();
    }

    /// Writes a message where messages are lines; without a number, it may be lost if the link takes no more, as
    /// the link soon is.
    fn write(&self, id: Option<u64>, message: Vec<u8>) -> Sent {
        match &self.sink {
            Sink::Pipe(outbox) => outbox.send(id, frame(message)),
            Sink::Program(input) => {
                let input = input.lock().unwrap_or_else(PoisonError::into_inner);
                let message = Bytes::from(frame(message));
                let taken = input.as_ref().is_some_and(|input| input.write(message));
                if taken { Sent::Written } else { Sent::Refused }
            }
            Sink::Posts(_) => Sent::Refused,
        }
    }

    /// The backend wrote a line.
    pub(crate) fn line(self: &Arc<Self>, line: Line) {
        match line {
            Line::Whole(line) => self.heard(&line),
            Line::TooLong => self.too_long(),
        }
    }

    /// The backend said something.
    pub(crate) fn heard(self: &Arc<Self>, text: &Bytes) {
        match Message::parse(text) {
            Ok(Message::Response { id, body }) => self.answered(&id, Ok(body)),
            Ok(message) => Hearing::heard(self, None, message),
            Err(rejected) => match rejected.id {
                Some(id) => {
                    let fault = faults::protocol(&self.hearing.name, rejected.why);
                    self.answered(&id, Err(Lost::Fault(fault)));
                }
                None => self.noise.heard(text),
            },
        }
    }

    fn answered(&self, id: &Raw, reply: Reply) {
        // What the backend could not read, it answers without a number.
        let unread = id.is_null() && matches!(reply, Ok(Body::Error(_)));
        let only = || if unread { self.hearing.pending.only() } else { None };
        let id = number_of(id).or_else(only);
        if !id.is_some_and(|id| self.hearing.pending.answer(id, reply)) {
            debug!(backend = %self.hearing.name, "an answer came that nobody waits for");
        }
    }

    /// Whose answer it was cannot be told, so every request that waits is answered.
    pub(crate) fn too_long(&self) {
        let name = &self.hearing.name;
        warn!(backend = %name, "a message over the limit was skipped, and all calls under way ended");
        let fault = || faults::protocol(name, "a message over the limit");
        self.hearing.pending.answer_all(|| Err(Lost::Fault(fault())));
    }

    /// A number for a request.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// A request that was sent; if it is dropped while it waits, the backend is told.
struct Waiting<'a> {
    link: &'a Arc<Duplex>,
    id: u64,
    sent: Sent,
    posting: Option<Posting>,
    tell: bool,
    over: bool,
}

/// A request on its way to an endpoint of its own, which may have to wait for a credential first.
struct Posting {
    task: AbortHandle,
    /// Whether its first byte may have been written.
    taken: Arc<AtomicBool>,
}

impl Waiting<'_> {
    /// Takes back what the backend has not seen, so that it is not sent later, when nobody waits for it any more; whether
    /// that was so.
    fn withdraw(&self) -> bool {
        let unseen = |posting: &&Posting| !posting.taken.load(Ordering::Relaxed);
        let Some(posting) = self.posting.as_ref().filter(unseen) else { return false };
        posting.task.abort();
        true
    }

    fn was_written(&self) -> bool {
        match (&self.link.sink, self.sent) {
            (_, Sent::Written) => true,
            (_, Sent::Refused) => false,
            (Sink::Pipe(outbox), Sent::Queued) => !outbox.withdraw(self.id),
            (_, Sent::Queued) => true,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let withdrawn = self.withdraw();
        if self.over || !self.link.hearing.pending.give_up(self.id) {
            return;
        }
        if !withdrawn && self.was_written() && self.tell {
            self.link.post(write::notification(CANCELLED, Some(&cancelled_params(self.id))));
        }
    }
}

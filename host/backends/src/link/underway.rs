//! A call that is under way on a link: whose it is, and how it ended; questions and log messages that name no
//! call are sorted by this.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use mcpmux_core::call::{NamedBy, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::json::Object;
use mcpmux_core::names::NativeName;
use mcpmux_core::peer::{Event, Flight, Peer};
use tokio::sync::Notify;

use crate::waiting::Pulse;

/// The call.
pub(crate) struct Underway {
    /// Who is told and asked.
    pub(crate) peer: Option<Arc<dyn Peer>>,
    /// Its clocks.
    pub(crate) pulse: Pulse,
    /// How long it may be silent.
    pub(crate) patience: Duration,
    /// The client's session; calls of one session belong to one client.
    session: Option<Arc<str>>,
    /// The task that the call is about, by its id there.
    task: Option<NativeName>,
    progress: bool,
    state: AtomicU8,
    ended: Notify,
}

const UNDER_WAY: u8 = 0;
const ANSWERED: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Underway {
    /// The call sets out.
    pub(crate) fn new(routed: &Routed, flight: &Flight, patience: &Patience) -> Arc<Self> {
        let about_task = routed.call.method.named_by() == NamedBy::Task;
        Arc::new(Self {
            peer: flight.peer.clone(),
            pulse: Pulse::new(),
            patience: patience.call,
            session: routed.call.client.session.clone(),
            task: about_task.then(|| routed.to.native.clone()),
            progress: flight.progress,
            state: AtomicU8::new(UNDER_WAY),
            ended: Notify::new(),
        })
    }

    /// The backend reports progress; it is at work even if nobody wants to know.
    pub(crate) fn progress(&self, params: Object) {
        self.pulse.beat();
        if self.progress {
            self.event(Event::Progress(params));
        }
    }

    /// Tells the client.
    pub(crate) fn event(&self, event: Event) {
        if let Some(peer) = &self.peer {
            peer.event(event);
        }
    }

    /// Whether it is about this task.
    pub(crate) fn is_about(&self, task: &str) -> bool {
        self.task.as_ref().is_some_and(|own| own.as_str() == task)
    }

    /// The backend answered it.
    pub(crate) fn answered(&self) {
        self.end(ANSWERED);
    }

    /// Nobody waits for it any more; the backend may not know yet.
    pub(crate) fn given_up(&self) {
        self.end(GIVEN_UP);
    }

    fn end(&self, how: u8) {
        // The first end counts; a late answer to a call that was given up still says that it asks no more.
        if how == ANSWERED || self.state.load(Ordering::Acquire) == UNDER_WAY {
            self.state.store(how, Ordering::Release);
        }
        self.ended.notify_waiters();
    }

    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::Acquire) == state
    }

    /// Waits for its end.
    pub(crate) async fn over(&self) {
        let mut ended = pin!(self.ended.notified());
        loop {
            ended.as_mut().enable();
            if !self.is(UNDER_WAY) {
                return;
            }
            ended.as_mut().await;
            ended.set(self.ended.notified());
        }
    }
}

/// Whose a message is that names no call.
pub(crate) enum Owner {
    /// No call's.
    Nobody,
    /// This call's.
    Call(Arc<Underway>),
    /// A call's that nobody waits for any more.
    Gone,
    /// That of one of several clients.
    Unclear,
}

impl Owner {
    /// Finds the owner among the calls that were under way when the message came. Those that were answered
    /// since are not it; one that was given up still can be.
    pub(crate) fn among(candidates: &[Arc<Underway>]) -> Self {
        let mut open = candidates.iter().filter(|call| !call.is(ANSWERED));
        let Some(first) = open.next() else {
            return Self::Nobody;
        };
        let mut best = first;
        for other in open {
            if first.session.is_none() || first.session != other.session {
                return Self::Unclear;
            }
            let better = |call: &Underway| (call.is(UNDER_WAY), call.peer.is_some());
            if better(other) > better(best) {
                best = other;
            }
        }
        if best.is(UNDER_WAY) { Self::Call(Arc::clone(best)) } else { Self::Gone }
    }
}

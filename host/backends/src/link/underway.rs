//! A call that is under way on a link: whose it is, and how it ended; questions and log messages that name no
//! call are sorted by this.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mcpmux_core::call::{NamedBy, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::json::Object;
use mcpmux_core::names::NativeName;
use mcpmux_core::peer::{Event, Flight, Peer};
use tokio::sync::Notify;
use tokio::time::Instant;

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
    given_up: OnceLock<Instant>,
    ended: Notify,
}

/// How long after it was given up a call may still be the one that a message belongs to.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// A call that asked its client so long ago, and has no answer, is waiting for it, and asks no more meanwhile: what a
/// backend asks at once comes within this time.
const WAITING: Duration = Duration::from_millis(500);

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
            given_up: OnceLock::new(),
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
        // The first time counts.
        let _ = self.given_up.set(Instant::now());
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

    /// Whether a message can be its no more.
    fn is_out(&self) -> bool {
        let long_ago = |since: &Instant| since.elapsed() >= LINGER;
        self.is(ANSWERED) || (self.is(GIVEN_UP) && self.given_up.get().is_some_and(long_ago))
    }

    /// Whether it waits for its client's answer.
    fn waits_for_client(&self) -> bool {
        self.is(UNDER_WAY) && self.pulse.asked_for().is_some_and(|time| time >= WAITING)
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
    /// since are not it; one that was given up a moment ago still can be. Of several clients' calls, those count
    /// that do not wait for their client's answer to an earlier question.
    pub(crate) fn among(candidates: &[Arc<Underway>]) -> Self {
        let open: Vec<_> = candidates.iter().filter(|call| !call.is_out()).collect();
        match Self::only(&open) {
            Self::Unclear => {
                let at_work = open.into_iter().filter(|call| !call.waits_for_client());
                match Self::only(&at_work.collect::<Vec<_>>()) {
                    // All wait: any of them may be asking once more.
                    Self::Nobody => Self::Unclear,
                    found => found,
                }
            }
            found => found,
        }
    }

    /// The owner, if all are one client's.
    fn only(open: &[&Arc<Underway>]) -> Self {
        let Some((first, others)) = open.split_first() else {
            return Self::Nobody;
        };
        let mut best = first;
        for other in others {
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

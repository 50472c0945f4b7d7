//! One backend as callers see it: admits calls, finds the current link or waits for it, hands calls over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};
use mcpmux_core::call::{Outcome, Permitted};
use mcpmux_core::config::Patience;
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{Backend, Pending, Wants};
use mcpmux_protocol::names::ROOTS_CHANGED;
use mcpmux_protocol::write;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::timeout;

use crate::faults;
use crate::link::{Ended, Link};
use crate::listing::Listed;

/// How many calls may wait beyond those under way.
const QUEUE: usize = 256;
/// How many links may fail under a call that was never written before its caller is told.
const ATTEMPTS: usize = 3;

/// What a call without a link does.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// It waits.
    Connecting,
    /// It looks again.
    Up,
    /// It ends.
    Down(Fault),
    /// It ends, and so does every one after it.
    Stopped,
}

/// One backend; its owning task sets link and phase.
pub(crate) struct Slot {
    pub(crate) name: BackendName,
    pub(crate) patience: Patience,
    pub(crate) current: ArcSwapOption<Link>,
    phase: watch::Sender<Phase>,
    retired: AtomicBool,
    pub(crate) permits: Semaphore,
    waiting: AtomicUsize,
    /// What clients want besides answers.
    pub(crate) wants: watch::Sender<Wants>,
    /// What it last listed.
    pub(crate) listed: ArcSwap<Listed>,
}

impl Slot {
    /// A backend that is about to be connected to.
    pub(crate) fn new(name: BackendName, patience: Patience) -> Self {
        let permits = patience.in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            name,
            patience,
            current: ArcSwapOption::empty(),
            phase: watch::Sender::new(Phase::Connecting),
            retired: AtomicBool::new(false),
            permits: Semaphore::new(permits),
            waiting: AtomicUsize::new(0),
            wants: watch::Sender::new(Wants::default()),
            listed: ArcSwap::default(),
        }
    }

    /// Takes no more calls; those under way go on.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.phase.send_replace(Phase::Stopped);
    }

    /// Says what calls without a link are to do.
    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.send_if_modified(|current| {
            let goes_on = !matches!(current, Phase::Stopped);
            if goes_on {
                *current = phase;
            }
            goes_on
        });
    }

    async fn request(&self, call: &Permitted, flight: &Flight) -> Outcome {
        let _permit = self.admit().await?;
        let mut refused = false;
        for _ in 0..ATTEMPTS {
            let link = self.link().await?;
            match link.call(call.routed(), flight, &self.patience).await {
                Ended::With(outcome) => return outcome,
                Ended::Unsent => {}
                Ended::Refused if refused => break,
                Ended::Refused => refused = true,
            }
        }
        Err(faults::unavailable(&self.name, "several links in a row did not take the call"))
    }

    async fn admit(&self) -> Result<SemaphorePermit<'_>, Fault> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        let _place = self.queue()?;
        match timeout(self.patience.call, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(faults::overloaded(&self.name)),
        }
    }

    fn queue(&self) -> Result<Place<'_>, Fault> {
        let place = Place(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) < QUEUE {
            Ok(place)
        } else {
            Err(faults::overloaded(&self.name))
        }
    }

    fn open_link(&self) -> Option<Arc<Link>> {
        if self.retired.load(Ordering::Acquire) {
            return None;
        }
        self.current.load_full().filter(|link| !link.hearing().closing.is_closed())
    }

    async fn link(&self) -> Result<Arc<Link>, Fault> {
        if let Some(link) = self.open_link() {
            return Ok(link);
        }
        let mut phase = self.phase.subscribe();
        let found = async {
            loop {
                let now = phase.borrow_and_update().clone();
                match now {
                    Phase::Up => {
                        if let Some(link) = self.open_link() {
                            return Ok(link);
                        }
                    }
                    Phase::Connecting => {}
                    Phase::Down(fault) if fault.kind == Kind::AuthRequired => return Err(fault),
                    Phase::Down(fault) => return Err(faults::unavailable(&self.name, fault)),
                    Phase::Stopped => return Err(faults::stopped(&self.name)),
                }
                if phase.changed().await.is_err() {
                    return Err(faults::stopped(&self.name));
                }
            }
        };
        let patience = self.patience.init;
        timeout(patience, found).await.unwrap_or_else(|_| {
            Err(faults::unavailable(&self.name, format!("no link within {patience:?}")))
        })
    }
}

/// A place in the queue, left when this is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The backend as the rooms above see it.
pub(crate) struct Door(pub(crate) Arc<Slot>);

impl Backend for Door {
    fn name(&self) -> &BackendName {
        &self.0.name
    }

    fn request(&self, call: Permitted, flight: Flight) -> Pending<'static, Outcome> {
        let slot = Arc::clone(&self.0);
        Box::pin(async move { slot.request(&call, &flight).await })
    }

    fn want(&self, wants: Wants) {
        self.0.wants.send_if_modified(|current| {
            let differs = *current != wants;
            *current = wants;
            differs
        });
    }

    fn roots_changed(&self) {
        let Some(link) = self.0.open_link() else { return };
        let hearing = link.hearing();
        let legacy = hearing.revision().era() == Era::Legacy;
        if legacy && hearing.wants_roots.load(Ordering::Relaxed) {
            let runtime = hearing.runtime.clone();
            runtime.spawn(async move { link.say(write::notification(ROOTS_CHANGED, None)).await });
        }
    }
}

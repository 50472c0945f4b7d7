//! What backends report: their latest states, for the catalog task, and what they say and ask outside of calls,
//! for the clients that are there. It never blocks a backend and never grows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mcpmux_core::call::Body;
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::{Ask, Event};
use mcpmux_core::ports::{BackendEvents, Pending, State};
use tokio::sync::Notify;

use crate::seats::{Seats, nobody};

/// Holds what backends reported since the catalog task last looked; a newer state replaces an older one.
pub struct Inbox {
    held: Mutex<Held>,
    filled: Notify,
    /// Set when the mux starts; nobody is there before.
    seats: OnceLock<Arc<Seats>>,
}

struct Held {
    states: HashMap<BackendName, State>,
    /// Closed while the backends are being set: what new ones report is not meant for the old setup.
    closed: bool,
}

impl Default for Inbox {
    /// Closed until the first setup.
    fn default() -> Self {
        let held = Held { states: HashMap::new(), closed: true };
        Self { held: Mutex::new(held), filled: Notify::new(), seats: OnceLock::new() }
    }
}

impl Inbox {
    /// From now on, what is said and asked outside of calls goes here.
    pub(crate) fn seat(&self, seats: Arc<Seats>) {
        // A mux starts once with its inbox.
        let _ = self.seats.set(seats);
    }

    /// Keeps what comes until [`Inbox::open`].
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Hands out what came, and what comes.
    pub(crate) fn open(&self) {
        self.lock().closed = false;
        self.filled.notify_one();
    }

    /// Waits until there is something to hand out, and takes it all.
    pub(crate) async fn take(&self) -> HashMap<BackendName, State> {
        loop {
            if let Some(states) = self.taken() {
                return states;
            }
            self.filled.notified().await;
        }
    }

    fn taken(&self) -> Option<HashMap<BackendName, State>> {
        let mut held = self.lock();
        let ready = !held.closed && !held.states.is_empty();
        ready.then(|| std::mem::take(&mut held.states))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BackendEvents for Inbox {
    fn state(&self, backend: &BackendName, state: State) {
        let mut held = self.lock();
        let state = announcing_too(state, held.states.remove(backend));
        held.states.insert(backend.clone(), state);
        drop(held);
        self.filled.notify_one();
    }

    fn heard(&self, backend: &BackendName, event: Event) {
        if let Some(seats) = self.seats.get() {
            seats.heard(backend, event);
        }
    }

    fn asked(&self, backend: &BackendName, ask: Ask) -> Pending<'static, Body> {
        match self.seats.get() {
            Some(seats) => seats.asked(backend, ask),
            None => Box::pin(std::future::ready(nobody(&ask.method))),
        }
    }
}

/// A state, with what the one before it announced and nobody has seen.
fn announcing_too(state: State, before: Option<State>) -> State {
    match (state, before) {
        (State::Ready(mut listing), Some(State::Ready(before))) => {
            listing.announced = listing.announced.and(before.announced);
            State::Ready(listing)
        }
        (state, _) => state,
    }
}

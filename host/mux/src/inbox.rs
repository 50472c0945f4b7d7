//! The catalog task's inbox: the latest state of each backend. It never blocks a backend and never grows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{BackendEvents, State};
use tokio::sync::Notify;

/// Holds what backends reported since the catalog task last looked; a newer state replaces an older one.
#[derive(Default)]
pub struct Inbox {
    states: Mutex<HashMap<BackendName, State>>,
    filled: Notify,
}

impl Inbox {
    /// Waits until there is something, and takes it all.
    pub(crate) async fn take(&self) -> HashMap<BackendName, State> {
        loop {
            let states = std::mem::take(&mut *self.lock());
            if !states.is_empty() {
                return states;
            }
            self.filled.notified().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<BackendName, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BackendEvents for Inbox {
    fn state(&self, backend: &BackendName, state: State) {
        self.lock().insert(backend.clone(), state);
        self.filled.notify_one();
    }
}

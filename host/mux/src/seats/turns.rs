//! One at a time: subscribing to a resource and giving it up wait for each other, so that what is true of all clients
//! is what its backend was told last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError, Weak};

use mcpmux_core::call::Target;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Who may speak to a backend about a resource now. Holds an entry for as long as someone does or waits to.
#[derive(Default)]
pub(super) struct Turns(Lock<HashMap<Target, Weak<Mutex<()>>>>);

impl Turns {
    /// Waits for the turn, which lasts until what is returned is dropped.
    pub(super) async fn wait(&self, target: &Target) -> OwnedMutexGuard<()> {
        self.of(target).lock_owned().await
    }

    fn of(&self, target: &Target) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(target).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(target.clone(), Arc::downgrade(&turn));
        turn
    }
}

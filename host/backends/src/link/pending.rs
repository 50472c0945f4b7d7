//! The requests of one link that wait for an answer, by their number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcpmux_core::call::Body;
use mcpmux_core::fault::Fault;
use tokio::sync::oneshot;

use crate::waiting::Pulse;

/// What comes for a waiting request; nothing at all if the link ends first.
pub(crate) type Reply = Result<Body, Fault>;

/// One that waits.
pub(crate) struct Waiter {
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Reply>,
    /// Where progress goes, if any was asked for.
    pub(crate) pulse: Option<Arc<Pulse>>,
}

/// The table; its lock is held for one look-up at a time.
#[derive(Default)]
pub(crate) struct Pending(Mutex<Table>);

#[derive(Default)]
struct Table {
    waiting: HashMap<u64, Waiter>,
    closed: bool,
}

impl Pending {
    /// Adds a request; `false` if the link has ended.
    pub(crate) fn insert(&self, id: u64, waiter: Waiter) -> bool {
        let mut table = self.lock();
        if !table.closed {
            table.waiting.insert(id, waiter);
        }
        !table.closed
    }

    /// Takes a request out.
    pub(crate) fn take(&self, id: u64) -> Option<Waiter> {
        self.lock().waiting.remove(&id)
    }

    /// Where the progress of a request goes.
    pub(crate) fn pulse(&self, id: u64) -> Option<Arc<Pulse>> {
        self.lock().waiting.get(&id)?.pulse.clone()
    }

    /// Takes all out.
    pub(crate) fn take_all(&self) -> Vec<Waiter> {
        self.lock().waiting.drain().map(|(_, waiter)| waiter).collect()
    }

    /// Ends the table: all that wait learn it by the loss of their sender, and nothing can be added.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut table = self.lock();
            table.closed = true;
            std::mem::take(&mut table.waiting)
        };
        drop(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

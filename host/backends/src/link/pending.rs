//! The requests of one link that wait for an answer, by their number, and the calls among them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcpmux_core::call::Body;
use mcpmux_core::fault::Fault;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::underway::{LINGER, Underway};

/// How a request ended without an answer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Not a byte of it was written.
    Unsent,
    /// The backend refused it before executing it, and the link with it.
    Refused,
    /// The link ended after it was written.
    Unknown,
    /// Something else.
    Fault(Fault),
}

/// What comes for a waiting request; nothing at all if the link ends first.
pub(crate) type Reply = Result<Body, Lost>;

/// One that waits.
pub(crate) struct Waiter {
    /// Where the answer goes, if it does not come with what carries the request.
    pub(crate) reply: Option<oneshot::Sender<Reply>>,
    /// The call, unless it is a request of our own.
    pub(crate) call: Option<Arc<Underway>>,
}

/// The table; its lock is held for one look-up at a time.
#[derive(Default)]
pub(crate) struct Pending {
    table: Mutex<Table>,
    /// Notified whenever a request ends.
    pub(crate) left: Notify,
}

#[derive(Default)]
struct Table {
    waiting: HashMap<u64, Waiter>,
    /// Calls that were given up a moment ago.
    lingering: Vec<(Instant, u64, Arc<Underway>)>,
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

    /// The backend answered; `false` if nobody waits for it.
    pub(crate) fn answer(&self, id: u64, reply: Reply) -> bool {
        let waiter = {
            let mut table = self.lock();
            if let Some(at) = table.lingering.iter().position(|(_, of, _)| *of == id) {
                table.lingering.swap_remove(at).2.answered();
            }
            table.waiting.remove(&id)
        };
        let known = waiter.is_some();
        if let Some(waiter) = waiter {
            if let Some(call) = waiter.call {
                call.answered();
            }
            // If nobody waits any more, the call was given up a moment ago.
            let _ = waiter.reply.map(|sender| sender.send(reply));
        }
        self.left.notify_waiters();
        known
    }

    /// Nobody waits for the request any more; `false` if it was answered.
    pub(crate) fn give_up(&self, id: u64) -> bool {
        let mut table = self.lock();
        let Some(waiter) = table.waiting.remove(&id) else {
            return false;
        };
        if let Some(call) = waiter.call {
            call.given_up();
            let now = Instant::now();
            table.lingering.retain(|(since, ..)| now - *since < LINGER);
            table.lingering.push((now, id, call));
        }
        drop(table);
        self.left.notify_waiters();
        true
    }

    /// The call of this number.
    pub(crate) fn call(&self, id: u64) -> Option<Arc<Underway>> {
        self.lock().waiting.get(&id)?.call.clone()
    }

    /// The request that waits, if it is the only one and no other was given up a moment ago.
    pub(crate) fn only(&self) -> Option<u64> {
        let table = self.lock();
        let now = Instant::now();
        let lingers = table.lingering.iter().any(|(since, ..)| now - *since < LINGER);
        let only = table.waiting.len() == 1 && !lingers;
        if only { table.waiting.keys().next().copied() } else { None }
    }

    /// The calls that a message without a number can belong to.
    pub(crate) fn calls(&self) -> Vec<Arc<Underway>> {
        let table = self.lock();
        let now = Instant::now();
        let lingering = table.lingering.iter().filter(|(since, ..)| now - *since < LINGER);
        let waiting = table.waiting.values().filter_map(|waiter| waiter.call.as_ref());
        waiting.chain(lingering.map(|(.., call)| call)).cloned().collect()
    }

    /// Answers all, each with what this makes.
    pub(crate) fn answer_all(&self, reply: impl Fn() -> Reply) {
        let numbers: Vec<u64> = self.lock().waiting.keys().copied().collect();
        for id in numbers {
            self.answer(id, reply());
        }
    }

    /// Ends the table: all that wait learn it by the loss of their sender, and nothing can be added.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut table = self.lock();
            table.closed = true;
            table.lingering.clear();
            std::mem::take(&mut table.waiting)
        };
        waiting.values().filter_map(|waiter| waiter.call.as_ref()).for_each(|call| call.given_up());
        self.left.notify_waiters();
        drop(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

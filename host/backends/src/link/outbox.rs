//! What is written to a pipe: at once where the pipe takes it, else by a task, in order; it knows of every
//! request whether its first byte was written.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::unix::pipe::Sender;
use tokio::sync::Notify;

/// Messages without an answer (pongs, cancellations) that may wait; more are dropped.
const REPLIES: usize = 256;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// At least its first byte was written.
    Written,
    /// It waits; [`Outbox::withdraw`] tells later.
    Queued,
    /// Nothing was written and nothing will be.
    Refused,
}

/// The way to a process's standard input.
pub(crate) struct Outbox {
    state: Mutex<State>,
    wake: Notify,
}

struct State {
    pipe: Option<Arc<Sender>>,
    queue: VecDeque<Queued>,
}

struct Queued {
    id: Option<u64>,
    message: Vec<u8>,
    written: usize,
}

impl Outbox {
    /// An outbox for this pipe; [`Outbox::run`] has to be run beside it.
    pub(crate) fn new(pipe: Sender) -> Self {
        let state = State { pipe: Some(Arc::new(pipe)), queue: VecDeque::new() };
        Self { state: Mutex::new(state), wake: Notify::new() }
    }

    /// Writes a message or queues it; `id` is the number of a request.
    pub(crate) fn send(&self, id: Option<u64>, message: Vec<u8>) -> Sent {
        let mut state = self.lock();
        let Some(pipe) = &state.pipe else {
            return Sent::Refused;
        };
        let mut written = 0;
        if state.queue.is_empty() {
            match pipe.try_write(&message) {
                Ok(count) if count == message.len() => return Sent::Written,
                Ok(count) => written = count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => {
                    state.pipe = None;
                    self.wake.notify_one();
                    return Sent::Refused;
                }
            }
        } else if id.is_none() && state.queue.len() > REPLIES {
            return Sent::Refused;
        }
        state.queue.push_back(Queued { id, message, written });
        self.wake.notify_one();
        if written > 0 { Sent::Written } else { Sent::Queued }
    }

    /// Takes a request out of the queue; `false` if its first byte was written.
    pub(crate) fn withdraw(&self, id: u64) -> bool {
        let mut state = self.lock();
        let at = state.queue.iter().position(|queued| queued.id == Some(id) && queued.written == 0);
        at.and_then(|at| state.queue.remove(at)).is_some()
    }

    /// Closes the pipe: the process reads the end of its input.
    pub(crate) fn close(&self) {
        self.lock().pipe = None;
        self.wake.notify_one();
    }

    /// Writes what is queued until the pipe is closed, by us or at its other end.
    pub(crate) async fn run(&self) {
        loop {
            let Some((pipe, empty)) = self.look() else { return };
            if empty {
                drop(pipe);
                self.wake.notified().await;
                continue;
            }
            tokio::select! {
                ready = pipe.writable() => if ready.is_err() { return self.close() },
                () = self.wake.notified() => continue,
            }
            self.write_queued(&pipe);
        }
    }

    fn look(&self) -> Option<(Arc<Sender>, bool)> {
        let state = self.lock();
        Some((Arc::clone(state.pipe.as_ref()?), state.queue.is_empty()))
    }

    fn write_queued(&self, pipe: &Sender) {
        let mut state = self.lock();
        while let Some(first) = state.queue.front_mut() {
            let rest = first.message.get(first.written..).unwrap_or_default();
            match pipe.try_write(rest) {
                Ok(count) if count == rest.len() => drop(state.queue.pop_front()),
                Ok(count) => first.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    state.pipe = None;
                    self.wake.notify_one();
                    return;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

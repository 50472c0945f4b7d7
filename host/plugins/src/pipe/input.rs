//! A bounded queue of bytes between a writer that never waits and a guest that does.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use wasmtime_wasi::p2::{StreamError, StreamResult};

/// Messages that may wait.
const MESSAGES: usize = 256;
/// Bytes that may wait; a larger message still goes into an empty queue.
const BYTES: usize = 16 << 20;

/// A guest's standard input.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Bytes>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// One that is at its end already.
    pub(crate) fn closed() -> Self {
        let queue = Self::default();
        queue.close();
        queue
    }

    /// Queues a message; `false` if there is no room or nobody reads any more.
    pub(crate) fn write(&self, message: Bytes) -> bool {
        let mut state = self.lock();
        let full =
            state.messages.len() >= MESSAGES || state.bytes.saturating_add(message.len()) > BYTES;
        if state.closed || (full && !state.messages.is_empty()) {
            return false;
        }
        if !message.is_empty() {
            state.bytes += message.len();
            state.messages.push_back(message);
        }
        drop(state);
        self.changed.notify_waiters();
        true
    }

    /// No more will be written; what was can still be read.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    /// Up to `size` bytes of the first message; none if nothing is there yet.
    pub(crate) fn take(&self, size: usize) -> StreamResult<Bytes> {
        let mut state = self.lock();
        let Some(message) = state.messages.front_mut() else {
            return if state.closed { Err(StreamError::Closed) } else { Ok(Bytes::new()) };
        };
        let taken = message.split_to(size.min(message.len()));
        if message.is_empty() {
            state.messages.pop_front();
        }
        state.bytes -= taken.len();
        Ok(taken)
    }

    /// Waits until there is something to read, or never will be.
    pub(crate) async fn ready(&self) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before looking, so that no change falls between the look and the wait.
            changed.as_mut().enable();
            if self.readable() {
                return;
            }
            changed.await;
        }
    }

    fn readable(&self) -> bool {
        let state = self.lock();
        state.closed || !state.messages.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_takes_no_more_and_loses_nothing() {
        let queue = Queue::default();
        for _ in 0..MESSAGES {
            assert!(queue.write(Bytes::from_static(b"ab")));
        }
        assert!(!queue.write(Bytes::from_static(b"c")));
        assert_eq!(queue.take(1).unwrap().as_ref(), b"a");
        assert_eq!(queue.take(9).unwrap().as_ref(), b"b");
        assert!(queue.write(Bytes::from_static(b"c")));
        queue.close();
        assert!(!queue.write(Bytes::from_static(b"d")));
        let rest: usize = std::iter::from_fn(|| queue.take(9).ok()).map(|bytes| bytes.len()).sum();
        assert_eq!(rest, 2 * (MESSAGES - 1) + 1);
    }

    #[test]
    fn one_large_message_fits_into_an_empty_queue_only() {
        let queue = Queue::default();
        let large = Bytes::from(vec![0; BYTES + 1]);
        assert!(queue.write(large.clone()));
        assert!(!queue.write(large));
    }
}

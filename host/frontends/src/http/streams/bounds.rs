//! What a session keeps of its streams for a client that comes back: the newest, within bounds.

use std::collections::VecDeque;

/// Events that are kept at most, however small.
const EVENTS: usize = 1_024;

/// The events that may go, the oldest first.
pub(super) struct Kept {
    events: VecDeque<(u64, u64, usize)>,
    size: usize,
    limit: usize,
}

impl Kept {
    /// Keeps `limit` bytes, and always the newest event.
    pub(super) const fn new(limit: usize) -> Self {
        Self { events: VecDeque::new(), size: 0, limit }
    }

    pub(super) fn add(&mut self, stream: u64, number: u64, size: usize) {
        self.events.push_back((stream, number, size));
        self.size += size;
    }

    /// The stream and number of an event that has to go.
    pub(super) fn surplus(&mut self) -> Option<(u64, u64)> {
        let much = self.size > self.limit || self.events.len() > EVENTS;
        if !much || self.events.len() == 1 {
            return None;
        }
        let (stream, number, size) = self.events.pop_front()?;
        self.size -= size;
        Some((stream, number))
    }
}

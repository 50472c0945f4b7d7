//! One stream of a legacy session: its numbered events, who reads it, how far it was read.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::http::WAITING;

/// Whether a reader may miss an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It may: a notification.
    Light,
    /// It may not: a request or an answer.
    Heavy,
}

/// One event of a stream.
pub(super) struct Event {
    /// `None`: an id to go on from, and no message.
    message: Option<Bytes>,
    weight: Weight,
}

impl Event {
    pub(super) fn new(message: Vec<u8>, weight: Weight) -> Self {
        Self { message: Some(message.into()), weight }
    }

    fn size(&self) -> usize {
        self.message.as_ref().map_or(0, Bytes::len)
    }
}

/// A stream.
pub(super) struct Stream {
    /// The events that are kept; their numbers follow each other.
    events: VecDeque<Event>,
    /// The number of the first of them.
    first: u64,
    /// The number of the first event that was never read.
    unread: u64,
    /// The number of the first event that may not go yet.
    spared: u64,
    /// How many readers there have been.
    turns: u64,
    /// The reader's turn, if there is one.
    reader: Option<u64>,
    waker: Option<Waker>,
    closed: bool,
    /// Whether it is a GET stream, which has no end of its own.
    pub(super) news: bool,
}

impl Stream {
    pub(super) fn new(primes: bool) -> Self {
        let mut events = VecDeque::new();
        if primes {
            events.push_back(Event { message: None, weight: Weight::Heavy });
        }
        Self {
            events,
            first: 0,
            unread: 0,
            spared: 0,
            turns: 0,
            reader: None,
            waker: None,
            closed: false,
            news: false,
        }
    }

    /// The number that the next event will have.
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// Takes an event; `false` if it was not taken. A notification that waits already is not taken twice.
    pub(super) fn push(&mut self, event: Event) -> bool {
        if self.closed {
            return false;
        }
        if event.weight == Weight::Light {
            let waiting = self.end() - self.unread;
            let mut unread = self.events.iter().rev().zip(0..waiting);
            if waiting >= WAITING as u64 || unread.any(|(other, _)| other.message == event.message)
            {
                return false;
            }
        }
        self.events.push_back(event);
        self.wake();
        true
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        self.wake();
    }

    /// A new reader, which begins with the event of this number, or the first that is kept.
    pub(super) fn attach(&mut self, next: u64) -> Option<u64> {
        if next > self.end() {
            return None;
        }
        self.turns += 1;
        self.reader = Some(self.turns);
        self.unread = self.unread.max(next);
        // The reader of before learns that it is none any more.
        self.wake();
        Some(self.turns)
    }

    /// A reader goes.
    pub(super) fn leave(&mut self, turn: u64) {
        if self.reader == Some(turn) {
            self.reader = None;
            self.waker = None;
        }
    }

    pub(super) fn poll_next(
        &mut self,
        turn: u64,
        next: u64,
        context: &mut Context<'_>,
    ) -> Poll<Option<(u64, Option<Bytes>)>> {
        if self.reader != Some(turn) {
            return Poll::Ready(None);
        }
        let number = next.max(self.first);
        let at = usize::try_from(number - self.first).unwrap_or(usize::MAX);
        match self.events.get(at) {
            Some(event) => {
                self.unread = self.unread.max(number + 1);
                Poll::Ready(Some((number, event.message.clone())))
            }
            None if self.closed => Poll::Ready(None),
            None => {
                self.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The events, with their sizes, that may go from now on: those that were read, and all while nobody reads.
    pub(super) fn spare(&mut self) -> Vec<(u64, usize)> {
        let until = if self.reader.is_some() { self.unread } else { self.end() };
        let from = self.spared.max(self.first);
        self.spared = self.spared.max(until);
        (from..until)
            .filter_map(|number| {
                let at = usize::try_from(number - self.first).ok()?;
                Some((number, self.events.get(at)?.size()))
            })
            .collect()
    }

    /// Lets the oldest event go, if it is this one.
    pub(super) fn forget(&mut self, number: u64) {
        if number == self.first && self.events.pop_front().is_some() {
            self.first += 1;
            self.unread = self.unread.max(self.first);
        }
    }

    /// Takes the events out that were never read.
    pub(super) fn take_unread(&mut self) -> Vec<Event> {
        let at = usize::try_from(self.unread.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let unread = self.events.split_off(at.min(self.events.len()));
        unread.into_iter().filter(|event| event.message.is_some()).collect()
    }

    pub(super) const fn is_open(&self) -> bool {
        !self.closed
    }

    pub(super) const fn is_read(&self) -> bool {
        self.reader.is_some()
    }

    /// Whether nobody has read it yet.
    pub(super) const fn is_untouched(&self) -> bool {
        self.turns == 0
    }

    /// Whether nothing more will come of it.
    pub(super) fn is_over(&self) -> bool {
        (self.closed || self.news) && self.reader.is_none() && self.events.is_empty()
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

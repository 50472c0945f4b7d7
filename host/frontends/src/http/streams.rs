//! The streams of one legacy session: messages with ids, kept within bounds so that a client can go on after a
//! broken connection (2025-11-25, transports, resumability and redelivery).

mod bounds;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use mcpmux_protocol::sse;
use tokio::sync::Notify;

use super::sessions::Busy;
use bounds::Kept;
use stream::{Event, Stream, Weight};

/// How long a client should wait before it goes on, in milliseconds.
const RETRY: u64 = 1_000;

/// The streams of a session.
pub(super) struct Streams {
    held: Mutex<Held>,
    /// Told when a GET stream is opened.
    opened: Notify,
    /// Whether a stream begins with an id to go on from: older clients take an event without data for a message.
    primes: bool,
}

struct Held {
    streams: HashMap<u64, Stream>,
    last: u64,
    /// The GET streams in the order in which they were opened; the last one that is read gets what belongs to no
    /// call, and there is always one.
    news: Vec<u64>,
    kept: Kept,
    ended: bool,
}

impl Streams {
    /// `keep` bounds what is kept for clients that come back, in bytes.
    pub(super) fn new(keep: usize, primes: bool) -> Arc<Self> {
        let mut held = Held {
            streams: HashMap::new(),
            last: 0,
            news: Vec::new(),
            kept: Kept::new(keep),
            ended: false,
        };
        let first = held.create_news(primes);
        held.news.push(first);
        Arc::new(Self { held: Mutex::new(held), opened: Notify::new(), primes })
    }

    /// Begins the stream of a request.
    pub(super) fn create(&self) -> u64 {
        self.lock().create(self.primes)
    }

    /// Adds a notification to a stream; a reader that is too far behind misses it.
    pub(super) fn tell(&self, stream: u64, message: Vec<u8>) {
        self.lock().push(stream, message, Weight::Light);
    }

    /// Adds a request to a stream; `false` if it has ended.
    pub(super) fn pose(&self, stream: u64, message: Vec<u8>) -> bool {
        self.lock().push(stream, message, Weight::Heavy)
    }

    /// Adds the answer to a stream, which ends it.
    pub(super) fn finish(&self, stream: u64, message: Vec<u8>) {
        let mut held = self.lock();
        held.push(stream, message, Weight::Heavy);
        held.close(stream);
    }

    /// Whether a stream still takes messages.
    pub(super) fn is_open(&self, stream: u64) -> bool {
        self.lock().streams.get(&stream).is_some_and(Stream::is_open)
    }

    /// Adds a notification to the stream of what belongs to no call.
    pub(super) fn tell_news(&self, message: Vec<u8>) {
        let mut held = self.lock();
        if let Some(stream) = held.current() {
            held.push(stream, message, Weight::Light);
        }
    }

    /// Adds a request to that stream, once there is one that is read.
    pub(super) async fn pose_news(&self, message: Vec<u8>) -> Result<(), &'static str> {
        let mut message = Some(message);
        loop {
            let opened = self.opened.notified();
            {
                let mut held = self.lock();
                if held.ended {
                    return Err("the client's session has ended");
                }
                if let Some(stream) = held.current().filter(|stream| held.is_read(*stream))
                    && let Some(message) = message.take()
                {
                    held.push(stream, message, Weight::Heavy);
                    return Ok(());
                }
            }
            opened.await;
        }
    }

    /// Reads a stream from its beginning.
    pub(super) fn read(self: &Arc<Self>, stream: u64) -> Option<Reader> {
        self.lock().attach(stream, 0).map(|turn| self.reader(stream, turn, 0))
    }

    /// Opens a GET stream. It begins with what no other one has delivered.
    pub(super) fn read_news(self: &Arc<Self>) -> Option<Reader> {
        let mut held = self.lock();
        if held.ended {
            return None;
        }
        let stream = held.open_news(self.primes);
        let turn = held.attach(stream, 0)?;
        drop(held);
        self.opened.notify_waiters();
        Some(self.reader(stream, turn, 0))
    }

    /// Goes on with a stream after the event of this id; `None` if it is not known any more.
    pub(super) fn resume(self: &Arc<Self>, id: &str) -> Option<Reader> {
        let (stream, after) = id.split_once('-')?;
        let (stream, after) = (stream.parse().ok()?, after.parse::<u64>().ok()?);
        let mut held = self.lock();
        let turn = held.attach(stream, after + 1)?;
        if held.is_news(stream) {
            held.news.retain(|news| *news != stream);
            held.news.push(stream);
        }
        drop(held);
        self.opened.notify_waiters();
        Some(self.reader(stream, turn, after + 1))
    }

    /// Ends the GET streams; those of requests go on to their answers.
    pub(super) fn end_news(&self) {
        let mut held = self.lock();
        held.ended = true;
        for stream in std::mem::take(&mut held.news) {
            held.close(stream);
        }
        drop(held);
        self.opened.notify_waiters();
    }

    /// Ends all streams.
    pub(super) fn end(&self) {
        self.end_news();
        self.lock().streams.values_mut().for_each(Stream::close);
    }

    fn reader(self: &Arc<Self>, stream: u64, turn: u64, next: u64) -> Reader {
        Reader { streams: Arc::clone(self), stream, turn, next, busy: None }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn create(&mut self, primes: bool) -> u64 {
        self.last += 1;
        self.streams.insert(self.last, Stream::new(primes));
        self.last
    }

    fn create_news(&mut self, primes: bool) -> u64 {
        let stream = self.create(primes);
        if let Some(known) = self.streams.get_mut(&stream) {
            known.news = true;
        }
        stream
    }

    fn push(&mut self, stream: u64, message: Vec<u8>, weight: Weight) -> bool {
        let Some(known) = self.streams.get_mut(&stream) else { return false };
        let taken = known.push(Event::new(message, weight));
        self.settle(stream);
        taken
    }

    fn close(&mut self, stream: u64) {
        if let Some(known) = self.streams.get_mut(&stream) {
            known.close();
        }
        self.settle(stream);
    }

    fn is_read(&self, stream: u64) -> bool {
        self.streams.get(&stream).is_some_and(Stream::is_read)
    }

    /// The GET stream for the next message.
    fn current(&self) -> Option<u64> {
        let read = self.news.iter().rev().copied().find(|stream| self.is_read(*stream));
        read.or_else(|| self.news.last().copied())
    }

    fn open_news(&mut self, primes: bool) -> u64 {
        let current = self.news.last().copied();
        if let Some(first) =
            current.filter(|stream| self.streams.get(stream).is_some_and(Stream::is_untouched))
        {
            return first;
        }
        let stream = self.create_news(primes);
        // What was meant for a stream that nobody reads any more has been delivered on none.
        let unread: Vec<u64> =
            self.news.iter().copied().filter(|stream| !self.is_read(*stream)).collect();
        for old in unread {
            let left = self.streams.get_mut(&old).map(Stream::take_unread).unwrap_or_default();
            if let Some(new) = self.streams.get_mut(&stream) {
                for event in left {
                    // One that waits there already need not be taken twice.
                    let _known = new.push(event);
                }
            }
        }
        let (read, left) = self.news.iter().partition(|stream| self.is_read(**stream));
        self.news = read;
        self.news.push(stream);
        for old in left {
            self.tidy(old);
        }
        stream
    }

    fn is_news(&self, stream: u64) -> bool {
        self.streams.get(&stream).is_some_and(|stream| stream.news)
    }

    fn attach(&mut self, stream: u64, next: u64) -> Option<u64> {
        self.streams.get_mut(&stream)?.attach(next)
    }

    /// Counts what may go now, and lets the oldest of it go if there is too much.
    fn settle(&mut self, stream: u64) {
        if let Some(known) = self.streams.get_mut(&stream) {
            known
                .spare()
                .into_iter()
                .for_each(|(number, size)| self.kept.add(stream, number, size));
        }
        while let Some((stream, number)) = self.kept.surplus() {
            let Some(known) = self.streams.get_mut(&stream) else { continue };
            known.forget(number);
            self.tidy(stream);
        }
    }

    /// Forgets a stream of which nothing can come any more.
    fn tidy(&mut self, stream: u64) {
        let over = self.streams.get(&stream).is_some_and(Stream::is_over);
        if over && !self.news.contains(&stream) {
            self.streams.remove(&stream);
        }
    }
}

/// Reads one stream; dropping it leaves the stream to whoever comes next.
pub(super) struct Reader {
    streams: Arc<Streams>,
    stream: u64,
    /// Which reader of the stream this is; a later one takes over.
    turn: u64,
    /// The number of the next event.
    next: u64,
    /// Keeps the session while it is read.
    busy: Option<Busy>,
}

impl Reader {
    /// The same, as something that its session is busy with.
    pub(super) fn during(mut self, busy: Busy) -> Self {
        self.busy = Some(busy);
        self
    }

    /// The next event, written.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut held = self.streams.lock();
        let Some(stream) = held.streams.get_mut(&self.stream) else { return Poll::Ready(None) };
        let (number, message) = match stream.poll_next(self.turn, self.next, context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(next)) => next,
        };
        self.next = number + 1;
        held.settle(self.stream);
        drop(held);
        let id = format!("{}-{number}", self.stream);
        Poll::Ready(Some(
            message.map_or_else(|| sse::prime(&id, RETRY), |message| sse::encode_as(&id, &message)),
        ))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut held = self.streams.lock();
        if let Some(stream) = held.streams.get_mut(&self.stream) {
            stream.leave(self.turn);
        }
        held.settle(self.stream);
    }
}

#[cfg(test)]
mod tests;

//! The stream of one modern request: what precedes its answer, in order, with a bound; nothing of it is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use mcpmux_core::call::Body;
use mcpmux_core::client::Client;
use mcpmux_core::json::Raw;
use mcpmux_core::level::Level;
use mcpmux_core::peer::{Ask, Event, Peer};
use mcpmux_core::ports::Pending;
use tokio::sync::Notify;

use super::WAITING;
use crate::door::asks::unanswered;
use crate::door::outlet::{Loudness, Outlet, written};

/// Messages on their way to the client of one request.
pub(super) struct Channel {
    client: Arc<Client>,
    /// The token that the client wants its progress with.
    token: Option<Raw>,
    loudness: Loudness,
    /// Whether a message that waits already need not wait twice: so with news, but what a call says is told as
    /// often as it is said.
    coalesces: bool,
    held: Mutex<Held>,
    /// Told when the first message has come.
    begun: Notify,
    /// Told when nobody reads any more.
    left: Notify,
}

#[derive(Default)]
struct Held {
    messages: VecDeque<Vec<u8>>,
    /// Whether no more will come.
    closed: bool,
    reader: Option<Waker>,
}

impl Channel {
    /// That of a call.
    pub(super) fn new(client: Arc<Client>, token: Option<Raw>, level: Option<Level>) -> Arc<Self> {
        Self::with(client, token, level, false)
    }

    /// That of a subscription.
    pub(super) fn of_news(client: Arc<Client>) -> Arc<Self> {
        Self::with(client, None, None, true)
    }

    fn with(
        client: Arc<Client>,
        token: Option<Raw>,
        level: Option<Level>,
        coalesces: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            coalesces,
            client,
            token,
            loudness: Loudness::of_request(level),
            held: Mutex::default(),
            begun: Notify::new(),
            left: Notify::new(),
        })
    }

    pub(super) const fn wants_progress(&self) -> bool {
        self.token.is_some()
    }

    /// Waits for the first message.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Whether a message has come.
    pub(super) fn has_begun(&self) -> bool {
        !self.lock().messages.is_empty()
    }

    /// Waits until the client has closed the stream.
    pub(super) async fn left(&self) {
        self.left.notified().await;
    }

    /// Takes the answer, which is the last message.
    pub(super) fn finish(&self, message: Vec<u8>) {
        let mut held = self.lock();
        held.messages.push_back(message);
        held.closed = true;
        wake(held);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut held: MutexGuard<'_, Held>) {
    let reader = held.reader.take();
    drop(held);
    if let Some(reader) = reader {
        reader.wake();
    }
}

impl Outlet for Channel {
    fn tell(&self, message: Vec<u8>) {
        let mut held = self.lock();
        let twice = self.coalesces && held.messages.contains(&message);
        if held.closed || held.messages.len() >= WAITING || twice {
            return;
        }
        held.messages.push_back(message);
        wake(held);
        self.begun.notify_one();
    }

    fn pose(&self, _: Vec<u8>) -> Pending<'_, Result<(), &'static str>> {
        Box::pin(std::future::ready(Err("a client without a session cannot be asked")))
    }
}

impl Peer for Channel {
    fn event(&self, event: Event) {
        if let Some(message) = written(event, &self.client, self.token.as_ref(), self.loudness) {
            self.tell(message);
        }
    }

    fn ask(&self, _: Ask) -> Pending<'static, Body> {
        // The mux asks such clients with results.
        Box::pin(std::future::ready(unanswered("a client without a session cannot be asked")))
    }
}

/// Reads a channel; dropping it says that the client has left.
pub(super) struct Reader(pub(super) Arc<Channel>);

impl Reader {
    pub(super) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        let mut held = self.0.lock();
        match held.messages.pop_front() {
            Some(message) => Poll::Ready(Some(message)),
            None if held.closed => Poll::Ready(None),
            None => {
                held.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use mcpmux_core::era::Revision;

    use super::*;

    #[test]
    fn a_slow_reader_misses_news_and_never_the_answer() {
        let revision = Revision::NEWEST_MODERN;
        let capabilities = Raw::literal("{}");
        let client = Client { revision, info: None, capabilities, session: None };
        let channel = Channel::of_news(Arc::new(client));
        for number in 0..2 * WAITING {
            channel.tell(format!("n{number}").into());
            channel.tell(format!("n{number}").into());
        }
        channel.finish(b"answer".to_vec());
        channel.tell(b"late".to_vec());
        let reader = Reader(channel);
        let mut context = Context::from_waker(Waker::noop());
        let mut read = Vec::new();
        while let Poll::Ready(Some(message)) = reader.poll_next(&mut context) {
            read.push(String::from_utf8(message).unwrap());
        }
        let mut expected: Vec<String> = (0..WAITING).map(|number| format!("n{number}")).collect();
        expected.push("answer".into());
        assert_eq!(read, expected);
    }
}

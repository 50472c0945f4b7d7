//! The ways to a legacy client over HTTP: the stream of the POST that caused a message, or a GET stream.

use std::sync::{Arc, OnceLock};

use mcpmux_core::ports::Pending;
use tokio::sync::Notify;

use super::sessions::Session;
use super::streams::{Reader, Streams};
use crate::door::outlet::Outlet;
use crate::door::reach::PATIENCE;

/// The GET streams of a session, for what belongs to no call.
pub(super) struct News(pub(super) Arc<Streams>);

impl Outlet for News {
    fn tell(&self, message: Vec<u8>) {
        self.0.tell_news(message);
    }

    fn pose(&self, message: Vec<u8>) -> Pending<'_, Result<(), &'static str>> {
        Box::pin(pose_news(&self.0, message))
    }
}

async fn pose_news(streams: &Streams, message: Vec<u8>) -> Result<(), &'static str> {
    let posed = tokio::time::timeout(PATIENCE, streams.pose_news(message)).await;
    posed.unwrap_or(Err("the client has no stream open on which it could be asked"))
}

/// One POST: its stream is opened by the first message that precedes the answer.
pub(super) struct Post {
    all: Arc<Streams>,
    /// Whether the client takes a stream as the answer.
    streams: bool,
    /// The stream; 0 if there will be none.
    stream: OnceLock<u64>,
    /// Told when the stream is opened.
    opened: Notify,
}

impl Post {
    pub(super) fn new(session: &Session, streams: bool) -> Self {
        let (stream, opened) = (OnceLock::new(), Notify::new());
        Self { all: Arc::clone(&session.streams), streams, stream, opened }
    }

    /// Waits until there is a stream, and reads it.
    pub(super) async fn opened(&self) -> Option<Reader> {
        self.opened.notified().await;
        self.all.read(*self.stream.get()?)
    }

    /// Takes the answer; `Some` if there is no stream that it could go to.
    pub(super) fn finish(&self, answer: Vec<u8>) -> Option<Vec<u8>> {
        match *self.stream.get_or_init(|| 0) {
            0 => Some(answer),
            stream => {
                self.all.finish(stream, answer);
                None
            }
        }
    }

    /// The stream for a message, opened if need be; `None` if it goes to a GET stream.
    fn stream(&self) -> Option<u64> {
        if !self.streams {
            return None;
        }
        let mut new = false;
        let stream = *self.stream.get_or_init(|| {
            new = true;
            self.all.create()
        });
        if new {
            self.opened.notify_one();
        }
        Some(stream)
    }
}

impl AsRef<Self> for Post {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Outlet for Post {
    fn tell(&self, message: Vec<u8>) {
        match self.stream() {
            Some(stream) => self.all.tell(stream, message),
            None => self.all.tell_news(message),
        }
    }

    fn retract(&self, message: Vec<u8>) {
        // The call may have been answered meanwhile, for instance because the client cancelled it.
        let open = self.stream().filter(|stream| self.all.is_open(*stream));
        match open {
            Some(stream) => self.all.tell(stream, message),
            None => self.all.tell_news(message),
        }
    }

    fn pose(&self, message: Vec<u8>) -> Pending<'_, Result<(), &'static str>> {
        match self.stream() {
            Some(stream) => {
                let posed = self.all.pose(stream, message);
                let posed = posed.then_some(()).ok_or("the call is answered already");
                Box::pin(std::future::ready(posed))
            }
            None => Box::pin(pose_news(&self.all, message)),
        }
    }
}

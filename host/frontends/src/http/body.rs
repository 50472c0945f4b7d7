//! Response bodies: a whole text, or a stream of messages as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use mcpmux_protocol::sse;
use tokio::time::{Instant, Sleep};

use super::{channel, streams};

/// How often a silent stream is kept alive with a comment.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The body of a response.
pub(super) enum Body {
    /// A text, or nothing more.
    Whole(Option<Bytes>),
    /// Events to the end of the source.
    Events(Box<Events>),
}

/// Events on their way to the client.
pub(super) struct Events {
    source: Source,
    silence: Pin<Box<Sleep>>,
}

/// Where events come from.
pub(super) enum Source {
    /// One modern request.
    Channel(channel::Reader),
    /// A stream of a legacy session.
    Stream(streams::Reader),
}

impl Source {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self {
            Self::Channel(reader) => {
                reader.poll_next(context).map(|message| message.map(|text| sse::encode(&text)))
            }
            Self::Stream(reader) => reader.poll_next(context),
        }
    }
}

impl Body {
    pub(super) const fn empty() -> Self {
        Self::Whole(None)
    }

    pub(super) fn events(source: Source) -> Self {
        let silence = Box::pin(tokio::time::sleep(KEEP_ALIVE));
        Self::Events(Box::new(Events { source, silence }))
    }
}

impl From<Vec<u8>> for Body {
    fn from(text: Vec<u8>) -> Self {
        Self::Whole(Some(text.into()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Self::Events(events) => {
                let Events { source, silence } = &mut **events;
                let event = match source.poll_next(context) {
                    Poll::Ready(None) => return Poll::Ready(None),
                    Poll::Ready(Some(event)) => event,
                    Poll::Pending => {
                        ready!(silence.as_mut().poll(context));
                        sse::KEEP_ALIVE
                    }
                };
                silence.as_mut().reset(Instant::now() + KEEP_ALIVE);
                Poll::Ready(Some(Ok(Frame::data(event))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(text) => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
            Self::Events(_) => SizeHint::default(),
        }
    }
}

//! Response bodies: a whole text, or a stream of messages as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use mcpmux_protocol::sse;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

/// How often a silent stream is kept alive with a comment.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The body of a response.
pub(super) enum Body {
    /// A text, or nothing more.
    Whole(Option<Bytes>),
    /// Events until the sender is dropped.
    Events(Box<Events>),
}

/// Messages on their way to the client.
pub(super) struct Events {
    /// The message whose coming decided that there is a stream.
    first: Option<Vec<u8>>,
    messages: mpsc::Receiver<Vec<u8>>,
    silence: Pin<Box<Sleep>>,
}

impl Body {
    pub(super) const fn empty() -> Self {
        Self::Whole(None)
    }

    pub(super) fn events(first: Option<Vec<u8>>, messages: mpsc::Receiver<Vec<u8>>) -> Self {
        let silence = Box::pin(tokio::time::sleep(KEEP_ALIVE));
        Self::Events(Box::new(Events { first, messages, silence }))
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
                let Events { first, messages, silence } = &mut **events;
                let next = first
                    .take()
                    .map_or_else(|| messages.poll_recv(context), |first| Poll::Ready(Some(first)));
                let event = match next {
                    Poll::Ready(None) => return Poll::Ready(None),
                    Poll::Ready(Some(message)) => sse::encode(&message),
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

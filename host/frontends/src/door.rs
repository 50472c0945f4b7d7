//! The door: a decoded request in, the text of its answer out; the transports around it are the frontends'.

mod greet;
mod listen;
mod tools;

use std::pin::pin;
use std::sync::Arc;

use mcpmux_core::call::{Event, Events};
use mcpmux_core::client::Client;
use mcpmux_core::config::Limits;
use mcpmux_core::json::{Object, Raw};
use mcpmux_mux::Mux;
use mcpmux_protocol::{meta, names, write};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use greet::{initialize, unsupported};

/// What all frontends share.
pub struct Door {
    pub(crate) mux: Mux,
    pub(crate) limits: Limits,
    /// Cancelled when mcpmux stops taking requests.
    pub(crate) stop: CancellationToken,
}

/// A request whose client is known.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: Raw,
    pub(crate) method: String,
    /// `params` without `_meta`.
    pub(crate) params: Object,
    /// `params._meta` without the keys of an era.
    pub(crate) meta: Object,
    pub(crate) client: Arc<Client>,
}

/// The text of an answer, and how HTTP is to say it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) text: Vec<u8>,
    pub(crate) tone: Tone,
}

/// What kind of answer it is; only modern HTTP tells them apart by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A result, or an error of the method itself.
    Answer,
    /// The request should not have been made like this (400).
    BadRequest,
    /// The method is not served (404).
    NotFound,
}

impl Reply {
    pub(crate) const fn answer(text: Vec<u8>) -> Self {
        Self { text, tone: Tone::Answer }
    }

    pub(crate) fn bad_request(id: Option<&Raw>, code: i64, why: &str) -> Self {
        Self { text: write::error(id, code, why, None), tone: Tone::BadRequest }
    }
}

impl Door {
    /// A door to this mux. `stop` is cancelled when mcpmux is to take no more requests.
    #[must_use]
    pub const fn new(mux: Mux, limits: Limits, stop: CancellationToken) -> Self {
        Self { mux, limits, stop }
    }

    /// Answers any request but `initialize` and `subscriptions/listen`, which belong to a transport.
    pub(crate) async fn answer(&self, request: Request, progress: Option<Progress>) -> Reply {
        match request.method.as_str() {
            names::TOOLS_CALL => self.call_tool(request, progress).await,
            names::TOOLS_LIST => self.list_tools(request).await,
            names::DISCOVER => greet::discover(&request),
            names::PING if request.client.session.is_some() => {
                Reply::answer(write::result(&request.id, Raw::literal("{}")))
            }
            _ => unserved(&request.id, &request.method),
        }
    }
}

/// The answer to a method that is not served.
fn unserved(id: &Raw, method: &str) -> Reply {
    let why = format!("Method not found: {method}");
    Reply {
        text: write::error(Some(id), names::METHOD_NOT_FOUND, &why, None),
        tone: Tone::NotFound,
    }
}

/// Where a request's progress goes: its messages, written for the client, in order.
pub(crate) struct Progress {
    token: Raw,
    messages: mpsc::Sender<Vec<u8>>,
}

/// Progress messages that may wait for a slow client; what comes beyond that is dropped.
const WAITING: usize = 64;

impl Progress {
    /// Takes the progress token out of a request's `_meta`, if it has one.
    pub(crate) fn take(request: &mut Request) -> Option<(Self, mpsc::Receiver<Vec<u8>>)> {
        let token = request.meta.take(meta::PROGRESS_TOKEN)?;
        let (messages, received) = mpsc::channel(WAITING);
        Some((Self { token, messages }, received))
    }
}

/// Forwards progress until the reply is there; the reply comes after all of it. A client that does not keep up
/// misses progress, and neither holds up the call.
pub(crate) async fn forward(
    answer: impl Future<Output = Reply>,
    mut progress: mpsc::Receiver<Vec<u8>>,
    messages: &mpsc::Sender<Vec<u8>>,
) -> Reply {
    let mut answer = pin!(answer);
    let reply = loop {
        tokio::select! {
            biased;
            Some(message) = progress.recv() => drop(messages.try_send(message)),
            reply = &mut answer => break reply,
        }
    };
    while let Ok(message) = progress.try_recv() {
        drop(messages.try_send(message));
    }
    reply
}

impl Events for Progress {
    fn event(&self, event: Event) {
        let Event::Progress(mut params) = event;
        params.set(meta::PROGRESS_TOKEN, self.token.clone());
        let message = write::notification(names::PROGRESS, Some(&params.to_raw()));
        // A client that does not keep up misses progress, never the answer.
        let _dropped = self.messages.try_send(message);
    }
}

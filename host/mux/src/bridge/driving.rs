//! The other side of a legacy backend's call from a modern client: tells the client of now, and collects what is asked.

use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::call::Body;
use mcpmux_core::client::{Client, undeclared};
use mcpmux_core::peer::{Ask, Event, Peer};
use mcpmux_core::ports::Pending;
use tokio::sync::{mpsc, oneshot};

use crate::seats::refusal;

/// Questions that may wait to be looked at.
const WAITING: usize = 64;
/// The method is not served (JSON-RPC 2.0, section 5.1).
const METHOD_NOT_FOUND: i64 = -32601;
/// mcpmux could not do its part (JSON-RPC 2.0, section 5.1).
const INTERNAL_ERROR: i64 = -32603;

/// What a backend asked, and where its answer goes.
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) answer: oneshot::Sender<Body>,
}

/// The client of a call that may be parked. Each request of the client that continues the call takes the place of
/// the one before.
pub(super) struct Driver {
    client: Arc<Client>,
    listener: Mutex<Option<Arc<dyn Peer>>>,
    questions: mpsc::Sender<Question>,
}

impl Driver {
    /// The client of a call that starts.
    pub(super) fn new(
        client: Arc<Client>,
        listener: Option<Arc<dyn Peer>>,
    ) -> (Arc<Self>, mpsc::Receiver<Question>) {
        let (questions, asked) = mpsc::channel(WAITING);
        (Arc::new(Self { client, listener: Mutex::new(listener), questions }), asked)
    }

    /// From now on this hears what happens; while the call is parked, nobody does.
    pub(super) fn listen(&self, listener: Option<Arc<dyn Peer>>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }
}

impl Peer for Driver {
    fn event(&self, event: Event) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener.event(event);
        }
    }

    fn ask(&self, ask: Ask) -> Pending<'static, Body> {
        if let Some(lacks) = self.client.lacks(&ask.method, ask.params.as_ref()) {
            return Box::pin(std::future::ready(undeclared(lacks)));
        }
        if !is_input(&ask.method) {
            let why = format!("a client of 2026-07-28 cannot be asked for `{}`", ask.method);
            return Box::pin(std::future::ready(refusal(METHOD_NOT_FOUND, &why)));
        }
        let (answer, answered) = oneshot::channel();
        let questions = self.questions.clone();
        Box::pin(async move {
            let lost = || refusal(INTERNAL_ERROR, "the client did not come back with an answer");
            if questions.send(Question { ask, answer }).await.is_err() {
                return lost();
            }
            answered.await.unwrap_or_else(|_| lost())
        })
    }
}

/// Whether a modern client can be asked this in a result (2026-07-28, `InputRequest`).
fn is_input(method: &str) -> bool {
    matches!(method, "elicitation/create" | "sampling/createMessage" | "roots/list")
}

//! Standard output as a way to the client, and a modern client beside one call on it.

use std::sync::Arc;

use mcpmux_core::call::Body;
use mcpmux_core::client::Client;
use mcpmux_core::json::Raw;
use mcpmux_core::peer::{Ask, Event, Flight, Peer};
use mcpmux_core::ports::Pending;
use tokio::sync::mpsc;

use crate::door::asks::unanswered;
use crate::door::outlet::{Loudness, Outlet, written};

/// The lines that wait to be written.
#[derive(Clone)]
pub(super) struct Lines(pub(super) mpsc::Sender<Vec<u8>>);

impl Outlet for Lines {
    fn tell(&self, message: Vec<u8>) {
        // A client that does not read misses news, never an answer.
        let _dropped = self.0.try_send(message);
    }

    fn pose(&self, message: Vec<u8>) -> Pending<'_, Result<(), &'static str>> {
        Box::pin(async { self.0.send(message).await.map_err(|_| "the client reads no more") })
    }
}

/// A modern client during one call.
pub(super) struct ModernPeer {
    pub(super) client: Arc<Client>,
    pub(super) token: Option<Raw>,
    pub(super) loudness: Loudness,
    pub(super) lines: Lines,
}

impl ModernPeer {
    pub(super) fn flight(self) -> Flight {
        Flight { progress: self.token.is_some(), peer: Some(Arc::new(self)) }
    }
}

impl Peer for ModernPeer {
    fn event(&self, event: Event) {
        if let Some(message) = written(event, &self.client, self.token.as_ref(), self.loudness) {
            self.lines.tell(message);
        }
    }

    fn ask(&self, _: Ask) -> Pending<'static, Body> {
        // The mux asks such clients with results.
        Box::pin(std::future::ready(unanswered("a client without a session cannot be asked")))
    }
}

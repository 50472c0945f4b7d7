//! An answer that may be preceded by other messages: JSON if nothing comes before it, else a stream.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Frontend, Response, respond};
use crate::door::{Reply, forward};

/// Messages that may wait for a slow client.
pub(super) const WAITING: usize = 64;

/// What it means that a client closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disconnect {
    /// It cancels the request.
    Cancels,
    /// Nothing: the request goes on (2025-11-25, transports, sending messages).
    MeansNothing,
}

/// A reply on its way.
pub(super) type Answering = std::pin::Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Answers with JSON if nothing precedes the reply, else with a stream.
pub(super) async fn answer_or_stream(
    frontend: &Arc<Frontend>,
    mut answer: Answering,
    mut received: mpsc::Receiver<Vec<u8>>,
    disconnect: Disconnect,
) -> Response {
    let first = tokio::select! {
        biased;
        Some(message) = received.recv() => message,
        reply = &mut answer => return respond::reply(reply),
    };
    let (messages, stream) = mpsc::channel(WAITING);
    frontend.requests.spawn(async move {
        let reply = tokio::select! {
            biased;
            reply = forward(answer, received, &messages) => reply,
            () = messages.closed(), if disconnect == Disconnect::Cancels => return,
        };
        let _gone = messages.send(reply.text).await;
    });
    respond::stream(Some(first), stream)
}

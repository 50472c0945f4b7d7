//! JSON-RPC batches, which only clients of 2025-03-26 may send: each element on its own, one array back.

use std::sync::Arc;

use mcpmux_core::era::Revision;
use mcpmux_core::json::Object;
use mcpmux_core::peer::Flight;
use mcpmux_protocol::names::{INITIALIZE, INVALID_PARAMS, INVALID_REQUEST};
use mcpmux_protocol::{Message, Rejected, meta, write};
use tokio::task::JoinSet;

use super::conversation::Conversation;
use super::{Door, Request};

/// Elements in one batch.
pub(crate) const LIMIT: usize = 50;

/// The elements of a batch that want an answer, and the answers that are clear already.
#[derive(Default)]
pub(crate) struct Batch {
    requests: Vec<Request>,
    answers: Vec<Vec<u8>>,
}

/// Whether a client of this revision may send batches (2025-03-26, basic, batching).
pub(crate) const fn allowed(revision: Revision) -> bool {
    matches!(revision, Revision::V2025_03_26)
}

impl Batch {
    /// Takes the elements; notifications and answers are dealt with at once.
    pub(crate) fn take(
        elements: Vec<Result<Message, Rejected>>,
        conversation: &Conversation,
    ) -> Self {
        let mut batch = Self::default();
        for element in elements {
            match element {
                Err(Rejected { id, code, why }) => {
                    batch.answers.push(write::error(id.as_ref(), code, &why, None));
                }
                Ok(Message::Response { id, body }) => conversation.answered(&id, body),
                Ok(Message::Notification { method, params }) => {
                    let params = params.and_then(|params| params.object().ok());
                    conversation.hear(&method, params.unwrap_or_default());
                }
                Ok(Message::Request { id, method, .. }) if method == INITIALIZE => {
                    let why = "`initialize` cannot be part of a batch";
                    batch.answers.push(write::error(Some(&id), INVALID_REQUEST, why, None));
                }
                Ok(Message::Request { id, method, params }) => {
                    let parts = params.map_or_else(|| Ok(Object::default()), |raw| raw.object());
                    let parts =
                        parts.and_then(|mut params| Ok((meta::split(&mut params)?, params)));
                    match parts {
                        Ok((mut meta, params)) => {
                            meta::strip(&mut meta);
                            let client = Arc::clone(&conversation.reach.client);
                            let level = None;
                            batch.requests.push(Request {
                                id,
                                method,
                                params,
                                meta,
                                client,
                                level,
                            });
                        }
                        Err(error) => {
                            let why = format!("`params` cannot be read: {error}");
                            batch.answers.push(write::error(Some(&id), INVALID_PARAMS, &why, None));
                        }
                    }
                }
            }
        }
        batch
    }

    /// Answers all, at the same time, in an array; `None` if nothing wants an answer. `flight` makes the flight of
    /// each request, which may take its progress token.
    pub(crate) async fn answer(
        self,
        door: Arc<Door>,
        conversation: Arc<Conversation>,
        flight: impl Fn(&mut Request) -> Flight + Send,
    ) -> Option<Vec<u8>> {
        let Self { requests, mut answers } = self;
        let mut working = JoinSet::new();
        for mut request in requests {
            let flight = flight(&mut request);
            let (door, conversation) = (Arc::clone(&door), Arc::clone(&conversation));
            working.spawn(async move { conversation.answer(&door, request, flight).await });
        }
        while let Some(answered) = working.join_next().await {
            answers.extend(answered.ok().flatten().map(|reply| reply.text));
        }
        if answers.is_empty() {
            return None;
        }
        let mut text = vec![b'['];
        text.append(&mut answers.join(&b','));
        text.push(b']');
        Some(text)
    }
}

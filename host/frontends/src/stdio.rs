//! The stdio frontend: one client on standard input and output, of either era; stdout is MCP and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use mcpmux_core::client::Client;
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::lines::{Line, Lines, frame};
use mcpmux_protocol::names::{
    CANCELLED, INITIALIZE, INITIALIZED, INVALID_PARAMS, INVALID_REQUEST, LISTEN, PING,
};
use mcpmux_protocol::{Message, meta, write};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::door::{Door, Progress, Request, forward, initialize, unsupported};

/// Messages that may wait to be written.
const WAITING: usize = 256;

/// Serves the client until it closes its side or `door` is told to stop, and finishes the calls under way. It
/// waits for them, and for the client to read their answers, as long as it is let: dropping it ends it.
///
/// # Errors
/// If reading or writing fails.
pub async fn serve(
    door: Arc<Door>,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
) -> std::io::Result<()> {
    let (messages, waiting) = mpsc::channel(WAITING);
    let mut writer = JoinSet::new();
    writer.spawn(write_all(waiting, output));
    let mut conversation = Conversation {
        ended: door.stop.child_token(),
        door,
        messages,
        client: None,
        flights: Arc::default(),
        tasks: JoinSet::new(),
        told: false,
    };
    let read = conversation.read(input).await;
    conversation.ended.cancel();
    let Conversation { mut tasks, messages, .. } = conversation;
    tokio::select! {
        () = async { while tasks.join_next().await.is_some() {} } => {}
        // Nobody reads the answers any more, so nobody waits for the calls.
        () = messages.closed() => tasks.shutdown().await,
    }
    drop(messages);
    let written = writer.join_next().await.map_or(Ok(Ok(())), |ended| ended);
    read.and(written.map_err(std::io::Error::other)?)
}

/// Requests under way, by the text of their id.
type Flights = Arc<Mutex<HashMap<Bytes, CancellationToken>>>;

fn lock(flights: &Flights) -> std::sync::MutexGuard<'_, HashMap<Bytes, CancellationToken>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Conversation {
    door: Arc<Door>,
    messages: mpsc::Sender<Vec<u8>>,
    /// The legacy client, once it has initialized.
    client: Option<Arc<Client>>,
    flights: Flights,
    tasks: JoinSet<()>,
    /// Cancelled when the client has closed its side or mcpmux stops.
    ended: CancellationToken,
    /// Whether a task tells the legacy client of changes.
    told: bool,
}

impl Conversation {
    async fn read(&mut self, mut input: impl AsyncRead + Unpin) -> std::io::Result<()> {
        let mut lines = Lines::new(self.door.limits.body);
        let stop = self.door.stop.clone();
        loop {
            while let Some(line) = lines.next_line() {
                match line {
                    Line::Whole(line) => self.line(&line).await,
                    Line::TooLong => {
                        let why = format!("a line is longer than {} bytes", self.door.limits.body);
                        self.say(write::error(None, INVALID_REQUEST, &why, None)).await;
                    }
                }
                while self.tasks.try_join_next().is_some() {}
            }
            lines.buffer().reserve(16 << 10);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                // The client no longer reads; the writer knows why.
                () = self.messages.closed() => return Ok(()),
                read = input.read_buf(lines.buffer()) => if read? == 0 {
                    // A last line may lack its end.
                    lines.buffer().extend_from_slice(b"\n");
                    if let Some(Line::Whole(line)) = lines.next_line() {
                        self.line(&line).await;
                    }
                    return Ok(());
                },
            }
        }
    }

    async fn line(&mut self, line: &Bytes) {
        match Message::parse(line) {
            Err(rejected) => {
                let text = write::error(rejected.id.as_ref(), rejected.code, &rejected.why, None);
                self.say(text).await;
            }
            Ok(Message::Request { id, method, params }) => self.request(id, method, params).await,
            Ok(Message::Notification { method, params }) => self.notification(&method, params),
            // Nothing is asked of clients yet, so there is nothing they could answer.
            Ok(Message::Response { .. }) => tracing::debug!("an answer to nothing was ignored"),
        }
    }

    async fn say(&self, text: Vec<u8>) {
        tokio::select! {
            // A writer that has ended is noticed where lines are read.
            _ended = self.messages.send(text) => {}
            () = self.ended.cancelled() => {}
        }
    }

    async fn request(&mut self, id: Raw, method: String, params: Option<Raw>) {
        match self.understand(&id, method, params) {
            Ok(request) => self.start(request),
            Err(text) => self.say(text).await,
        }
    }

    /// Finds out who asks; `initialize` is answered here. An error is the text of the answer.
    fn understand(
        &mut self,
        id: &Raw,
        method: String,
        params: Option<Raw>,
    ) -> Result<Request, Vec<u8>> {
        let invalid = |why: &str| write::error(Some(id), INVALID_PARAMS, why, None);
        let mut params = match params {
            None => Object::default(),
            Some(params) => {
                params.object().map_err(|error| invalid(&format!("`params`: {error}")))?
            }
        };
        if method == INITIALIZE {
            let (client, result) = initialize(&params, "stdio".into()).map_err(invalid)?;
            self.client = Some(Arc::new(client));
            return Err(write::result(id, result));
        }
        let mut meta = meta::split(&mut params)
            .map_err(|error| invalid(&format!("`params._meta`: {error}")))?;
        let client = if meta.get(meta::VERSION).is_some() {
            Arc::new(meta::take_client(&mut meta).map_err(|error| match error {
                meta::MetaError::Unsupported(version) => unsupported(id, &version),
                missing @ meta::MetaError::Missing(_) => invalid(&missing.to_string()),
            })?)
        } else if let Some(client) = &self.client {
            meta::strip(&mut meta);
            Arc::clone(client)
        } else if method == PING {
            return Err(write::result(id, Raw::literal("{}")));
        } else {
            return Err(invalid(&format!(
                "send `initialize` first, or `params._meta` with `{}`",
                meta::VERSION
            )));
        };
        Ok(Request { id: id.clone(), method, params, meta, client })
    }

    fn start(&mut self, mut request: Request) {
        let key = request.id.bytes().clone();
        let cancel = CancellationToken::new();
        if lock(&self.flights).insert(key.clone(), cancel.clone()).is_some() {
            tracing::warn!(
                "the client uses a request id twice; only the later request can be cancelled"
            );
        }
        let (door, messages) = (Arc::clone(&self.door), self.messages.clone());
        let (flights, ended) = (Arc::clone(&self.flights), self.ended.clone());
        self.tasks.spawn(async move {
            let work = async {
                if request.method == LISTEN && request.client.session.is_none() {
                    if let Err(why) = door.listen(&request, messages.clone(), &ended).await {
                        let _ended = messages
                            .send(write::error(Some(&request.id), INVALID_PARAMS, why, None))
                            .await;
                    }
                    return;
                }
                let reply = match Progress::take(&mut request) {
                    None => door.answer(request, None).await,
                    Some((progress, received)) => {
                        forward(door.answer(request, Some(progress)), received, &messages).await
                    }
                };
                let _ended = messages.send(reply.text).await;
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                () = work => {}
            }
            lock(&flights).remove(&key);
        });
    }

    fn notification(&mut self, method: &str, params: Option<Raw>) {
        match method {
            INITIALIZED if self.client.is_some() && !std::mem::replace(&mut self.told, true) => {
                let (door, messages) = (Arc::clone(&self.door), self.messages.clone());
                let ended = self.ended.clone();
                let changes = door.changes();
                self.tasks.spawn(async move { door.notify(changes, messages, &ended).await });
            }
            CANCELLED => {
                let id = params.and_then(|params| params.object().ok()?.take("requestId"));
                if let Some(cancel) = id.and_then(|id| lock(&self.flights).remove(id.bytes())) {
                    cancel.cancel();
                }
            }
            _ => {}
        }
    }
}

/// Writes messages as lines; what waits together is written together.
async fn write_all(
    mut messages: mpsc::Receiver<Vec<u8>>,
    mut output: impl AsyncWrite + Unpin,
) -> std::io::Result<()> {
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, WAITING).await > 0 {
        let mut text = Vec::with_capacity(batch.iter().map(|message| message.len() + 1).sum());
        batch.drain(..).for_each(|message| text.append(&mut frame(message)));
        output.write_all(&text).await?;
        output.flush().await?;
    }
    output.shutdown().await
}

//! What a client on standard input says, line by line: each message finds its conversation, or is a modern request.

use std::sync::Arc;

use bytes::Bytes;
use mcpmux_core::json::{Object, Raw, surrogate};
use mcpmux_protocol::lines::{Line, Lines as Cut};
use mcpmux_protocol::names::{
    CANCELLED, INITIALIZE, INVALID_PARAMS, INVALID_REQUEST, LISTEN, PARSE_ERROR, PING,
};
use mcpmux_protocol::{Message, envelope, meta, write};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::outlet::{Lines, ModernPeer};
use crate::door::batch::{self, Batch};
use crate::door::conversation::Conversation;
use crate::door::flights::Flights;
use crate::door::outlet::Loudness;
use crate::door::reach::CallPeer;
use crate::door::{Door, HALF_A_PAIR, Request, unsupported};

pub(super) struct Talk {
    door: Arc<Door>,
    lines: Lines,
    /// The legacy client's, once it has initialized.
    conversation: Option<Arc<Conversation>>,
    flights: Arc<Flights>,
    tasks: JoinSet<()>,
    /// Cancelled when the client has closed its side or mcpmux stops.
    ended: CancellationToken,
}

impl Talk {
    pub(super) fn new(door: Arc<Door>, messages: mpsc::Sender<Vec<u8>>) -> Self {
        Self {
            ended: door.stop.child_token(),
            door,
            lines: Lines(messages),
            conversation: None,
            flights: Arc::default(),
            tasks: JoinSet::new(),
        }
    }

    /// The client says no more: its subscriptions end, what is under way goes on in the tasks that are returned.
    pub(super) fn end(self) -> JoinSet<()> {
        self.ended.cancel();
        if let Some(conversation) = &self.conversation {
            conversation.leave();
        }
        self.tasks
    }

    pub(super) async fn read(&mut self, mut input: impl AsyncRead + Unpin) -> std::io::Result<()> {
        let mut lines = Cut::new(self.door.limits.body);
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
                () = self.lines.0.closed() => return Ok(()),
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
        if surrogate::is_in(line) {
            return self.say(write::error(None, PARSE_ERROR, HALF_A_PAIR, None)).await;
        }
        if envelope::is_batch(line)
            && let Some(conversation) = self.conversation.clone()
            && batch::allowed(conversation.reach.client.revision)
        {
            return self.batch(conversation, line).await;
        }
        match Message::parse(line) {
            Err(rejected) => {
                let text = write::error(rejected.id.as_ref(), rejected.code, &rejected.why, None);
                self.say(text).await;
            }
            Ok(Message::Request { id, method, params }) => {
                if let Err(text) = self.request(id, method, params).await {
                    self.say(text).await;
                }
            }
            Ok(Message::Notification { method, params }) => self.notification(&method, params),
            Ok(Message::Response { id, body }) => match &self.conversation {
                Some(conversation) => conversation.answered(&id, body),
                None => tracing::debug!("an answer to nothing was ignored"),
            },
        }
    }

    async fn say(&self, text: Vec<u8>) {
        tokio::select! {
            // A writer that has ended is noticed where lines are read.
            _ended = self.lines.0.send(text) => {}
            () = self.ended.cancelled() => {}
        }
    }

    /// Finds out who asks, and starts to answer. An error is the text of the answer.
    async fn request(
        &mut self,
        id: Raw,
        method: String,
        params: Option<Raw>,
    ) -> Result<(), Vec<u8>> {
        let invalid = |why: &str| write::error(Some(&id), INVALID_PARAMS, why, None);
        let mut params = match params {
            None => Object::default(),
            Some(params) => {
                params.object().map_err(|error| invalid(&format!("`params`: {error}")))?
            }
        };
        let mut meta = meta::split(&mut params)
            .map_err(|error| invalid(&format!("`params._meta`: {error}")))?;
        if meta.get(meta::VERSION).is_some() {
            let client = Arc::new(meta::take_client(&mut meta).map_err(|error| match error {
                meta::MetaError::Unsupported(version) => unsupported(&id, &version),
                missing @ meta::MetaError::Missing(_) => invalid(&missing.to_string()),
            })?);
            let level = meta::take_level(&mut meta).map_err(|_| {
                invalid(&format!("`params._meta` has a `{}` that is no level", meta::LOG_LEVEL))
            })?;
            self.modern(Request { id, method, params, meta, client, level });
            return Ok(());
        }
        if method == INITIALIZE {
            let result = self.initialize(&params).await.map_err(invalid)?;
            self.say(write::result(&id, result)).await;
            return Ok(());
        }
        if let Some(conversation) = self.conversation.clone() {
            meta::strip(&mut meta);
            let client = Arc::clone(&conversation.reach.client);
            let level = None;
            self.legacy(conversation, Request { id, method, params, meta, client, level });
            return Ok(());
        }
        if method == PING {
            return Err(write::result(&id, Raw::literal("{}")));
        }
        let why = format!("send `initialize` first, or `params._meta` with `{}`", meta::VERSION);
        Err(invalid(&why))
    }

    async fn initialize(&mut self, params: &Object) -> Result<Raw, &'static str> {
        let (client, result) = tokio::select! {
            opened = self.door.initialize(params, "stdio".into()) => opened?,
            () = self.ended.cancelled() => return Err("mcpmux stops"),
        };
        let lines = Arc::new(self.lines.clone());
        let flights = Arc::clone(&self.flights);
        let conversation = Conversation::begin(&self.door, client, flights, Arc::clone(&lines));
        let conversation = Arc::new(conversation);
        if let Some(old) = self.conversation.replace(Arc::clone(&conversation)) {
            old.end();
        }
        let (changes, ended) = (self.door.mux.changes(), self.ended.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = conversation.follow(changes, &*lines) => {}
            }
        });
        Ok(result)
    }

    fn legacy(&mut self, conversation: Arc<Conversation>, mut request: Request) {
        let token = request.meta.take(meta::PROGRESS_TOKEN);
        let reach = Arc::clone(&conversation.reach);
        let flight = CallPeer::new(reach, token, self.lines.clone()).flight();
        let (door, lines) = (Arc::clone(&self.door), self.lines.clone());
        self.tasks.spawn(async move {
            if let Some(reply) = conversation.answer(&door, request, flight).await {
                let _ended = lines.0.send(reply.text).await;
            }
        });
    }

    async fn batch(&mut self, conversation: Arc<Conversation>, line: &Bytes) {
        let elements = match envelope::batch(line, batch::LIMIT) {
            Ok(elements) => elements,
            Err(rejected) => {
                return self.say(write::error(None, rejected.code, &rejected.why, None)).await;
            }
        };
        let batch = Batch::take(elements, &conversation);
        let (door, lines) = (Arc::clone(&self.door), self.lines.clone());
        let reach = Arc::clone(&conversation.reach);
        self.tasks.spawn(async move {
            let answer = batch.answer(door, conversation, |request| {
                let token = request.meta.take(meta::PROGRESS_TOKEN);
                CallPeer::new(Arc::clone(&reach), token, lines.clone()).flight()
            });
            if let Some(text) = answer.await {
                let _ended = lines.0.send(text).await;
            }
        });
    }

    fn modern(&mut self, mut request: Request) {
        let (door, lines) = (Arc::clone(&self.door), self.lines.clone());
        let (flights, ended) = (Arc::clone(&self.flights), self.ended.clone());
        let id = request.id.clone();
        self.tasks.spawn(async move {
            let work = async {
                if request.method == LISTEN {
                    return listen(&door, request, &lines, &ended).await;
                }
                let token = request.meta.take(meta::PROGRESS_TOKEN);
                let (client, loudness) =
                    (Arc::clone(&request.client), Loudness::of_request(request.level));
                let peer = ModernPeer { client, token, loudness, lines: lines.clone() };
                door.answer(request, peer.flight()).await.text
            };
            if let Some(text) = flights.fly(&id, work).await {
                let _ended = lines.0.send(text).await;
            }
        });
    }

    fn notification(&self, method: &str, params: Option<Raw>) {
        let params = params.and_then(|params| params.object().ok()).unwrap_or_default();
        match &self.conversation {
            Some(conversation) => conversation.hear(method, params),
            None if method == CANCELLED => {
                if let Some(id) = params.get("requestId") {
                    self.flights.cancel(id);
                }
            }
            None => {}
        }
    }
}

/// Serves a subscription until mcpmux or the client's side ends; its last message is returned.
async fn listen(
    door: &Door,
    request: Request,
    lines: &Lines,
    ended: &CancellationToken,
) -> Vec<u8> {
    let id = request.id.clone();
    let refuse = |why: &str| write::error(Some(&id), INVALID_PARAMS, why, None);
    let _room = match door.room() {
        Ok(room) => room,
        Err(why) => return refuse(why),
    };
    let lines = Arc::new(lines.clone());
    match door.listen(request, &lines).await {
        Ok(listening) => listening.run(&*lines, ended).await,
        Err(why) => refuse(why),
    }
}

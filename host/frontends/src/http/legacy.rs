//! Requests of the legacy era over HTTP: sessions, the GET stream, and calls that outlive a lost connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue};
use mcpmux_core::call::Body;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::names::{INITIALIZE, INVALID_PARAMS, INVALID_REQUEST};
use mcpmux_protocol::{envelope, headers, meta, write};
use tokio_util::task::TaskTracker;

use super::incoming::{Incoming, accepts};
use super::outlets::{News, Post};
use super::sessions::{Session, Sessions};
use super::streams::Streams;
use super::{Frontend, Response, respond};
use crate::door::Request;
use crate::door::batch::{self, Batch};
use crate::door::conversation::Conversation;
use crate::door::flights::Flights;
use crate::door::reach::CallPeer;

pub(super) async fn serve(
    frontend: &Arc<Frontend>,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Response {
    let Incoming { id, method, params, mut meta } = incoming;
    meta::strip(&mut meta);
    if let (INITIALIZE, Some(id)) = (method.as_str(), &id) {
        return open(frontend, id, &params).await;
    }
    let session = match session(frontend, headers) {
        Ok(session) => session,
        Err((status, why)) => {
            return respond::refuse_message(status, id.as_ref(), INVALID_REQUEST, why);
        }
    };
    let Some(id) = id else {
        session.conversation.hear(&method, params);
        return respond::status(StatusCode::ACCEPTED);
    };
    let token = meta.take(meta::PROGRESS_TOKEN);
    let conversation = Arc::clone(&session.conversation);
    let client = Arc::clone(&conversation.reach.client);
    let request = Request { id, method, params, meta, client, level: None };
    let post = Post::new(&session, accepts(headers, "text/event-stream"));
    let peer = CallPeer::new(Arc::clone(&conversation.reach), token, post);
    let flight = Arc::clone(&peer).flight();
    let (own, busy) = (Arc::clone(frontend), session.busy());
    let work = async move {
        let _busy = busy;
        let id = request.id.clone();
        match conversation.answer(&own.door, request, flight).await {
            // Statuses speak of sessions in this era: 404 would tell the client that its own is gone.
            Some(reply) => reply.text,
            // The client still waits for the response to its POST.
            None => write::error(Some(&id), INVALID_REQUEST, "the request was cancelled", None),
        }
    };
    respond_to(frontend, Box::pin(work), peer).await
}

/// The answer to a question that the session was asked; what answers none is ignored.
pub(super) fn answered(frontend: &Frontend, headers: &HeaderMap, id: &Raw, body: Body) -> Response {
    match session(frontend, headers) {
        Ok(session) => {
            session.conversation.answered(id, body);
            respond::status(StatusCode::ACCEPTED)
        }
        Err((status, why)) => respond::refuse(status, why),
    }
}

/// A batch of a client that may send some.
pub(super) async fn serve_batch(
    frontend: &Frontend,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let refuse =
        |status: StatusCode, code: i64, why: &str| respond::refuse_message(status, None, code, why);
    let session = match session(frontend, headers) {
        Ok(session) => session,
        Err((status, why)) => return refuse(status, INVALID_REQUEST, why),
    };
    let conversation = Arc::clone(&session.conversation);
    if !batch::allowed(conversation.reach.client.revision) {
        let why = "a message is an object; only clients of 2025-03-26 may send batches";
        return refuse(StatusCode::BAD_REQUEST, INVALID_REQUEST, why);
    }
    let elements = match envelope::batch(body, batch::LIMIT) {
        Ok(elements) => elements,
        Err(rejected) => return refuse(StatusCode::BAD_REQUEST, rejected.code, &rejected.why),
    };
    let batch = Batch::take(elements, &conversation);
    let post = Post::new(&session, accepts(headers, "text/event-stream"));
    let post = Arc::new(post);
    let (door, own, reach) =
        (Arc::clone(&frontend.door), Arc::clone(&post), Arc::clone(&conversation.reach));
    let work = batch.answer(door, conversation, move |request| {
        let token = request.meta.take(meta::PROGRESS_TOKEN);
        CallPeer::new(Arc::clone(&reach), token, Arc::clone(&own)).flight()
    });
    let busy = session.busy();
    let work = async move {
        let _busy = busy;
        work.await.unwrap_or_default()
    };
    respond_to(frontend, Box::pin(work), post).await
}

/// Responds with the answer as it is if nothing precedes it, else with a stream. No answer: nothing was asked.
async fn respond_to<P>(frontend: &Frontend, answer: Answering, holder: Arc<P>) -> Response
where
    P: AsRef<Post> + Send + Sync + 'static,
{
    let post = holder.as_ref().as_ref();
    let requests = frontend.requests.clone();
    let mut answer = Undying { answer: Some(answer), holder: Arc::clone(&holder), requests };
    let reader = tokio::select! {
        biased;
        reader = post.opened() => reader,
        text = &mut answer => match post.finish(text) {
            Some(text) if text.is_empty() => return respond::status(StatusCode::ACCEPTED),
            Some(text) => return respond::json(StatusCode::OK, text),
            // A message came at the last moment.
            None => post.opened().await,
        },
    };
    // Dropping what is left of the answer has it worked out, and put at the end of the stream.
    drop(answer);
    reader.map_or_else(|| respond::status(StatusCode::NOT_FOUND), respond::replay)
}

type Answering = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// An answer that is worked out to its end even if the connection that waits for it is lost: in the legacy era
/// a lost connection does not cancel a request (2025-11-25, transports, sending messages).
struct Undying<P: AsRef<Post> + Send + Sync + 'static> {
    answer: Option<Answering>,
    holder: Arc<P>,
    requests: TaskTracker,
}

impl<P: AsRef<Post> + Send + Sync + 'static> Future for Undying<P> {
    type Output = Vec<u8>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<u8>> {
        let Some(answer) = &mut self.answer else {
            return Poll::Pending;
        };
        let poll = answer.as_mut().poll(context);
        if poll.is_ready() {
            self.answer = None;
        }
        poll
    }
}

impl<P: AsRef<Post> + Send + Sync + 'static> Drop for Undying<P> {
    fn drop(&mut self) {
        if let Some(answer) = self.answer.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let holder = Arc::clone(&self.holder);
            let rest = async move { holder.as_ref().as_ref().finish(answer.await) };
            self.requests.spawn_on(rest, &runtime);
        }
    }
}

/// Opens a session.
async fn open(frontend: &Arc<Frontend>, id: &Raw, params: &Object) -> Response {
    let bad =
        |why: &str| respond::refuse_message(StatusCode::BAD_REQUEST, Some(id), INVALID_PARAMS, why);
    let name = match Sessions::new_id() {
        Ok(name) => name,
        Err(error) => {
            tracing::error!("no session can be opened without randomness: {error}");
            return respond::status(StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    let door = &frontend.door;
    let (client, result) = match door.initialize(params, Arc::clone(&name)).await {
        Ok(opened) => opened,
        Err(why) => return bad(why),
    };
    let Ok(header) = HeaderValue::from_str(&name) else {
        return bad("the session id cannot be a header");
    };
    let primes = client.revision >= Revision::V2025_11_25;
    let streams = Streams::new(door.limits.replay, primes);
    let news = Arc::new(News(Arc::clone(&streams)));
    let flights = Arc::<Flights>::default();
    let conversation = Conversation::begin(door, client, flights, Arc::clone(&news));
    let conversation = Arc::new(conversation);
    let session = Arc::new(Session::new(Arc::clone(&conversation), streams));
    if !frontend.sessions.add(name, session) {
        let why = "too many sessions are open; see `limits.sessions`";
        let status = StatusCode::TOO_MANY_REQUESTS;
        return respond::refuse_message(status, Some(id), INVALID_REQUEST, why);
    }
    let (changes, stop) = (door.mux.changes(), door.stop.clone());
    frontend.requests.spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = conversation.follow(changes, &*news) => {}
        }
    });
    let mut response = respond::json(StatusCode::OK, write::result(id, result));
    response.headers_mut().insert(headers::SESSION, header);
    response
}

/// The session that the headers name.
pub(super) fn session(
    frontend: &Frontend,
    headers: &HeaderMap,
) -> Result<Arc<Session>, (StatusCode, &'static str)> {
    if let Some(version) = headers.get(headers::VERSION) {
        let revision = version.to_str().ok().and_then(Revision::parse);
        if revision.is_none_or(|revision| revision.era() == Era::Modern) {
            return Err((StatusCode::BAD_REQUEST, "this `MCP-Protocol-Version` is not supported"));
        }
    }
    let id = headers.get(headers::SESSION).ok_or((
        StatusCode::BAD_REQUEST,
        "the header `Mcp-Session-Id` is missing; send `initialize` first, or `params._meta` of 2026-07-28",
    ))?;
    let session = id.to_str().ok().and_then(|id| frontend.sessions.get(id));
    session.ok_or((StatusCode::NOT_FOUND, "there is no such session; send `initialize` again"))
}

/// A GET stream, on which a session hears what belongs to no call, or the rest of a stream that broke off.
pub(super) fn stream(frontend: &Frontend, headers: &HeaderMap) -> Response {
    if !accepts(headers, "text/event-stream") {
        return respond::refuse(
            StatusCode::NOT_ACCEPTABLE,
            "the client must accept text/event-stream",
        );
    }
    if !headers.contains_key(headers::SESSION) {
        return respond::method_not_allowed();
    }
    let session = match session(frontend, headers) {
        Ok(session) => session,
        Err((status, why)) => return respond::refuse(status, why),
    };
    let last = headers.get(headers::LAST_EVENT).and_then(|id| id.to_str().ok());
    let streams = &session.streams;
    let reader = last.and_then(|id| streams.resume(id)).or_else(|| streams.read_news());
    reader.map_or_else(
        || respond::refuse(StatusCode::SERVICE_UNAVAILABLE, "mcpmux stops"),
        |reader| respond::replay(reader.during(session.busy())),
    )
}

/// DELETE ends a session.
pub(super) fn end(frontend: &Frontend, headers: &HeaderMap) -> Response {
    let Some(id) = headers.get(headers::SESSION) else {
        return respond::method_not_allowed();
    };
    let ended = id.to_str().is_ok_and(|id| frontend.sessions.end(id));
    respond::status(if ended { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

//! Requests of the legacy era over HTTP: sessions, the GET stream, and calls that outlive a lost connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue};
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::Raw;
use mcpmux_protocol::names::{CANCELLED, INITIALIZE, INVALID_PARAMS, INVALID_REQUEST};
use mcpmux_protocol::{headers, meta, write};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::incoming::{Incoming, accepts};
use super::sessions::{Session, Sessions};
use super::streaming::{Answering, Disconnect, WAITING, answer_or_stream};
use super::{Frontend, Response, respond};
use crate::door::{Progress, Reply, Request, initialize};

pub(super) async fn serve(
    frontend: &Arc<Frontend>,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Response {
    let Incoming { id, method, params, mut meta } = incoming;
    meta::strip(&mut meta);
    if let (INITIALIZE, Some(id)) = (method.as_str(), &id) {
        return open(frontend, id, &params);
    }
    let session = match session(frontend, headers) {
        Ok(session) => session,
        Err((status, why)) => {
            return respond::refuse_message(status, id.as_ref(), INVALID_REQUEST, why);
        }
    };
    let Some(id) = id else {
        if method == CANCELLED
            && let Some(id) = params.get("requestId")
        {
            session.land(id.bytes());
        }
        return respond::status(StatusCode::ACCEPTED);
    };
    let client = Arc::clone(&session.client);
    let streams = accepts(headers, "text/event-stream");
    let mut request = Request { id, method, params, meta, client };
    let progress = Progress::take(&mut request).filter(|_| streams);
    let (progress, received) =
        progress.map_or((None, None), |(progress, received)| (Some(progress), Some(received)));
    let answer = answer(frontend, session, request, progress);
    let answer = Undying { answer: Some(answer), requests: frontend.requests.clone() };
    match received {
        None => respond::reply(answer.await),
        Some(received) => {
            answer_or_stream(frontend, Box::pin(answer), received, Disconnect::MeansNothing).await
        }
    }
}

/// Answers a request, unless its client cancels it: then nobody waits for the answer any more.
fn answer(
    frontend: &Arc<Frontend>,
    session: Arc<Session>,
    request: Request,
    progress: Option<Progress>,
) -> Answering {
    let frontend = Arc::clone(frontend);
    Box::pin(async move {
        let id = request.id.clone();
        let Some(cancelled) = session.depart(id.bytes().clone()) else {
            return Reply::answer(frontend.door.answer(request, progress).await.text);
        };
        let reply = tokio::select! {
            biased;
            reply = frontend.door.answer(request, progress) => reply,
            _ = cancelled => {
                let why = "the request was cancelled";
                Reply::answer(write::error(Some(&id), INVALID_REQUEST, why, None))
            }
        };
        session.land(id.bytes());
        // Statuses speak of sessions in this era: 404 would tell the client that its own is gone.
        Reply::answer(reply.text)
    })
}

/// A reply that is worked out to its end even if the connection that waits for it is lost: in the legacy era
/// a lost connection does not cancel a request (2025-11-25, transports, sending messages).
struct Undying {
    answer: Option<Answering>,
    requests: TaskTracker,
}

impl Future for Undying {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
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

impl Drop for Undying {
    fn drop(&mut self) {
        if let Some(answer) = self.answer.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            self.requests.spawn_on(answer, &runtime);
        }
    }
}

/// Opens a session.
fn open(frontend: &Frontend, id: &Raw, params: &mcpmux_core::json::Object) -> Response {
    let bad =
        |why: &str| respond::refuse_message(StatusCode::BAD_REQUEST, Some(id), INVALID_PARAMS, why);
    let session = match Sessions::new_id() {
        Ok(session) => session,
        Err(error) => {
            tracing::error!("no session can be opened without randomness: {error}");
            return respond::status(StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    let (client, result) = match initialize(params, Arc::clone(&session)) {
        Ok(opened) => opened,
        Err(why) => return bad(why),
    };
    let Ok(header) = HeaderValue::from_str(&session) else {
        return bad("the session id cannot be a header");
    };
    if !frontend.sessions.add(session, client) {
        let why = "too many sessions are open; see `limits.sessions`";
        return respond::refuse_message(
            StatusCode::TOO_MANY_REQUESTS,
            Some(id),
            INVALID_REQUEST,
            why,
        );
    }
    let mut response = respond::json(StatusCode::OK, write::result(id, result));
    response.headers_mut().insert(headers::SESSION, header);
    response
}

/// The session that the headers name.
fn session(
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

/// The GET stream, on which a session hears of changes.
pub(super) fn stream(frontend: &Arc<Frontend>, headers: &HeaderMap) -> Response {
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
    let (messages, received) = mpsc::channel(WAITING);
    let changes = frontend.door.changes();
    let frontend = Arc::clone(frontend);
    tokio::spawn(async move {
        let ended = session.open_stream();
        tokio::select! {
            () = frontend.door.stop.cancelled() => {}
            () = frontend.door.notify(changes, messages, &ended) => {}
        }
    });
    respond::stream(None, received)
}

/// DELETE ends a session.
pub(super) fn end(frontend: &Frontend, headers: &HeaderMap) -> Response {
    let Some(id) = headers.get(headers::SESSION) else {
        return respond::method_not_allowed();
    };
    let ended = id.to_str().is_ok_and(|id| frontend.sessions.end(id));
    respond::status(if ended { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

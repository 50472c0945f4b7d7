//! Requests of the modern era over HTTP: headers held against the body, no session, closing is cancelling.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName};
use mcpmux_core::json::Raw;
use mcpmux_protocol::names::{HEADER_MISMATCH, INVALID_PARAMS, LISTEN};
use mcpmux_protocol::{headers, meta};
use tokio::sync::mpsc;

use super::incoming::{Incoming, accepts};
use super::streaming::{Disconnect, WAITING, answer_or_stream};
use super::{Frontend, Response, respond};
use crate::door::{Progress, Reply, Request, Tone, unsupported};

pub(super) async fn serve(
    frontend: &Arc<Frontend>,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Response {
    let (id, request) = match understand(headers, incoming) {
        Ok((Some(id), request)) => (id, request),
        // The only notification of the era is `notifications/cancelled`, and over HTTP closing the stream
        // takes its place.
        Ok((None, _)) => return respond::status(StatusCode::ACCEPTED),
        Err(reply) => return respond::reply(reply),
    };
    let mut request = Request { id, ..request };
    if request.method == LISTEN {
        return listen(frontend, request).await;
    }
    let streams = accepts(headers, "text/event-stream");
    let Some((progress, received)) = Progress::take(&mut request).filter(|_| streams) else {
        return respond::reply(frontend.door.answer(request, None).await);
    };
    let own = Arc::clone(frontend);
    let answer = Box::pin(async move { own.door.answer(request, Some(progress)).await });
    answer_or_stream(frontend, answer, received, Disconnect::Cancels).await
}

/// Checks what every modern request must have, and finds out who asks.
fn understand(
    headers: &HeaderMap,
    mut incoming: Incoming,
) -> Result<(Option<Raw>, Request), Reply> {
    let id = incoming.id.take();
    let bad = |code: i64, why: &str| Reply::bad_request(id.as_ref(), code, why);
    let said = meta::version(&incoming.meta);
    let header = headers.get(headers::VERSION).and_then(|version| version.to_str().ok());
    if let Some(said) = &said
        && header != Some(said)
    {
        return Err(bad(
            HEADER_MISMATCH,
            "the header `MCP-Protocol-Version` must be there and equal `params._meta`",
        ));
    }
    // Notifications of the era need no `_meta`; nothing is done with any.
    let null = || Raw::literal("null");
    let client = match meta::take_client(&mut incoming.meta) {
        Ok(client) => client,
        Err(_) if id.is_none() => {
            let revision = mcpmux_core::era::Revision::NEWEST_MODERN;
            mcpmux_core::client::Client {
                revision,
                info: None,
                capabilities: Raw::literal("{}"),
                session: None,
            }
        }
        Err(meta::MetaError::Unsupported(version)) => {
            let text = unsupported(id.as_ref().unwrap_or(&null()), &version);
            return Err(Reply { text, tone: Tone::BadRequest });
        }
        Err(missing) => return Err(bad(INVALID_PARAMS, &missing.to_string())),
    };
    check(headers, headers::METHOD, Some(&incoming.method))
        .map_err(|why| bad(HEADER_MISMATCH, &why))?;
    if let Some(key) = named_by(&incoming.method) {
        let name = incoming.params.get(key).and_then(|name| Some(name.as_string()?.into_owned()));
        check(headers, headers::NAME, name.as_deref()).map_err(|why| bad(HEADER_MISMATCH, &why))?;
    }
    let Incoming { method, params, meta, .. } = incoming;
    Ok((id, Request { id: null(), method, params, meta, client: Arc::new(client) }))
}

/// The parameter that `Mcp-Name` mirrors (2026-07-28, transports/streamable-http, standard headers).
fn named_by(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        _ => None,
    }
}

/// Whether a header stands once and mirrors the body.
fn check(headers: &HeaderMap, name: &'static str, body: Option<&str>) -> Result<(), String> {
    let Some(body) = body else { return Ok(()) };
    let mut values = headers.get_all(HeaderName::from_static(name)).iter();
    let header = values.next().ok_or_else(|| format!("the header `{name}` is missing"))?;
    if values.next().is_some() || headers::decode(header.as_bytes()).as_deref() != Some(body) {
        return Err(format!("the header `{name}` does not mirror the body"));
    }
    Ok(())
}

async fn listen(frontend: &Arc<Frontend>, request: Request) -> Response {
    let (messages, mut received) = mpsc::channel(WAITING);
    let (own, id) = (Arc::clone(frontend), request.id.clone());
    let listening = async move { own.door.listen(&request, messages, &own.door.stop).await };
    let mut listening = frontend.requests.spawn(listening);
    tokio::select! {
        biased;
        Some(first) = received.recv() => respond::stream(Some(first), received),
        ended = &mut listening => {
            let why = ended.ok().and_then(Result::err).unwrap_or("the subscription ended at once");
            respond::reply(Reply::bad_request(Some(&id), INVALID_PARAMS, why))
        }
    }
}

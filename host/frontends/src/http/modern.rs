//! Requests of the modern era over HTTP: headers held against the body, no session, closing is cancelling.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName};
use mcpmux_core::call::{Method, NamedBy};
use mcpmux_core::client::Client;
use mcpmux_core::era::Revision;
use mcpmux_core::json::Raw;
use mcpmux_core::peer::Flight;
use mcpmux_protocol::names::{HEADER_MISMATCH, INVALID_PARAMS, LISTEN};
use mcpmux_protocol::{headers, meta};

use super::channel::{Channel, Reader};
use super::incoming::{Incoming, accepts};
use super::{Frontend, Response, params, respond};
use crate::door::{Reply, Request, Tone, has, unsupported};

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
    if let Err(why) = params::check(&frontend.door, headers, &request) {
        return respond::reply(Reply::bad_request(Some(&request.id), HEADER_MISMATCH, &why));
    }
    let token = request.meta.take(meta::PROGRESS_TOKEN);
    if request.method == LISTEN {
        let channel = Channel::of_news(Arc::clone(&request.client));
        return listen(frontend, request, channel).await;
    }
    let channel = Channel::new(Arc::clone(&request.client), token, request.level);
    if !accepts(headers, "text/event-stream") {
        return respond::reply(frontend.door.answer(request, Flight::default()).await);
    }
    let flight =
        Flight { progress: channel.wants_progress(), peer: Some(Arc::clone(&channel) as _) };
    let own = Arc::clone(frontend);
    let mut answer = Box::pin(async move { own.door.answer(request, flight).await });
    tokio::select! {
        biased;
        () = channel.begun() => {}
        reply = &mut answer => {
            if !channel.has_begun() {
                return respond::reply(reply);
            }
            // A message came at the last moment, and is told before the answer.
            channel.finish(reply.text);
            return respond::stream(Reader(channel));
        }
    }
    let response = respond::stream(Reader(Arc::clone(&channel)));
    frontend.requests.spawn(async move {
        tokio::select! {
            biased;
            reply = answer => channel.finish(reply.text),
            // A client that closes the stream cancels its request.
            () = channel.left() => {}
        }
    });
    response
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
            let (revision, capabilities) = (Revision::NEWEST_MODERN, Raw::literal("{}"));
            Client { revision, info: None, capabilities, session: None }
        }
        Err(meta::MetaError::Unsupported(version)) => {
            let text = unsupported(id.as_ref().unwrap_or(&null()), &version);
            return Err(Reply { text, tone: Tone::BadRequest });
        }
        Err(missing) => return Err(bad(INVALID_PARAMS, &missing.to_string())),
    };
    check(headers, headers::METHOD, Some(&incoming.method))
        .map_err(|why| bad(HEADER_MISMATCH, &why))?;
    if let Some(key) = named_by(&client, &incoming.method) {
        let name = incoming.params.get(key).and_then(|name| Some(name.as_string()?.into_owned()));
        check(headers, headers::NAME, name.as_deref()).map_err(|why| bad(HEADER_MISMATCH, &why))?;
    }
    let level = match meta::take_level(&mut incoming.meta) {
        Ok(level) => level,
        Err(_) => {
            let why = format!("`params._meta` has a `{}` that is no level", meta::LOG_LEVEL);
            return Err(bad(INVALID_PARAMS, &why));
        }
    };
    let Incoming { method, params, meta, .. } = incoming;
    Ok((id, Request { id: null(), method, params, meta, client: Arc::new(client), level }))
}

/// The parameter that `Mcp-Name` mirrors (2026-07-28, transports/streamable-http, standard headers).
fn named_by(client: &Client, method: &str) -> Option<&'static str> {
    let named_by = Method::parse(method).filter(|method| has(client, *method))?.named_by();
    (named_by != NamedBy::Reference).then(|| named_by.key())
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

async fn listen(frontend: &Arc<Frontend>, request: Request, channel: Arc<Channel>) -> Response {
    let (own, id) = (Arc::clone(frontend), request.id.clone());
    let to = Arc::clone(&channel);
    let (open, opening) = tokio::sync::oneshot::channel();
    let listening = frontend.requests.spawn(async move {
        let work = async {
            let _room = own.door.room()?;
            let listening = own.door.listen(request, &to).await?;
            // The first message is there; whoever waits for it may be gone.
            let _gone = open.send(());
            to.finish(listening.run(&*to, &own.door.stop).await);
            Ok(())
        };
        tokio::select! {
            worked = work => worked,
            () = to.left() => Ok(()),
        }
    });
    // Made before anything is awaited: if the client goes meanwhile, the subscription ends.
    let reader = Reader(channel);
    if opening.await.is_ok() {
        return respond::stream(reader);
    }
    let why =
        listening.await.ok().and_then(Result::err).unwrap_or("the subscription ended at once");
    respond::reply(Reply::bad_request(Some(&id), INVALID_PARAMS, why))
}

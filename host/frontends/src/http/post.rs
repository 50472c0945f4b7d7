//! A POST to the endpoint: its era decides who answers it.

use std::sync::Arc;

use hyper::StatusCode;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::surrogate;
use mcpmux_protocol::names::{INVALID_PARAMS, PARSE_ERROR};
use mcpmux_protocol::{Message, envelope, headers, meta};

use super::incoming::{Incoming, acceptable, read, take_apart};
use super::{Frontend, Request, Response, legacy, modern, respond};
use crate::door::HALF_A_PAIR;

pub(super) async fn serve(frontend: &Arc<Frontend>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Err((status, why)) = acceptable(&head.headers) {
        return respond::refuse(status, why);
    }
    let body = match read(body, frontend.door.limits.body).await {
        Ok(body) => body,
        Err((status, why)) => return respond::refuse(status, &why),
    };
    if surrogate::is_in(&body) {
        return respond::refuse_message(StatusCode::BAD_REQUEST, None, PARSE_ERROR, HALF_A_PAIR);
    }
    let by_header = head.headers.get(headers::VERSION).and_then(|version| version.to_str().ok());
    let modern =
        by_header.and_then(Revision::parse).is_some_and(|revision| revision.era() == Era::Modern);
    if !modern && head.headers.contains_key(headers::SESSION) && envelope::is_batch(&body) {
        return legacy::serve_batch(frontend, &head.headers, &body).await;
    }
    let (id, method, params) = match Message::parse(&body) {
        Ok(Message::Request { id, method, params }) => (Some(id), method, params),
        Ok(Message::Notification { method, params }) => (None, method, params),
        // Only sessions are asked anything.
        Ok(Message::Response { .. }) if modern => return respond::status(StatusCode::ACCEPTED),
        Ok(Message::Response { id, body }) => {
            return legacy::answered(frontend, &head.headers, &id, body);
        }
        Err(rejected) => {
            let (id, code) = (rejected.id.as_ref(), rejected.code);
            return respond::refuse_message(StatusCode::BAD_REQUEST, id, code, &rejected.why);
        }
    };
    let (params, meta) = match take_apart(params) {
        Ok(parts) => parts,
        Err(error) => {
            let why = format!("`params` cannot be read: {error}");
            return respond::refuse_message(
                StatusCode::BAD_REQUEST,
                id.as_ref(),
                INVALID_PARAMS,
                &why,
            );
        }
    };
    let incoming = Incoming { id, method, params, meta };
    if modern || incoming.meta.get(meta::VERSION).is_some() {
        modern::serve(frontend, &head.headers, incoming).await
    } else {
        legacy::serve(frontend, &head.headers, incoming).await
    }
}

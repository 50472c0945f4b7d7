//! Shaking hands over HTTP: as if the backend were modern, then with `initialize`, then with the old HTTP+SSE.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mcpmux_core::call::Body;
use mcpmux_core::config::Secret;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{BackendEvents, Credential};
use mcpmux_protocol::names::{DISCOVER, INITIALIZE, INITIALIZED};
use mcpmux_protocol::{Message, headers, probe, write};
use tracing::debug;

use super::sse::{self, Stream};
use super::stream::{Events, is_stream, whole};
use super::wire::{Wire, header};
use super::{HttpLink, METHOD, Mirrors, SESSION, VERSION};
use crate::faults;
use crate::link::duplex::Duplex;
use crate::link::handshake::{greet, greeted, judged, worth_repeating};
use crate::link::hearing::Hearing;
use crate::link::{Hello, number_of};

/// What to connect to.
pub(crate) struct Target<'a> {
    pub(crate) url: &'a str,
    pub(crate) headers: &'a BTreeMap<String, Secret>,
    pub(crate) credential: Option<Arc<dyn Credential>>,
    pub(crate) limit: usize,
    pub(crate) events: Arc<dyn BackendEvents>,
    pub(crate) mirrors: Arc<Mirrors>,
}

/// What was met there.
pub(crate) enum Met {
    /// One endpoint for everything.
    Http(Arc<HttpLink>),
    /// A stream and an endpoint, the transport of 2024-11-05.
    Sse(Arc<Duplex>, Stream),
}

/// Connects and shakes hands. The caller bounds the time.
pub(crate) async fn connect(
    name: &BackendName,
    target: Target<'_>,
    known: Option<Era>,
) -> Result<(Met, Hello), Fault> {
    let unusable = |why: String| faults::unavailable(name, why);
    let wire = Wire::new(target.url, target.credential.clone()).map_err(unusable)?;
    let base = base_headers(target.headers).map_err(unusable)?;
    let greeting = Greeting { name, wire: &wire, base: &base, limit: target.limit };
    let mut modern = if known == Some(Era::Legacy) { None } else { greeting.discover().await? };
    if modern.is_none() {
        match greeting.initialize().await? {
            Greeted::Welcome(hello, session) => {
                return meet(name, wire, base, target, hello, session).await;
            }
            // It was legacy when it was last seen; it may have been replaced by a newer one.
            Greeted::Refused(fault) if known == Some(Era::Legacy) => {
                modern = greeting.discover().await?;
                if modern.is_none() {
                    return old(name, wire, &base, target, fault).await;
                }
            }
            Greeted::Refused(fault) => return old(name, wire, &base, target, fault).await,
        }
    }
    match modern {
        Some(hello) => meet(name, wire, base, target, hello, None).await,
        None => Err(faults::protocol(name, "it speaks no revision that mcpmux knows")),
    }
}

/// A link to the endpoint.
async fn meet(
    name: &BackendName,
    wire: Wire,
    mut headers: HeaderMap,
    target: Target<'_>,
    hello: Hello,
    session: Option<HeaderValue>,
) -> Result<(Met, Hello), Fault> {
    headers.insert(VERSION, HeaderValue::from_static(hello.revision.as_str()));
    let holds_session = session.is_some();
    headers.extend(session.map(|session| (SESSION, session)));
    let hearing = Hearing::new(name.clone(), target.events);
    hearing.met(&hello);
    let link = HttpLink {
        hearing,
        wire,
        headers,
        holds_session,
        next: AtomicU64::new(2),
        limit: target.limit,
        mirrors: target.mirrors,
    };
    if hello.revision.era() == Era::Legacy {
        link.notify(write::notification(INITIALIZED, None)).await?;
    }
    Ok((Met::Http(Arc::new(link)), hello))
}

/// Tries the old transport, after this refusal of the newer ones.
async fn old(
    name: &BackendName,
    wire: Wire,
    headers: &HeaderMap,
    target: Target<'_>,
    refusal: Fault,
) -> Result<(Met, Hello), Fault> {
    let opened = sse::open(name, wire, headers, target.events, target.limit).await?;
    let Some((link, stream)) = opened else { return Err(refusal) };
    debug!(backend = %name, "it speaks the HTTP+SSE transport of 2024-11-05");
    let hello = greet(&link).await?;
    Ok((Met::Sse(link, stream), hello))
}

fn base_headers(configured: &BTreeMap<String, Secret>) -> Result<HeaderMap, String> {
    let mut base = HeaderMap::with_capacity(configured.len() + 8);
    for (name, value) in configured {
        let (name, value) = header(name, value.reveal())?;
        base.insert(name, value);
    }
    base.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    base.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(base)
}

struct Greeting<'a> {
    name: &'a BackendName,
    wire: &'a Wire,
    base: &'a HeaderMap,
    limit: usize,
}

/// What came back from `initialize`.
enum Greeted {
    /// A result, and a session if there is one.
    Welcome(Hello, Option<HeaderValue>),
    /// A status with which a backend of an older transport refuses it.
    Refused(Fault),
}

/// A response in the handshake.
struct Response {
    status: StatusCode,
    session: Option<HeaderValue>,
    body: Result<Body, Fault>,
}

impl Greeting<'_> {
    /// `None`: the backend is legacy.
    async fn discover(&self) -> Result<Option<Hello>, Fault> {
        let mut response = self.ask_version().await?;
        if response.body.as_ref().is_ok_and(worth_repeating) {
            response = self.ask_version().await?;
        }
        match response.body {
            Ok(body) => judged(self.name, &body),
            // The connection broke; another attempt may tell more.
            Err(fault) if response.status.is_success() && fault.kind == Kind::OutcomeUnknown => {
                Err(faults::unavailable(self.name, fault))
            }
            Err(_) => Ok(None),
        }
    }

    async fn ask_version(&self) -> Result<Response, Fault> {
        let extra = [
            (VERSION, HeaderValue::from_static(Revision::NEWEST_MODERN.as_str())),
            (METHOD, HeaderValue::from_static(DISCOVER)),
        ];
        self.post(DISCOVER, &probe::discover_params(), extra).await
    }

    async fn initialize(&self) -> Result<Greeted, Fault> {
        let response = self.post(INITIALIZE, &probe::initialize_params(), []).await?;
        let refusal = matches!(
            response.status,
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
        );
        match response.body.and_then(|body| greeted(self.name, &body)) {
            Ok(hello) => Ok(Greeted::Welcome(hello, response.session)),
            Err(fault) if refusal => Ok(Greeted::Refused(fault)),
            Err(fault) => Err(fault),
        }
    }

    async fn post<const N: usize>(
        &self,
        method: &str,
        params: &Raw,
        extra: [(HeaderName, HeaderValue); N],
    ) -> Result<Response, Fault> {
        let mut headers = self.base.clone();
        headers.extend(extra);
        let body = write::request(1, method, params);
        let taken = Arc::new(AtomicBool::new(false));
        let sent = self.wire.send(Method::POST, headers, body, &taken).await;
        let response = sent.map_err(|failed| failed.fault(self.name))?;
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(faults::auth_required(self.name, status.as_u16()))
            }
            StatusCode::TOO_MANY_REQUESTS => Err(self.inconclusive(status)),
            _ if status.is_server_error() => Err(self.inconclusive(status)),
            _ => Ok(Response {
                status,
                session: response.headers().get(headers::SESSION).cloned(),
                body: self.answer(response).await,
            }),
        }
    }

    fn inconclusive(&self, status: StatusCode) -> Fault {
        faults::unavailable(self.name, format!("HTTP status {status} in the handshake"))
    }

    /// The answer in a response, or on its stream.
    async fn answer(&self, response: http::Response<hyper::body::Incoming>) -> Result<Body, Fault> {
        let status = response.status();
        if !(status.is_success() && is_stream(response.headers())) {
            let text = whole(response, self.name, self.limit).await?;
            return own_answer(&text).ok_or_else(|| {
                faults::protocol(
                    self.name,
                    format!("HTTP status {} in the handshake", status.as_u16()),
                )
            });
        }
        let mut events = Events::new(response, self.limit);
        while let Some(event) =
            events.next().await.map_err(|broken| broken.fault(self.name, self.limit))?
        {
            if let Some(body) = own_answer(&event.data) {
                return Ok(body);
            }
        }
        Err(faults::outcome_unknown(self.name, "its stream ended"))
    }
}

/// The body of the answer to the request of the handshake, which has the number 1.
fn own_answer(text: &bytes::Bytes) -> Option<Body> {
    match Message::parse(text) {
        Ok(Message::Response { id, body })
            if number_of(&id) == Some(1)
                || matches!((&body, id.is_null()), (Body::Error(_), true)) =>
        {
            Some(body)
        }
        _ => None,
    }
}

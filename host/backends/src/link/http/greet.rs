//! Shaking hands over HTTP: first as if the backend were modern, then with `initialize`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use hyper::body::Incoming;
use mcpmux_core::config::Secret;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::Credential;
use mcpmux_protocol::names::{DISCOVER, INITIALIZE, INITIALIZED};
use mcpmux_protocol::{headers, probe, write};

use super::answer::Reader;
use super::wire::{Wire, header};
use super::{HttpLink, METHOD, SESSION, VERSION};
use crate::faults;
use crate::link::Hello;
use crate::link::handshake::{greeted, judged};

/// What to connect to.
pub(crate) struct Target<'a> {
    pub(crate) url: &'a str,
    pub(crate) headers: &'a BTreeMap<String, Secret>,
    pub(crate) credential: Option<Arc<dyn Credential>>,
    pub(crate) limit: usize,
}

/// Connects and shakes hands. The caller bounds the time.
pub(crate) async fn connect(
    name: &BackendName,
    target: Target<'_>,
    known: Option<Era>,
) -> Result<(Arc<HttpLink>, Hello), Fault> {
    let unusable = |why: String| faults::unavailable(name, why);
    let wire = Wire::new(target.url, target.credential).map_err(unusable)?;
    let base = base_headers(target.headers).map_err(unusable)?;
    let greeting = Greeting { name, wire: &wire, base: &base, limit: target.limit };
    let modern = if known == Some(Era::Legacy) { None } else { greeting.discover().await? };
    let (hello, session) = match modern {
        Some(hello) => (hello, None),
        None => greeting.initialize().await?,
    };
    let mut headers = base;
    headers.insert(VERSION, HeaderValue::from_static(hello.revision.as_str()));
    let holds_session = session.is_some();
    if let Some(session) = session {
        headers.insert(SESSION, session);
    }
    let link =
        HttpLink::new(name.clone(), wire, headers, hello.revision, holds_session, target.limit);
    if hello.revision.era() == Era::Legacy {
        link.notify(write::notification(INITIALIZED, None)).await?;
    }
    Ok((Arc::new(link), hello))
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

impl Greeting<'_> {
    /// `None`: the backend is legacy.
    async fn discover(&self) -> Result<Option<Hello>, Fault> {
        let extra = [
            (VERSION, HeaderValue::from_static(Revision::NEWEST_MODERN.as_str())),
            (METHOD, HeaderValue::from_static(DISCOVER)),
        ];
        let response = self.post(DISCOVER, &probe::discover_params(), extra).await?;
        let conclusive = response.status().is_success();
        match self.reader().answer(1, response).await {
            Ok(body) => judged(self.name, &body),
            // The connection broke; another attempt may tell more.
            Err(fault) if conclusive && fault.kind == Kind::OutcomeUnknown => {
                Err(faults::unavailable(self.name, fault))
            }
            Err(_) => Ok(None),
        }
    }

    async fn initialize(&self) -> Result<(Hello, Option<HeaderValue>), Fault> {
        let response = self.post(INITIALIZE, &probe::initialize_params(), []).await?;
        let status = response.status();
        let session = response.headers().get(headers::SESSION).cloned();
        let body = self.reader().answer(1, response).await.map_err(|fault| {
            if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
                let hint = "it may speak only the old HTTP+SSE transport, which mcpmux does not";
                return faults::protocol(self.name, format!("HTTP status {status}; {hint}"));
            }
            fault
        })?;
        Ok((greeted(self.name, &body)?, session))
    }

    async fn post<const N: usize>(
        &self,
        method: &str,
        params: &Raw,
        extra: [(HeaderName, HeaderValue); N],
    ) -> Result<Response<Incoming>, Fault> {
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
            _ => Ok(response),
        }
    }

    fn inconclusive(&self, status: StatusCode) -> Fault {
        faults::unavailable(self.name, format!("HTTP status {status} in the handshake"))
    }

    fn reader(&self) -> Reader<'_> {
        Reader { backend: self.name, limit: self.limit, heard: &|_| {} }
    }
}

//! The HTTP+SSE transport of 2024-11-05: one stream of events that carries everything the backend says, and an
//! endpoint that takes what is said to it, which the stream's first event names.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::header::ACCEPT;
use http::{HeaderMap, Method, StatusCode, Uri};
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::BackendEvents;
use tokio_util::task::AbortOnDropHandle;

use super::EVENTS;
use super::exchange::messages;
use super::stream::{Broken, Events, is_stream};
use super::wire::{NoResponse, Wire};
use crate::faults;
use crate::link::duplex::{Duplex, Sink};
use crate::link::pending::Lost;

/// The endpoint.
pub(crate) struct Posts {
    wire: Wire,
    headers: HeaderMap,
}

/// The stream. Dropping it closes the stream, which ends the session.
pub(crate) struct Stream {
    link: Arc<Duplex>,
    _reading: AbortOnDropHandle<()>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.link.end(faults::stopped(&self.link.hearing.name));
    }
}

impl Posts {
    /// Sends a message; `taken` is as [`Wire::send`] has it. What it answers, if anything, comes on the stream.
    pub(crate) async fn send(
        &self,
        backend: &BackendName,
        message: Vec<u8>,
        taken: &Arc<AtomicBool>,
    ) -> Result<(), Lost> {
        let sent = self.wire.send(Method::POST, self.headers.clone(), message, taken).await;
        let response = match sent {
            Ok(response) => response,
            Err(NoResponse::Unsent(_)) => return Err(Lost::Unsent),
            Err(NoResponse::Lost(why)) => {
                return Err(Lost::Fault(faults::outcome_unknown(backend, why)));
            }
            Err(NoResponse::Credential(fault) | NoResponse::Forbidden(fault)) => {
                return Err(Lost::Fault(fault));
            }
        };
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND => Err(Lost::Refused),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(Lost::Fault(faults::auth_required(backend, status.as_u16())))
            }
            status => {
                let what = format!("HTTP status {}", status.as_u16());
                Err(Lost::Fault(faults::protocol(backend, what)))
            }
        }
    }
}

/// Opens the stream and waits for its endpoint; `None`: the backend does not speak this transport.
pub(crate) async fn open(
    name: &BackendName,
    mut wire: Wire,
    headers: &HeaderMap,
    events: Arc<dyn BackendEvents>,
    limit: usize,
) -> Result<Option<(Arc<Duplex>, Stream)>, Fault> {
    let mut asking = headers.clone();
    asking.insert(ACCEPT, EVENTS);
    let taken = Arc::new(AtomicBool::new(false));
    let sent = wire.send(Method::GET, asking, Vec::new(), &taken).await;
    let response = sent.map_err(|failed| failed.fault(name))?;
    if !response.status().is_success() || !is_stream(response.headers()) {
        return Ok(None);
    }
    let mut stream = Events::new(response, limit);
    let first = stream.next().await.map_err(|broken| broken.fault(name, limit))?;
    let Some(first) = first.filter(|event| event.name == "endpoint") else {
        return Ok(None);
    };
    let endpoint = String::from_utf8_lossy(&first.data);
    let uri = resolve(wire.uri(), endpoint.trim()).map_err(|why| faults::protocol(name, why))?;
    wire.redirect(uri);
    let sink = Sink::Posts(Box::new(Posts { wire, headers: headers.clone() }));
    let link = Arc::new(Duplex::new(name.clone(), sink, events));
    let reading = tokio::spawn(read(Arc::clone(&link), stream));
    let life = Stream { link: Arc::clone(&link), _reading: AbortOnDropHandle::new(reading) };
    Ok(Some((link, life)))
}

async fn read(link: Arc<Duplex>, mut stream: Events) {
    let why = loop {
        match stream.next().await {
            Ok(Some(event)) if event.data.is_empty() || event.name == "endpoint" => {}
            Ok(Some(event)) => {
                for text in messages(&event.data, link.hearing.revision()) {
                    link.heard(&text);
                }
            }
            Ok(None) => break "its stream ended".to_owned(),
            Err(Broken::Cut(why)) => break format!("its stream broke off: {why}"),
            Err(Broken::TooLarge) => {
                link.too_long();
                break "an event over the limit".to_owned();
            }
        }
    };
    link.end(faults::unavailable(&link.hearing.name, why));
}

/// The address of the endpoint, which has to be of the stream's own origin: what is said to the backend, and shown
/// to it, goes nowhere else.
fn resolve(base: &Uri, endpoint: &str) -> Result<Uri, String> {
    let no = |why: &str| format!("the endpoint {endpoint:?} of its stream {why}");
    let (Some(scheme), Some(authority)) = (base.scheme_str(), base.authority()) else {
        return Err(no("has no origin to belong to"));
    };
    let origin = format!("{scheme}://{authority}");
    let path = base.path();
    let whole = if endpoint.contains("://") {
        endpoint.to_owned()
    } else if endpoint.starts_with("//") {
        format!("{scheme}:{endpoint}")
    } else if endpoint.starts_with('/') {
        format!("{origin}{endpoint}")
    } else if endpoint.starts_with('?') {
        format!("{origin}{path}{endpoint}")
    } else {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{origin}{folder}/{endpoint}")
    };
    let uri: Uri = whole.parse().map_err(|_| no("is no address"))?;
    let port = |uri: &Uri| {
        let standard = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        uri.port_u16().unwrap_or(standard)
    };
    let userinfo = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    let same = uri.scheme_str().is_some_and(|other| other.eq_ignore_ascii_case(scheme))
        && uri.host().zip(base.host()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        && port(&uri) == port(base)
        && !userinfo;
    if same { Ok(uri) } else { Err(no("is of another origin")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(endpoint: &str, expected: Option<&str>) {
        let base: Uri = "http://host:8000/a/sse?x=1".parse().unwrap();
        let found = resolve(&base, endpoint).ok().map(|uri| uri.to_string());
        assert_eq!(found.as_deref(), expected, "{endpoint}");
    }

    #[test]
    fn an_endpoint_is_found_where_its_stream_is_and_nowhere_else() {
        check("/messages/?session_id=1", Some("http://host:8000/messages/?session_id=1"));
        check("messages", Some("http://host:8000/a/messages"));
        check("?session=1", Some("http://host:8000/a/sse?session=1"));
        check("http://HOST:8000/m", Some("http://HOST:8000/m"));
        for elsewhere in [
            "http://host/m",
            "https://host:8000/m",
            "//evil/m",
            "http://evil:8000/",
            "http://u@host:8000/",
            "",
        ] {
            let expected = elsewhere.is_empty().then_some("http://host:8000/a/");
            check(elsewhere, expected);
        }
    }
}

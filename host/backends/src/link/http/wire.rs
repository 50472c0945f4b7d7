//! Sending one HTTP request to a backend: connections, TLS, credential, and whether it was written.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use mcpmux_core::challenge::Challenge;
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, Refusal, Shown};

use crate::faults;

/// Silence on a connection before the kernel asks whether the other side is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long written bytes may go unacknowledged before the connection counts as broken.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may idle in the pool.
const IDLE: Duration = Duration::from_secs(30);
/// The longest challenge that is passed on, in bytes.
const CHALLENGE: usize = 8 << 10;

/// Where requests go.
pub(crate) struct Wire {
    dial: Dial,
    uri: Uri,
    credential: Option<Arc<dyn Credential>>,
}

enum Dial {
    Plain(Client<HttpConnector, Once>),
    Tls(Client<HttpsConnector<HttpConnector>, Once>),
}

/// Why there is no response.
pub(crate) enum NoResponse {
    /// Not a byte of the request was written.
    Unsent(String),
    /// It was written, at least in part.
    Lost(String),
    /// There is nothing to show the backend.
    Credential(Fault),
    /// There is nothing that would permit this very request; others may go on.
    Forbidden(Fault),
}

impl NoResponse {
    /// The fault of a request of our own.
    pub(crate) fn fault(self, backend: &BackendName) -> Fault {
        match self {
            Self::Unsent(why) | Self::Lost(why) => faults::unavailable(backend, why),
            Self::Credential(fault) | Self::Forbidden(fault) => fault,
        }
    }
}

impl Wire {
    /// A way to this URL.
    pub(crate) fn new(url: &str, credential: Option<Arc<dyn Credential>>) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("`{url}` is no URL: {error}"))?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_keepalive(Some(KEEP_ALIVE));
        connector.set_connect_timeout(Some(CONNECT));
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        let dial = if uri.scheme_str() == Some("https") {
            connector.enforce_http(false);
            let provider = rustls::crypto::ring::default_provider();
            let tls = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(provider)
                .map_err(|error| format!("cannot use the system's root certificates: {error}"))?
                .https_only()
                .enable_http1()
                .wrap_connector(connector);
            Dial::Tls(client.build(tls))
        } else {
            Dial::Plain(client.build(connector))
        };
        Ok(Self { dial, uri, credential })
    }

    /// The endpoint.
    pub(crate) const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Goes to another address of the same origin.
    pub(crate) fn redirect(&mut self, uri: Uri) {
        self.uri = uri;
    }

    /// Sends a request; `taken` becomes true when its first byte may have been written. If the backend refuses what it
    /// is shown, the request is sent once more with what is fetched then: such a refusal comes before anything is done.
    pub(crate) async fn send(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Vec<u8>,
        taken: &Arc<AtomicBool>,
    ) -> Result<Response<Incoming>, NoResponse> {
        self.send_for(method, headers, body.into(), taken, false).await
    }

    /// The same for a call, which waits for a person if one has to permit it.
    pub(crate) async fn send_call(
        &self,
        headers: HeaderMap,
        body: Vec<u8>,
        taken: &Arc<AtomicBool>,
    ) -> Result<Response<Incoming>, NoResponse> {
        self.send_for(Method::POST, headers, body.into(), taken, true).await
    }

    async fn send_for(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
        taken: &Arc<AtomicBool>,
        patient: bool,
    ) -> Result<Response<Incoming>, NoResponse> {
        let Some(credential) = &self.credential else {
            return self.send_once(method, headers, body, taken).await;
        };
        let shown = credential.headers().await.map_err(NoResponse::Credential)?;
        let first = with(headers.clone(), &shown)?;
        let response = self.send_once(method.clone(), first, body.clone(), taken).await?;
        let Some(challenge) = refused_with(&response, credential.heeds_forbidden()) else {
            return Ok(response);
        };
        taken.store(false, Ordering::Relaxed);
        let nothing = match response.status() {
            StatusCode::FORBIDDEN => NoResponse::Forbidden,
            _ => NoResponse::Credential,
        };
        let refusal = Refusal { shown, challenge, patient };
        let other = credential.refused(refusal).await.map_err(nothing)?;
        let Some(other) = other else { return Ok(response) };
        drop(response);
        let response = self.send_once(method, with(headers, &other)?, body, taken).await?;
        match response.status() {
            StatusCode::UNAUTHORIZED => credential.judged(&other, false),
            // Other rights are wanted now, or somebody has answered who does not look at credentials.
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {}
            status if status.is_server_error() => {}
            _ => credential.judged(&other, true),
        }
        Ok(response)
    }

    async fn send_once(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
        taken: &Arc<AtomicBool>,
    ) -> Result<Response<Incoming>, NoResponse> {
        let body = Once { bytes: Some(body), taken: Arc::clone(taken) };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        let response = match &self.dial {
            Dial::Plain(client) => client.request(request),
            Dial::Tls(client) => client.request(request),
        };
        response.await.map_err(|error| {
            if error.is_connect() || !taken.load(Ordering::Relaxed) {
                NoResponse::Unsent(chain(&error))
            } else {
                NoResponse::Lost(chain(&error))
            }
        })
    }
}

/// Headers with those of a credential.
fn with(mut headers: HeaderMap, shown: &Shown) -> Result<HeaderMap, NoResponse> {
    for (name, value) in shown {
        let (name, value) = header(name, value.reveal()).map_err(NoResponse::Unsent)?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Whether a response refuses what was shown, before the request was looked at, and with which challenge: 401, or a
/// 403 that says which scopes are missing (RFC 9110, section 11.6.1; RFC 6750, section 3.1), or with `forbidden` any.
fn refused_with(response: &Response<Incoming>, forbidden: bool) -> Option<Option<String>> {
    let mut challenge = String::new();
    for value in response.headers().get_all(WWW_AUTHENTICATE) {
        let separator = if challenge.is_empty() { "" } else { ", " };
        challenge.push_str(separator);
        challenge.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    let challenge = Some(challenge).filter(|text| !text.is_empty() && text.len() <= CHALLENGE);
    let wants_scopes = |text: &str| Challenge::parse(text).wants_scopes();
    match response.status() {
        StatusCode::UNAUTHORIZED => Some(challenge),
        StatusCode::FORBIDDEN if forbidden || challenge.as_deref().is_some_and(wants_scopes) => {
            Some(challenge)
        }
        _ => None,
    }
}

/// A header from the configuration or a credential; its value stays out of logs.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let no = |what: &str| format!("the {what} of header `{}` cannot be sent", name.escape_debug());
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| no("name"))?;
    let mut value = HeaderValue::from_str(value).map_err(|_| no("value"))?;
    value.set_sensitive(true);
    Ok((header, value))
}

/// An error with what it was caused by.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// A whole body that tells when it is taken: hyper flushes a request's head no earlier.
struct Once {
    bytes: Option<Bytes>,
    taken: Arc<AtomicBool>,
}

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Ordering::Relaxed);
        Poll::Ready(
            self.bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

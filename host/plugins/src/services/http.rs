//! HTTP requests of one plugin: held against its grants and bounded here; sent, and kept from forbidden addresses, by
//! the port [`Outbound`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::ports::{Near, Outbound, OutboundRequest};
use url::Url;

use super::hint;
use crate::grants::{Grants, Reach};

pub use mcpmux_core::ports::{OutboundError as Error, OutboundResponse as Response};

/// The longest body of a request, in bytes.
pub const REQUEST: usize = 1 << 20;
/// The longest body of an answer, in bytes.
pub const RESPONSE: usize = 4 << 20;
/// The most headers of a request, and the most bytes of them.
pub const HEADERS: (usize, usize) = (64, 32 << 10);
/// How long a request may take that does not say it.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// A request as a plugin makes it.
#[derive(Clone, Default)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// How long to wait for the whole answer; `None`: [`TIMEOUT`].
    pub timeout: Option<Duration>,
}

/// Sends the requests of one plugin.
pub struct Web {
    grants: Arc<Grants>,
    outbound: Arc<dyn Outbound>,
}

impl Web {
    /// For a plugin with these grants.
    #[must_use]
    pub fn new(grants: Arc<Grants>, outbound: Arc<dyn Outbound>) -> Self {
        Self { grants, outbound }
    }

    /// Sends a request and waits for the whole answer; a redirect is the answer. Dropping the future gives it up.
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::NotAllowed`] if nothing was sent.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let request = self.check(request).map_err(Error::NotAllowed)?;
        self.outbound.send(request).await
    }

    fn check(&self, request: Request) -> Result<OutboundRequest, String> {
        let Request { method, url, headers, body, timeout } = request;
        let mut url = Url::parse(&url).map_err(|error| format!("the URL is none: {error}"))?;
        let scheme = url.scheme();
        if !matches!(scheme, "http" | "https") {
            return Err(format!("only `http` and `https` can be asked, not `{scheme}`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL holds user info; send it in a header".to_owned());
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err("the URL names no host".to_owned());
        };
        let Some(reach) = self.grants.http(scheme, host, port) else {
            let grant = wanted(scheme, host, port);
            return Err(format!("`{scheme}://{host}:{port}` is not granted{}", hint(&grant)));
        };
        if body.len() > REQUEST {
            return Err(format!("the body has {} bytes, more than {REQUEST}", body.len()));
        }
        let size: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if headers.len() > HEADERS.0 || size > HEADERS.1 {
            let (most, bytes) = HEADERS;
            return Err(format!("there are more than {most} headers, or {bytes} bytes of them"));
        }
        url.set_fragment(None);
        Ok(OutboundRequest {
            method,
            url: url.into(),
            near: if reach == Reach::Near { Near::Address } else { Near::No },
            headers,
            body: body.into(),
            timeout: timeout.unwrap_or(TIMEOUT),
            limit: RESPONSE,
        })
    }
}

/// The grant that would allow this.
fn wanted(scheme: &str, host: &str, port: u16) -> String {
    match (scheme, port) {
        ("https", 443) => format!("http:{host}"),
        ("https", _) => format!("http:{host}:{port}"),
        _ => format!("http:http://{host}:{port}"),
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("grants", &self.grants).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

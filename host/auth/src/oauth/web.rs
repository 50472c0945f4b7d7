//! Requests to authorization servers: bounded, without redirects, and only where they may go.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mcpmux_core::config::{Grant, OAuth};
use mcpmux_core::ports::{Near, Outbound, OutboundError, OutboundRequest, OutboundResponse};
use serde::de::DeserializeOwned;
use serde_json::json;
use url::form_urlencoded;

use super::challenge::Challenge;
use super::reach::Reach;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest answer, in bytes.
const LIMIT: usize = 256 << 10;

/// Why something could not be had. Its text is for the operator; it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It may work later.
    Temporary(String),
    /// It is not safe, or not possible, as long as nobody changes something.
    Refused(String),
    /// Whoever is asked does not take what it was shown: its error code, and what it says about it.
    Denied {
        /// The code (RFC 6749, section 5.2).
        code: String,
        /// The whole, for the operator.
        text: String,
    },
}

impl Trouble {
    /// The text.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Temporary(text) | Self::Refused(text) | Self::Denied { text, .. } => text,
        }
    }
}

/// The way to one backend's authorization servers.
#[derive(Clone)]
pub(crate) struct Web {
    outbound: Arc<dyn Outbound>,
    reach: Reach,
    issuer: Option<String>,
}

impl Web {
    /// To those of the backend at this URL.
    pub(crate) fn new(outbound: Arc<dyn Outbound>, backend: &str, config: &OAuth) -> Self {
        let identity = match &config.grant {
            Grant::Enterprise(identity) => Some(identity.token_endpoint.as_str()),
            Grant::Code | Grant::Client => None,
        };
        let named: Vec<&str> = config.issuer.as_deref().into_iter().chain(identity).collect();
        Self { outbound, reach: Reach::of(backend, &named), issuer: config.issuer.clone() }
    }

    /// The only authorization server that is talked to, if the configuration says so.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Makes sure that a URL may be asked or opened, and says how near; `what` names it in the error.
    pub(crate) fn check(&self, what: &str, url: &str) -> Result<Near, Trouble> {
        let wrong = |why| Trouble::Refused(format!("{what} {why}: {}", crate::faults::shown(url)));
        self.reach.check(url).map_err(wrong)
    }

    /// Reads a JSON document; `None` if there is none.
    pub(crate) async fn document<T: DeserializeOwned>(
        &self,
        what: &str,
        url: &str,
    ) -> Result<Option<T>, Trouble> {
        let accept = vec![("accept".to_owned(), "application/json".to_owned())];
        let answer = self.send("GET", what, url, accept, Bytes::new()).await?;
        match answer.status {
            200 => {
                let json = |(name, value): &(String, String)| {
                    name == "content-type" && value.contains("json")
                };
                if serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_err()
                    && !answer.headers.iter().any(json)
                {
                    // Some sites answer everything with a page.
                    return Ok(None);
                }
                let wrong =
                    |error| Trouble::Refused(format!("{what} at {url} cannot be read: {error}"));
                serde_json::from_slice(&answer.body).map(Some).map_err(wrong)
            }
            429 | 500.. => Err(Trouble::Temporary(format!(
                "{url} answered with HTTP status {}",
                answer.status
            ))),
            _ => Ok(None),
        }
    }

    /// Posts a form.
    pub(crate) async fn form(
        &self,
        what: &str,
        url: &str,
        fields: &[(&str, String)],
        authorization: Option<String>,
    ) -> Result<OutboundResponse, Trouble> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let content = "application/x-www-form-urlencoded".to_owned();
        let mut headers = vec![
            ("content-type".to_owned(), content),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        self.send("POST", what, url, headers, body.into()).await
    }

    /// Posts JSON.
    pub(crate) async fn json(
        &self,
        what: &str,
        url: &str,
        body: &serde_json::Value,
    ) -> Result<OutboundResponse, Trouble> {
        let kind = || "application/json".to_owned();
        let headers = vec![("content-type".to_owned(), kind()), ("accept".to_owned(), kind())];
        self.send("POST", what, url, headers, body.to_string().into()).await
    }

    /// What a backend says to somebody who shows nothing; nothing, if it lets everybody in or cannot be asked.
    pub(crate) async fn challenge(&self, backend: &str) -> Challenge {
        let kind = |text: &str| text.to_owned();
        let headers = vec![
            (kind("content-type"), kind("application/json")),
            (kind("accept"), kind("application/json, text/event-stream")),
        ];
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": { "name": "mcpmux", "version": env!("CARGO_PKG_VERSION") },
        } });
        let answer =
            self.send("POST", "the backend", backend, headers, hello.to_string().into()).await;
        let answer = match answer {
            Ok(answer) if answer.status == 401 => answer,
            Ok(_) => return Challenge::default(),
            Err(trouble) => {
                tracing::debug!(why = trouble.text(), "the backend was not asked what it wants");
                return Challenge::default();
            }
        };
        let said = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let said: Vec<&str> = said.map(|(_, value)| value.as_str()).collect();
        Challenge::parse(&said.join(", "))
    }

    async fn send(
        &self,
        method: &str,
        what: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<OutboundResponse, Trouble> {
        let near = self.check(what, url)?;
        let (method, url) = (method.to_owned(), url.to_owned());
        let request = OutboundRequest {
            method,
            url: url.clone(),
            near,
            headers,
            body,
            timeout: PATIENCE,
            limit: LIMIT,
        };
        self.outbound.send(request).await.map_err(|error| match error {
            OutboundError::NotAllowed(why) if near == Near::No => Trouble::Refused(format!(
                "{what} may not be asked: {why}\n\
                 hint: hosts of a private network have to be named in the configuration, by the backend's `url` or by `issuer`"
            )),
            OutboundError::NotAllowed(why) => {
                Trouble::Refused(format!("{what} may not be asked: {why}"))
            }
            OutboundError::TooLarge => Trouble::Refused(format!("{url}: {error}")),
            OutboundError::Timeout | OutboundError::Network(_) => {
                Trouble::Temporary(format!("{url}: {error}"))
            }
        })
    }
}

//! HTTP requests through mcpmux's client, in the hooks that may wait: `observe` and `credentials`. Needs the grant
//! `http:HOST` or `http:HOST:PORT`; without TLS `http:http://HOST:PORT`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`...
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent; often nothing.
    pub body: Vec<u8>,
    /// The longest time until the answer; at most the hook's own.
    pub timeout: Option<Duration>,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What was received.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host is not granted, its address is not one that plugins may reach, or this hook may not wait.
    NotAllowed(String),
    /// It took too long.
    Timeout,
    /// The answer is longer than the limit.
    TooLarge,
    /// The host cannot be reached, or speaks no HTTP.
    Network(String),
}

/// Sends a request. Redirects are not followed: the answer is the redirect.
///
/// # Errors
/// Why there is no answer. An answer of whatever status is one.
pub fn send(request: Request) -> Result<Response, Error> {
    #[cfg(target_family = "wasm")]
    return crate::guest::send(request);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().http(request);
}

impl Request {
    /// A request of this method.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        let (method, url) = (method.into(), url.into());
        Self { method, url, headers: Vec::new(), body: Vec::new(), timeout: None }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this body, and the header that says that it is JSON.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> crate::Result<Self> {
        Ok(self.header("content-type", "application/json").body(serde_json::to_vec(body)?))
    }

    /// With these fields as a form's body, and the header that says so.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let body = fields.join("&");
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// With at most this time until the answer.
    #[must_use]
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }
}

/// Percent-encoded, all but what no form gives a meaning to.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

impl Response {
    /// An answer of this status, for tests.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// With this header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whether the status is one of success: 200 to 299.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn text(&self) -> crate::Result<&str> {
        Ok(std::str::from_utf8(&self.body)?)
    }

    /// The body read as JSON.
    ///
    /// # Errors
    /// If it is no JSON, or of another type.
    pub fn json<T: DeserializeOwned>(&self) -> crate::Result<T> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAllowed(text) | Self::Network(text) => text,
            Self::Timeout => "the request took too long",
            Self::TooLarge => "the answer is too large",
        })
    }
}

impl std::error::Error for Error {}

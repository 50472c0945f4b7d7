//! What the credentials hook is asked, and what it answers.

use std::fmt;
use std::time::SystemTime;

use crate::{Error, exec, http};

/// A credential that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The backend's name in the configuration.
    pub backend: String,
    /// The backend's URL, so one plugin can serve many.
    pub url: String,
    /// Why one is needed.
    pub why: Reason,
    /// `WWW-Authenticate` of the refusal, where there was one.
    pub challenge: Option<String>,
}

impl Query {
    /// The first credential for a backend.
    pub fn new(backend: impl Into<String>, url: impl Into<String>) -> Self {
        let (backend, url) = (backend.into(), url.into());
        Self { backend, url, why: Reason::Initial, challenge: None }
    }

    /// The same, for another reason.
    #[must_use]
    pub const fn because(mut self, why: Reason) -> Self {
        self.why = why;
        self
    }
}

/// Why a credential is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// There is none yet.
    Initial,
    /// The last one has expired, or is about to.
    Expired,
    /// The backend refused the last one (401, or 403 with a challenge).
    Refused,
}

/// A credential: the headers to send, and until when. It prints without its values.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// The headers; names in any case. Those that mcpmux writes itself are refused.
    pub headers: Vec<(String, String)>,
    /// Until when, to the millisecond; none: until it is refused.
    pub expires_at: Option<SystemTime>,
}

impl Grant {
    /// `Authorization: Bearer ...`
    #[must_use]
    pub fn bearer(token: impl fmt::Display) -> Self {
        Self::header("authorization", format!("Bearer {token}"))
    }

    /// This header.
    pub fn header(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { headers: vec![(name.into(), value.into())], expires_at: None }
    }

    /// And this one.
    #[must_use]
    pub fn and_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Good until then.
    #[must_use]
    pub const fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| (name, "****")).collect();
        f.debug_struct("Grant")
            .field("headers", &names)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// Why there is no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A person must act; the text says what to do.
    NeedsLogin(String),
    /// It may work later.
    Temporary(String),
    /// It will not work until the configuration is another one.
    Permanent(String),
}

impl Problem {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::NeedsLogin(text) | Self::Temporary(text) | Self::Permanent(text) => text,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Problem {}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Permanent(error.to_string())
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::Permanent(error.to_string())
    }
}

impl From<http::Error> for Problem {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Timeout | http::Error::Network(_) => Self::Temporary(error.to_string()),
            http::Error::NotAllowed(_) | http::Error::TooLarge => {
                Self::Permanent(error.to_string())
            }
        }
    }
}

impl From<exec::Error> for Problem {
    fn from(error: exec::Error) -> Self {
        match error {
            exec::Error::Timeout => Self::Temporary(error.to_string()),
            exec::Error::NotAllowed(_) | exec::Error::TooLarge | exec::Error::Failed(_) => {
                Self::Permanent(error.to_string())
            }
        }
    }
}

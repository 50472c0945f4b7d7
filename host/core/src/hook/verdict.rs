//! What hooks answer.

use std::time::Duration;

use crate::config::Secret;
use crate::json::Raw;
use crate::json::pointer::{Patch, PatchError, Pointer, patch};
use crate::names::BackendName;

/// A refusal, as the client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Short and stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// How a hook changes a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// This in its place.
    Replace(Raw),
    /// These changes, in order, all or none.
    Patch(Vec<Patch>),
}

impl Rewrite {
    /// The changed document.
    ///
    /// # Errors
    /// Which change cannot be made; then none is.
    pub fn apply(self, document: &Raw) -> Result<Raw, PatchError> {
        match self {
            Self::Replace(whole) => Ok(whole),
            Self::Patch(patches) => patch(document, &patches),
        }
    }
}

/// What is to become of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestAction {
    /// It goes on as it is.
    Forward,
    /// It goes on changed.
    Change(Rewrite),
    /// This is its result, an object.
    Answer(Raw),
    /// It ends with an error.
    Refuse(Denial),
    /// Another entry is called instead; for tools only.
    Reroute {
        /// What clients call it.
        exposed: String,
        /// Its arguments, an object.
        arguments: Raw,
    },
}

/// Whether a call may go ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allow,
    /// It may, with something to keep to.
    AllowWith(Obligations),
    /// It may not.
    Deny(Denial),
    /// A person decides.
    Ask(Question),
}

/// What has to be kept to if a call goes ahead. Those of several plugins hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obligations {
    /// What to take out of the result, if it is there.
    pub redact: Vec<Pointer>,
    /// The longest result in bytes.
    pub max_bytes: Option<usize>,
    /// The longest time until the answer.
    pub timeout: Option<Duration>,
}

impl Obligations {
    /// Takes on another plugin's: of two bounds the narrower one holds.
    pub fn add(&mut self, other: Self) {
        let narrower = |one: Option<usize>, other| one.into_iter().chain(other).min();
        self.redact.extend(other.redact);
        self.max_bytes = narrower(self.max_bytes, other.max_bytes);
        self.timeout = self.timeout.into_iter().chain(other.timeout).min();
    }
}

/// A question to the person at the client, answered with yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its text.
    pub text: String,
    /// Under which key, and for how long, a yes is remembered.
    pub remember: Option<(String, Duration)>,
}

/// What a response hook is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The `result` of a call.
    Success,
    /// The JSON-RPC error a backend answered with.
    Error,
    /// What a backend asks of the client: `method` and `params`.
    Question,
}

/// What is to become of an answer or a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseAction {
    /// It is passed on as it is.
    Deliver,
    /// It is passed on changed.
    Change(Rewrite),
    /// Whoever waits for it gets this error instead.
    Withhold(Denial),
}

/// What is to become of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyAction {
    /// It is passed on as it is.
    Deliver,
    /// It is passed on changed.
    Change(Rewrite),
    /// Nobody gets it.
    Drop,
}

/// A question for a credential.
#[derive(Debug, Clone)]
pub struct Query {
    /// Of which backend.
    pub backend: BackendName,
    /// Its URL.
    pub url: String,
    /// Why one is needed.
    pub why: Reason,
    /// `WWW-Authenticate` of the refusal, where there was one.
    pub challenge: Option<String>,
}

/// Why a credential is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is none yet.
    Initial,
    /// The last one has expired, or is about to.
    Expired,
    /// The backend refused the last one.
    Refused,
}

/// A credential.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The headers to send.
    pub headers: Vec<(String, Secret)>,
    /// Until when, since 1970-01-01 UTC; `None`: until it is refused.
    pub expires: Option<Duration>,
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

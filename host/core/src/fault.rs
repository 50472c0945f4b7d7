//! What ends a call other than an answer: its kind, whether the call was delivered, and two texts.

use std::fmt;

use crate::era::Era;
use crate::hook::Denial;
use crate::names::{BackendName, PluginName};

/// Why a call ended without its backend's answer. The codes are ours, outside the range that JSON-RPC
/// reserves, so that no client can take our faults for its backend's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The client asked for what is not there, or asked wrongly (JSON-RPC -32602).
    InvalidParams,
    /// There is no resource of this URI: -32602 in the modern era, -32002 in the legacy one.
    ResourceNotFound,
    /// Nothing here serves this (JSON-RPC -32601).
    MethodNotFound,
    /// The backend is not connected.
    BackendUnavailable,
    /// The backend went away after the call was written to it.
    OutcomeUnknown,
    /// No answer in time.
    Timeout,
    /// Too much at once.
    Overloaded,
    /// The answer is larger than allowed.
    ResponseTooLarge,
    /// A plugin refused the call.
    PolicyDenied,
    /// A plugin withheld the answer.
    PolicyWithheld,
    /// A plugin that has a say in the call could not say.
    PluginFailed,
    /// The backend answered with something that is not MCP.
    BackendProtocolError,
    /// A person must log in first.
    AuthRequired,
    /// The backend asked something of the client that the client cannot answer, or did not.
    ClientDidNotAnswer,
}

/// Every kind, in the order of its code; the error reference is generated from this.
pub const KINDS: [Kind; 14] = [
    Kind::BackendUnavailable,
    Kind::OutcomeUnknown,
    Kind::Timeout,
    Kind::Overloaded,
    Kind::ResponseTooLarge,
    Kind::PolicyDenied,
    Kind::PolicyWithheld,
    Kind::PluginFailed,
    Kind::BackendProtocolError,
    Kind::AuthRequired,
    Kind::ClientDidNotAnswer,
    Kind::InvalidParams,
    Kind::ResourceNotFound,
    Kind::MethodNotFound,
];

/// Whether the backend saw the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It did not: trying again is safe.
    NotDelivered,
    /// Nobody knows: it may have had its effect.
    Unknown,
    /// It did.
    Delivered,
}

impl Delivery {
    /// Its name in `error.data.outcome`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotDelivered => "not_delivered",
            Self::Unknown => "unknown",
            Self::Delivered => "delivered",
        }
    }
}

impl Kind {
    /// The JSON-RPC error code.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::BackendUnavailable => 1001,
            Self::OutcomeUnknown => 1002,
            Self::Timeout => 1003,
            Self::Overloaded => 1004,
            Self::ResponseTooLarge => 1005,
            Self::PolicyDenied | Self::PolicyWithheld | Self::PluginFailed => 1006,
            Self::BackendProtocolError => 1007,
            Self::AuthRequired => 1008,
            Self::ClientDidNotAnswer => 1010,
            Self::InvalidParams | Self::ResourceNotFound => -32602,
            Self::MethodNotFound => -32601,
        }
    }

    /// The code for a client of this era.
    #[must_use]
    pub const fn code_in(self, era: Era) -> i64 {
        match (self, era) {
            (Self::ResourceNotFound, Era::Legacy) => -32002,
            (kind, _) => kind.code(),
        }
    }

    /// Whether the backend saw the call, as far as this kind tells.
    #[must_use]
    pub const fn delivery(self) -> Delivery {
        match self {
            Self::OutcomeUnknown | Self::Timeout | Self::BackendProtocolError => Delivery::Unknown,
            Self::ResponseTooLarge | Self::PolicyWithheld | Self::ClientDidNotAnswer => {
                Delivery::Delivered
            }
            _ => Delivery::NotDelivered,
        }
    }

    /// What the kind means, in a line, for the error reference.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BackendUnavailable => "the backend is not connected; it is being retried",
            Self::OutcomeUnknown => "the backend went away after the call was written to it",
            Self::Timeout => "the backend did not answer in time",
            Self::Overloaded => "too many calls at once",
            Self::ResponseTooLarge => "the answer is larger than the configured limit",
            Self::PolicyDenied => "a plugin refused the call; `error.data.code` is its reason",
            Self::PolicyWithheld => "a plugin withheld the answer; `error.data.code` is its reason",
            Self::PluginFailed => "a plugin that has a say in the call could not say",
            Self::BackendProtocolError => "the backend's answer is not MCP",
            Self::AuthRequired => "someone has to log in to the backend first",
            Self::ClientDidNotAnswer => {
                "the backend asked the client for something that the client cannot answer, or did not"
            }
            Self::InvalidParams => "the entry does not exist, or the parameters are wrong",
            Self::ResourceNotFound => {
                "there is no such resource; -32002 for clients of revisions up to 2025-11-25"
            }
            Self::MethodNotFound => "nothing here serves the method",
        }
    }
}

/// What ended a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: Kind,
    /// At which backend, if at one.
    pub backend: Option<BackendName>,
    /// What the client reads.
    pub public: String,
    /// What only the log says.
    pub private: Option<Box<str>>,
    /// The URI that was asked for, if that is what is wrong.
    pub uri: Option<Box<str>>,
    /// A plugin's reason, for programs: [`Denial::code`].
    pub code: Option<String>,
    /// Where a person can mend it in a browser; said to clients that can show a URL.
    pub url: Option<Box<str>>,
}

/// The reason in a fault when a plugin could not say.
pub const PLUGIN_FAILED: &str = "plugin.failed";

impl Fault {
    /// A fault of mcpmux or of the client.
    pub fn new(kind: Kind, public: impl Into<String>) -> Self {
        Self {
            kind,
            backend: None,
            public: public.into(),
            private: None,
            uri: None,
            code: None,
            url: None,
        }
    }

    /// A fault at a backend.
    pub fn at(backend: &BackendName, kind: Kind, public: impl Into<String>) -> Self {
        Self { backend: Some(backend.clone()), ..Self::new(kind, public) }
    }

    /// A plugin's refusal: of a call, or with [`Kind::PolicyWithheld`] of its answer.
    #[must_use]
    pub fn refused(kind: Kind, backend: &BackendName, denial: Denial) -> Self {
        Self { code: Some(denial.code), ..Self::at(backend, kind, denial.message) }
    }

    /// A plugin has a say in a call and could not say. Which one is the operator's to know.
    pub fn unjudged(kind: Kind, backend: &BackendName, plugin: &PluginName, why: &str) -> Self {
        let public = match kind {
            Kind::PolicyWithheld => {
                "the answer is withheld: a plugin that has to look at it could not"
            }
            _ => "the call is refused: a plugin that has a say in it could not say",
        };
        let fault =
            Self { code: Some(PLUGIN_FAILED.to_owned()), ..Self::at(backend, kind, public) };
        fault.because(format_args!("plugin `{plugin}`: {why}"))
    }

    /// The same, about this URI.
    #[must_use]
    pub fn about(mut self, uri: &str) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// The same, with the place where a person can mend it.
    #[must_use]
    pub fn mended_at(mut self, url: Option<String>) -> Self {
        self.url = url.map(String::into_boxed_str);
        self
    }

    /// The same, with a detail for the log.
    #[must_use]
    pub fn because(mut self, detail: impl fmt::Display) -> Self {
        self.private = Some(detail.to_string().into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public)?;
        self.private.as_ref().map_or(Ok(()), |detail| write!(f, " ({detail})"))
    }
}

impl std::error::Error for Fault {}

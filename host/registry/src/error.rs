//! What can go wrong between mcpmux and a registry, as the person reads it who asked.

use std::path::PathBuf;

use oci_client::errors::{DigestError, OciDistributionError, OciErrorCode};

use crate::credentials::{PASSWORD, USER};
use crate::source::Source;

/// The longest text of a registry's that is repeated, in characters.
const QUOTE: usize = 300;

/// Why something was not pulled or pushed. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for cannot be a component in a registry.
    #[error("`{}` is no reference to a component: {why}\nhint: write `HOST/REPOSITORY:TAG`, such as `ghcr.io/you/guard:1.2.0`, or `HOST/REPOSITORY@sha256:..`", reference.escape_debug())]
    Reference {
        /// What was asked for.
        reference: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something was to be stored by its digest.
    #[error("{0} names a digest, and what is stored gets one of its own\nhint: name a tag")]
    NoTag(Source),
    /// The file with credentials is wrong.
    #[error("{path} cannot be used for credentials: {why}")]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A client could not be made.
    #[error(
        "cannot make a client for {registry}: {why}\nhint: TLS needs the system's certificates, on Debian the package `ca-certificates`"
    )]
    Client {
        /// The registry.
        registry: String,
        /// Why.
        why: String,
    },
    /// The registry does not answer.
    #[error("{registry} cannot be reached: {why}{hint}")]
    Unreachable {
        /// The registry.
        registry: String,
        /// Why.
        why: String,
        /// A line that says what to do, or nothing.
        hint: &'static str,
    },
    /// The registry wants to know who asks, or other credentials.
    #[error("{registry} refuses access to {source_}{}: {why}\nhint: {hint}", if *.shown { " with the credentials given" } else { "" })]
    Unauthorized {
        /// The registry.
        registry: String,
        /// What was asked for.
        source_: Box<Source>,
        /// Whether any credentials were shown.
        shown: bool,
        /// In the registry's words.
        why: String,
        /// What to do.
        hint: String,
    },
    /// There is no such repository, tag or digest.
    #[error("there is no {0}")]
    NotFound(Box<Source>),
    /// The registry answered with something else.
    #[error("{registry} answers: {why}")]
    Refused {
        /// The registry.
        registry: String,
        /// What it said.
        why: String,
    },
    /// What is there is something else.
    #[error(
        "{source_} is no component: {why}\nhint: `mcpmux plugin push`, or `wkg oci push`, stores components"
    )]
    Layout {
        /// What was asked for.
        source_: Box<Source>,
        /// What it is instead.
        why: String,
    },
    /// The bytes are not those that the digest stands for.
    #[error(
        "{registry} sent another {what} than it should have: expected {expected}, got {found}\nhint: the registry, or something before it, changed what is stored; nothing was written"
    )]
    Mismatch {
        /// The registry.
        registry: String,
        /// `manifest` or `component`.
        what: &'static str,
        /// The digest it should have.
        expected: String,
        /// The digest it has.
        found: String,
    },
    /// More bytes than are ever loaded.
    #[error(
        "{what} has {size} bytes, more than the {} that a component may have",
        crate::SIZE_LIMIT
    )]
    TooLarge {
        /// The file or the reference.
        what: String,
        /// Its size, or what it has at least.
        size: u64,
    },
    /// The connection ended, or was silent for too long, in the middle.
    #[error("{registry} broke off: {why}\nhint: nothing was written; try again")]
    Cut {
        /// The registry.
        registry: String,
        /// Why.
        why: String,
    },
    /// A file could not be read or written.
    #[error("cannot {what} {path}: {why}")]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
}

impl Error {
    /// Whether it was asked wrongly, rather than that it failed.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Reference { .. } | Self::NoTag(_) | Self::Credentials { .. })
    }
}

/// What turns the client's errors into ours: who was asked for what, and how.
pub(crate) struct Asked<'a> {
    pub(crate) source: &'a Source,
    /// Whether credentials were shown.
    pub(crate) shown: bool,
    /// Why there are none, where that is not for want of an entry.
    pub(crate) absent: Option<&'a str>,
    /// Whether the registry is asked without TLS.
    pub(crate) plain: bool,
    /// What is being fetched, for a digest that is wrong.
    pub(crate) what: &'static str,
}

impl Asked<'_> {
    pub(crate) fn failed(&self, error: OciDistributionError) -> Error {
        use OciDistributionError as Oci;
        let registry = self.registry();
        match error {
            Oci::RequestError(error) => match error.status().map(|status| status.as_u16()) {
                Some(status) => self.status(status, &error.to_string()),
                None if error.is_connect() => self.unreachable(&error),
                None => Error::Cut { registry, why: chain(&error) },
            },
            Oci::UnauthorizedError { .. } => self.unauthorized("authentication required"),
            Oci::AuthenticationFailure(why) | Oci::RegistryTokenDecodeError(why) => {
                self.unauthorized(&why)
            }
            Oci::ServerError { code, message, .. } => self.status(code, &message),
            Oci::RegistryError { envelope, .. } => match envelope.errors.first() {
                Some(first) => match first.code {
                    OciErrorCode::ManifestUnknown
                    | OciErrorCode::ManifestBlobUnknown
                    | OciErrorCode::BlobUnknown
                    | OciErrorCode::NameUnknown
                    | OciErrorCode::NotFound => Error::NotFound(Box::new(self.source.clone())),
                    OciErrorCode::Unauthorized | OciErrorCode::Denied => {
                        self.unauthorized(&first.message)
                    }
                    _ => Error::Refused { registry, why: quote(&first.message) },
                },
                None => Error::Refused { registry, why: "an error without a reason".to_owned() },
            },
            Oci::DigestError(DigestError::VerificationError { expected, actual }) => {
                Error::Mismatch { registry, what: self.what, expected, found: actual }
            }
            Oci::IoError(error) => Error::Cut { registry, why: chain(&error) },
            other => Error::Refused { registry, why: quote(&other.to_string()) },
        }
    }

    fn registry(&self) -> String {
        self.source.registry().to_owned()
    }

    fn status(&self, status: u16, message: &str) -> Error {
        match status {
            401 | 403 => self.unauthorized(message),
            404 => Error::NotFound(Box::new(self.source.clone())),
            _ => Error::Refused {
                registry: self.registry(),
                why: format!("status {status}: {}", quote(message)),
            },
        }
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> Error {
        let hint = if self.plain {
            ""
        } else {
            "\nhint: a registry without TLS on another machine needs `--insecure`"
        };
        Error::Unreachable { registry: self.registry(), why: chain(error), hint }
    }

    fn unauthorized(&self, why: &str) -> Error {
        let registry = self.registry();
        let hint = match self.absent {
            Some(absent) => format!("{absent}; set {USER} and {PASSWORD}"),
            None => format!("set {USER} and {PASSWORD}, or `docker login {registry}`"),
        };
        let source_ = Box::new(self.source.clone());
        Error::Unauthorized { registry, source_, shown: self.shown, why: quote(why), hint }
    }
}

/// An error with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = quote(&error.to_string());
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = quote(&cause.to_string());
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// What a registry said, on one line and not too long.
fn quote(text: &str) -> String {
    text.trim().chars().take(QUOTE).flat_map(char::escape_debug).collect()
}

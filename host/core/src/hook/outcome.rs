//! What is known of a call when it has ended: its status, and what each plugin decided about it.

use std::time::Duration;

use super::Subject;
use crate::names::PluginName;

/// A call that has ended.
#[derive(Debug, Clone)]
pub struct Record {
    /// Which one.
    pub subject: Subject,
    /// How it ended.
    pub status: Status,
    /// The code of the error that the client got.
    pub code: Option<i64>,
    /// Bytes of the arguments.
    pub sent: u64,
    /// Bytes of the answer.
    pub received: u64,
    /// From its coming in to its answer.
    pub took: Duration,
    /// What the plugins decided, in order.
    pub decisions: Vec<Decision>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With a result.
    Success,
    /// With a tool's result that says `isError`.
    ToolError,
    /// With the backend's error, or a fault on the way.
    Error,
    /// A plugin refused or withheld it.
    Refused,
    /// The client went away or took it back.
    Cancelled,
}

impl Status {
    /// Its name in logs and audit files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::ToolError => "tool_error",
            Self::Error => "error",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What one plugin decided in one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The plugin.
    pub plugin: PluginName,
    /// Its version.
    pub version: String,
    /// The hook.
    pub hook: HookKind,
    /// What it said, in the hook's words: `allow`, `deny`, `change`, `answer`, `error`.
    pub verdict: &'static str,
    /// The denial's code, or why it could not say.
    pub detail: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// It was only recorded, not followed.
    pub shadow: bool,
}

/// A point where a plugin may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookKind {
    /// Builds the catalog.
    Catalog,
    /// Filters requests.
    Request,
    /// Judges calls.
    Authorize,
    /// Judges lists.
    AuthorizeList,
    /// Filters answers.
    Response,
    /// Filters notifications.
    Notify,
    /// Hears outcomes.
    Observe,
    /// Fetches credentials.
    Credentials,
}

impl HookKind {
    /// All of them, in the order in which a call meets them.
    pub const ALL: [Self; 8] = [
        Self::Catalog,
        Self::AuthorizeList,
        Self::Request,
        Self::Authorize,
        Self::Credentials,
        Self::Notify,
        Self::Response,
        Self::Observe,
    ];

    /// Its name in `wit/`, the configuration and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Request => "request",
            Self::Authorize => "authorize",
            Self::AuthorizeList => "authorize-list",
            Self::Response => "response",
            Self::Notify => "notify",
            Self::Observe => "observe",
            Self::Credentials => "credentials",
        }
    }
}

//! What hooks are told of that is no call: entries of a list, notifications, how calls ended.

use crate::{Call, Kind};

/// An entry of a client's lists, as the authorize-list hook judges it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// What it is.
    pub kind: Kind,
    /// The backend's name in the configuration.
    pub backend: String,
    /// What the backend calls it.
    pub name: String,
    /// What clients call it.
    pub exposed: String,
    /// The hint `readOnlyHint`: a claim of the backend's.
    pub read_only: Option<bool>,
    /// The hint `destructiveHint`: a claim of the backend's.
    pub destructive: Option<bool>,
}

impl ListEntry {
    /// A tool exposed as `backend__name` that gives no hints, for tests.
    pub fn tool(backend: impl Into<String>, name: impl Into<String>) -> Self {
        let (backend, name) = (backend.into(), name.into());
        let exposed = format!("{backend}__{name}");
        Self { kind: Kind::Tool, backend, name, exposed, read_only: None, destructive: None }
    }
}

/// What a backend said without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The backend's name in the configuration.
    pub backend: String,
    /// Its method: `notifications/progress`, `notifications/message`, `notifications/resources/updated` and
    /// what extensions add.
    pub method: String,
    /// The call it belongs to, where it does: a [`Call::id`].
    pub call: Option<u64>,
}

impl Notice {
    /// A notification that belongs to no call.
    pub fn new(backend: impl Into<String>, method: impl Into<String>) -> Self {
        Self { backend: backend.into(), method: method.into(), call: None }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The call.
    pub call: Call,
    /// How it ended.
    pub status: Status,
    /// The code of the error that the client got.
    pub code: Option<i64>,
    /// Bytes of the arguments.
    pub sent: u64,
    /// Bytes of the answer.
    pub received: u64,
    /// Microseconds from the call's coming in to its answer.
    pub micros: u64,
    /// What the plugins decided, in order.
    pub decisions: Vec<Decision>,
}

impl Outcome {
    /// The end of a call of which nothing else is known, for tests.
    #[must_use]
    pub const fn new(call: Call, status: Status) -> Self {
        let decisions = Vec::new();
        Self { call, status, code: None, sent: 0, received: 0, micros: 0, decisions }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// A result.
    Success,
    /// A tool's result with `isError`.
    ToolError,
    /// The backend's error, or a fault on the way.
    Error,
    /// A plugin refused or withheld it.
    Refused,
    /// The client went away or took it back.
    Cancelled,
}

impl Status {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::Success, Self::ToolError, Self::Error, Self::Refused, Self::Cancelled];

    /// `success`, `tool_error`, `error`, `refused`, `cancelled`.
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
    /// The plugin's name in the configuration.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The hook.
    pub hook: String,
    /// `allow`, `deny`, `change`, `answer`, `error`... as the hook's own words are.
    pub verdict: String,
    /// Microseconds it took.
    pub micros: u32,
    /// It was only recorded, not followed.
    pub shadow: bool,
}

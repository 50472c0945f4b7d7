//! A call on its way: the value each room hands to the next, and what comes back.

use std::sync::Arc;

use crate::client::Client;
use crate::era::Era;
use crate::fault::Fault;
use crate::json::{Object, Raw};
use crate::level::Level;
use crate::names::{BackendName, NativeName};

/// What a client can ask of an entry, and so of its backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `tools/call`
    ToolsCall,
    /// `prompts/get`
    PromptsGet,
    /// `resources/read`
    ResourcesRead,
    /// `resources/subscribe`, of the legacy era
    Subscribe,
    /// `resources/unsubscribe`, of the legacy era
    Unsubscribe,
    /// `completion/complete`
    Complete,
    /// `tasks/get`, of 2025-11-25 and of the tasks extension
    TasksGet,
    /// `tasks/result`, of 2025-11-25
    TasksResult,
    /// `tasks/update`, of the tasks extension
    TasksUpdate,
    /// `tasks/cancel`, of both
    TasksCancel,
}

/// The member of `params` that says which entry is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// `name`
    Name,
    /// `uri`
    Uri,
    /// `ref`, an object with a `name` or a `uri`
    Reference,
    /// `taskId`
    Task,
}

impl NamedBy {
    /// The member's key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Uri => "uri",
            Self::Reference => "ref",
            Self::Task => "taskId",
        }
    }
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ToolsCall,
        Self::PromptsGet,
        Self::ResourcesRead,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::Complete,
        Self::TasksGet,
        Self::TasksResult,
        Self::TasksUpdate,
        Self::TasksCancel,
    ];

    /// The method of this name, if it is one that goes to a backend.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolsCall => "tools/call",
            Self::PromptsGet => "prompts/get",
            Self::ResourcesRead => "resources/read",
            Self::Subscribe => "resources/subscribe",
            Self::Unsubscribe => "resources/unsubscribe",
            Self::Complete => "completion/complete",
            Self::TasksGet => "tasks/get",
            Self::TasksResult => "tasks/result",
            Self::TasksUpdate => "tasks/update",
            Self::TasksCancel => "tasks/cancel",
        }
    }

    /// Which member of `params` names the entry.
    #[must_use]
    pub const fn named_by(self) -> NamedBy {
        match self {
            Self::ToolsCall | Self::PromptsGet => NamedBy::Name,
            Self::ResourcesRead | Self::Subscribe | Self::Unsubscribe => NamedBy::Uri,
            Self::Complete => NamedBy::Reference,
            Self::TasksGet | Self::TasksResult | Self::TasksUpdate | Self::TasksCancel => {
                NamedBy::Task
            }
        }
    }

    /// Whether a modern backend may answer it with a request for input (2026-07-28, basic/patterns/mrtr).
    #[must_use]
    pub const fn may_need_input(self) -> bool {
        matches!(self, Self::ToolsCall | Self::PromptsGet | Self::ResourcesRead)
    }
}

/// Room 1, the door, makes this: what the client asked, as data, free of its era.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub method: Method,
    /// Of which entry, as the client calls it: a name, a URI, or the id of a task.
    pub name: String,
    /// `params` without what names the entry and without `_meta`; the values are the client's bytes. Of
    /// [`Method::Complete`] the whole `ref` is here too, for it holds more than the name.
    pub params: Object,
    /// `params._meta` without the keys of an era and without the progress token.
    pub meta: Object,
    /// The least severe log messages the client wants to read during the call; `None`: it does not want any, or
    /// (a legacy client) has not said.
    pub level: Option<Level>,
    /// Who asks.
    pub client: Arc<Client>,
}

/// Room 2, the lookup, makes this: it is known where the call goes.
#[derive(Clone, Debug)]
pub struct Routed {
    /// What was asked.
    pub call: Call,
    /// Of whom.
    pub to: Target,
}

/// A backend and what it calls the entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The backend.
    pub backend: BackendName,
    /// The entry's name, URI or task id there.
    pub native: NativeName,
}

/// Room 3, the filters, makes this: nothing changes any more.
#[derive(Debug)]
pub struct Final(pub(crate) Routed);

impl Final {
    /// Closes the filter room.
    #[must_use]
    pub const fn new(routed: Routed) -> Self {
        Self(routed)
    }

    /// What the gate judges.
    #[must_use]
    pub const fn routed(&self) -> &Routed {
        &self.0
    }
}

/// Room 4, the gate, makes this, and nothing else can: see [`crate::gate`].
#[derive(Debug)]
pub struct Permitted(pub(crate) Arc<Routed>);

impl Permitted {
    /// What may be sent.
    #[must_use]
    pub fn routed(&self) -> &Routed {
        &self.0
    }

    /// What may be sent, for those who want to look at it later; it does not let anyone send it again.
    #[must_use]
    pub fn share(&self) -> Arc<Routed> {
        Arc::clone(&self.0)
    }
}

/// A backend's answer, its own bytes.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `result` or `error`.
    pub body: Body,
    /// The era it was written in.
    pub era: Era,
}

/// The two forms of an answer.
#[derive(Clone, Debug)]
pub enum Body {
    /// The value of `result`.
    Result(Raw),
    /// The value of `error`, as the backend wrote it.
    Error(Raw),
}

/// Room 5 makes this, and room 6 writes it.
pub type Outcome = Result<Answer, Fault>;

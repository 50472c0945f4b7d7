//! A call on its way: the value each room hands to the next, and what comes back.

use std::sync::Arc;

use crate::catalog::Entry;
use crate::client::Client;
use crate::era::Era;
use crate::fault::Fault;
use crate::json::{Object, Raw};

/// What a client can ask of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `tools/call`
    ToolsCall,
}

impl Method {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolsCall => "tools/call",
        }
    }
}

/// Room 1, the door, makes this: what the client asked, as data, free of its era.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub method: Method,
    /// Of which entry, as the client calls it.
    pub name: String,
    /// `params` without `name` and `_meta`; the values are the client's bytes.
    pub params: Object,
    /// `params._meta` without the keys of an era and without the progress token.
    pub meta: Object,
    /// Who asks.
    pub client: Arc<Client>,
}

/// Room 2, the lookup, makes this: the entry is known.
#[derive(Debug)]
pub struct Routed {
    /// What was asked.
    pub call: Call,
    /// Of which backend and native name.
    pub entry: Arc<Entry>,
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
pub struct Permitted(pub(crate) Routed);

impl Permitted {
    /// What may be sent.
    #[must_use]
    pub fn into_routed(self) -> Routed {
        self.0
    }

    /// What may be sent.
    #[must_use]
    pub const fn routed(&self) -> &Routed {
        &self.0
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

/// What happens during a call besides its end.
#[derive(Clone, Debug)]
pub enum Event {
    /// `params` of `notifications/progress`; its token is the link's and has to be replaced.
    Progress(Object),
}

/// Where a call's events go. Must not block; what the client cannot take is dropped.
pub trait Events: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);
}

/// A call under way. Dropping the future that drives it cancels it.
#[derive(Clone, Default)]
pub struct Flight {
    /// Where progress goes, if the client asked for any.
    pub events: Option<Arc<dyn Events>>,
}

impl std::fmt::Debug for Flight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flight").field("events", &self.events.is_some()).finish()
    }
}

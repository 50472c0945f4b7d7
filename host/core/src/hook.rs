//! Where plugins act: the traits that the rooms of a call know hooks by, and what passes between them. Running a
//! plugin is `mcpmux-plugins`', when to ask it `mcpmux-mux`'s.

mod catalog;
mod outcome;
mod subject;
mod verdict;

use std::sync::Arc;

use crate::client::Client;
use crate::config::{Match, Mode, OnError};
use crate::json::Raw;
use crate::names::PluginName;
use crate::ports::Pending;

pub use catalog::{CatalogHook, EntryEdit, EntryView, ListEdit, VirtualTool};
pub use outcome::{Decision, HookKind, Record, Status};
pub use subject::{Notice, Scope, Seen, Subject};
pub use verdict::{
    Denial, Granted, NotifyAction, Obligations, Problem, Query, Question, Reason, RequestAction,
    ResponseAction, Rewrite, Source, Verdict,
};

/// A loaded plugin as the rooms see it: who it is, when it is asked, and its hooks. A call meets one of these from
/// its beginning to its end, whatever is swapped meanwhile.
#[derive(Clone)]
pub struct Hooks {
    /// Its name in the configuration.
    pub name: PluginName,
    /// Its version, as it says; empty if it does not.
    pub version: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Whether what it decides is followed.
    pub mode: Mode,
    /// What it is asked about.
    pub matches: Match,
    /// What holds if it cannot say.
    pub on_error: OnError,
    /// Renames, hides, changes and adds entries.
    pub catalog: Option<Arc<dyn CatalogHook>>,
    /// Changes, answers and refuses calls.
    pub request: Option<Arc<dyn RequestHook>>,
    /// Judges calls.
    pub authorize: Option<Arc<dyn AuthorizeHook>>,
    /// Judges lists.
    pub authorize_list: Option<Arc<dyn AuthorizeListHook>>,
    /// Changes and withholds answers.
    pub response: Option<Arc<dyn ResponseHook>>,
    /// Changes and drops notifications.
    pub notify: Option<Arc<dyn NotifyHook>>,
    /// Hears how calls ended.
    pub observe: Option<Arc<dyn ObserveHook>>,
    /// How it does.
    pub health: Arc<dyn Health>,
}

impl Hooks {
    /// A plugin without any hook, which is asked about everything.
    #[must_use]
    pub fn new(name: PluginName) -> Self {
        Self {
            name,
            version: String::new(),
            sha256: String::new(),
            mode: Mode::default(),
            matches: Match::default(),
            on_error: OnError::default(),
            catalog: None,
            request: None,
            authorize: None,
            authorize_list: None,
            response: None,
            notify: None,
            observe: None,
            health: Arc::new(PluginHealth::default()),
        }
    }

    /// The hooks that are there, in the order in which a call meets them; that of credentials is the backends' affair.
    #[must_use]
    pub fn kinds(&self) -> Vec<HookKind> {
        let has = |kind: &HookKind| match kind {
            HookKind::Catalog => self.catalog.is_some(),
            HookKind::Request => self.request.is_some(),
            HookKind::Authorize => self.authorize.is_some(),
            HookKind::AuthorizeList => self.authorize_list.is_some(),
            HookKind::Response => self.response.is_some(),
            HookKind::Notify => self.notify.is_some(),
            HookKind::Observe => self.observe.is_some(),
            HookKind::Credentials => false,
        };
        HookKind::ALL.into_iter().filter(has).collect()
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hooks({})", self.name)
    }
}

/// The request hook of a plugin. Does not wait.
pub trait RequestHook: Send + Sync {
    /// What is to become of a call.
    ///
    /// # Errors
    /// Why it could not say.
    fn on_request(&self, subject: &Subject, arguments: &Raw) -> Result<RequestAction, String>;
}

/// The authorize hook of a plugin. Does not wait.
pub trait AuthorizeHook: Send + Sync {
    /// Whether a call may go ahead, judged on its final bytes.
    ///
    /// # Errors
    /// Why it could not say; the call is then refused.
    fn check(&self, subject: &Subject, arguments: &Raw) -> Result<Verdict, String>;
}

/// The authorize-list hook of a plugin. Does not wait.
pub trait AuthorizeListHook: Send + Sync {
    /// For each entry whether this client may see it; as many answers as entries.
    ///
    /// # Errors
    /// Why it could not say; the client then sees none of them.
    fn check_list(&self, client: &Client, entries: &[Seen]) -> Result<Vec<bool>, String>;
}

/// The response hook of a plugin. Does not wait.
pub trait ResponseHook: Send + Sync {
    /// What is to become of an answer, or of a backend's question.
    ///
    /// # Errors
    /// Why it could not say.
    fn on_response(
        &self,
        subject: &Subject,
        source: Source,
        document: &Raw,
    ) -> Result<ResponseAction, String>;
}

/// The notify hook of a plugin. Does not wait.
pub trait NotifyHook: Send + Sync {
    /// What is to become of a notification.
    ///
    /// # Errors
    /// Why it could not say.
    fn on_notification(&self, notice: &Notice, params: &Raw) -> Result<NotifyAction, String>;
}

/// The observe hook of a plugin. May wait; it is never waited for.
pub trait ObserveHook: Send + Sync {
    /// Hears how a call ended.
    ///
    /// # Errors
    /// Why it could not take it; for the log.
    fn on_outcome<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<(), String>>;
}

/// The credentials hook of a plugin. May wait.
pub trait CredentialsHook: Send + Sync {
    /// The headers that a backend is to be shown.
    ///
    /// # Errors
    /// Why there are none.
    fn fetch<'a>(&'a self, query: &'a Query) -> Pending<'a, Result<Granted, Problem>>;
}

/// How a plugin does.
pub trait Health: Send + Sync {
    /// Now.
    fn health(&self) -> PluginHealth;
}

/// A plugin's state and counts since it was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct PluginHealth {
    /// Why it is not called at the moment: it failed too often. Its `on_error` holds meanwhile.
    pub quarantined: Option<String>,
    /// Milliseconds until it is tried again.
    pub retry_ms: Option<u64>,
    /// Calls of its hooks.
    pub calls: u64,
    /// Those that trapped, took too long or wanted too much.
    pub failures: u64,
    /// Outcomes that it was too slow to hear of; counted by who asks it, not by it.
    pub dropped: u64,
}

/// That of what cannot fail.
impl Health for PluginHealth {
    fn health(&self) -> PluginHealth {
        self.clone()
    }
}

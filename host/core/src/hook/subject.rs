//! What hooks are told of: a call, an entry in a list, a notification.

use std::fmt;
use std::sync::Arc;

use crate::call::{Method, Target};
use crate::catalog::EntryKind;
use crate::client::Client;
use crate::json::Raw;
use crate::names::{BackendName, ExposedName, NativeName, PluginName};

/// One call, the same for all hooks that it passes.
#[derive(Clone)]
pub struct Subject {
    /// Tells calls apart as long as mcpmux runs.
    pub id: u64,
    /// What is asked.
    pub method: Method,
    /// Of whom.
    pub to: Target,
    /// What the client calls the entry.
    pub exposed: String,
    /// Who asks.
    pub client: Arc<Client>,
    /// What can be read beside it.
    pub scope: Arc<dyn Scope>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("id", &self.id)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// What a plugin that was granted it can read beside the call under way.
pub trait Scope: Send + Sync {
    /// What this client may see and call, in the catalog's order.
    fn entries(&self, client: &Client) -> Arc<Vec<Seen>>;

    /// The definition of one of them.
    fn definition(&self, client: &Client, kind: EntryKind, exposed: &str) -> Option<Raw>;

    /// Whether a yes to this plugin's question of this key is remembered.
    fn remembered(&self, plugin: &PluginName, key: &str) -> bool;

    /// Forgets it.
    fn forget(&self, plugin: &PluginName, key: &str);
}

/// An entry of the catalog as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it is.
    pub kind: EntryKind,
    /// Whose.
    pub backend: BackendName,
    /// What the backend calls it.
    pub native: NativeName,
    /// What clients call it.
    pub exposed: ExposedName,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
    /// Whether it stands in the lists.
    pub listed: bool,
}

/// A notification on its way to clients.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Whose it is.
    pub backend: BackendName,
    /// Its method.
    pub method: String,
    /// The call it belongs to, where it does; as in [`Subject::id`].
    pub call: Option<u64>,
}

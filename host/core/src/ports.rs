//! The traits by which the floors above meet without naming each other; wired in the binary.

mod outbound;
mod vault;

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::call::{Body, Outcome, Permitted};
use crate::catalog::{Changed, Definition, EntryKind};
use crate::config::{Auth, Secret, SecretText};
use crate::era::Revision;
use crate::fault::Fault;
use crate::hook::{self, CredentialsHook};
use crate::json::{Object, Raw};
use crate::level::Level;
use crate::names::{BackendName, PluginName};
use crate::peer::{Ask, Event, Flight};

pub use outbound::{Near, Outbound, OutboundError, OutboundRequest, OutboundResponse};
pub use vault::{Record, Turn, Vault, VaultProblem, fill};

/// A future that can be held as a value.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A backend as the rooms above see it: something that takes permitted calls.
pub trait Backend: Send + Sync {
    /// Its name.
    fn name(&self) -> &BackendName;

    /// Sends a call and waits for its answer. Dropping the future cancels the call. Subscribing and
    /// unsubscribing are calls too; what [`Backend::want`] says decides what is subscribed to after a reconnect.
    fn request(&self, call: Permitted, flight: Flight) -> Pending<'static, Outcome>;

    /// Says what is wanted of it from now on, besides answers. It is seen to on this link and on each one after
    /// it. Must not block, nor call back.
    fn want(&self, wants: Wants);

    /// Tells it that the clients' roots have changed, if it has asked for them. Must not block.
    fn roots_changed(&self);
}

/// What clients want of a backend besides answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    /// Resources whose updates someone wants to hear of, by their URI there.
    pub uris: BTreeSet<String>,
    /// The least severe log messages that someone wants to read; `None`: nobody has said.
    pub level: Option<Level>,
}

/// What one backend answered to its lists, and what it said of itself when it connected.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The revision spoken with it.
    pub revision: Revision,
    /// `serverInfo`, where it said so.
    pub info: Option<Raw>,
    /// Its `capabilities`; empty if it said nothing.
    pub capabilities: Object,
    /// Its `instructions`, where it gave any.
    pub instructions: Option<String>,
    /// Its entries.
    pub entries: Entries,
    /// How long, and by whom, its lists may be kept.
    pub caching: Caching,
    /// Which of its lists it said to have changed, since it listed them before. Clients hear of it even if nothing
    /// in them differs: what a list stands for may have.
    pub announced: Changed,
}

/// How long, and by whom, lists may be kept (2026-07-28, server/utilities/caching).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caching {
    /// For how many milliseconds; `None`: it was not said.
    pub ttl: Option<u64>,
    /// Whether they may be shown to others than who asked.
    pub public: bool,
}

impl Default for Caching {
    fn default() -> Self {
        Self::UNSAID
    }
}

impl Caching {
    /// That of lists of which nothing was said: nobody else may see them.
    pub const UNSAID: Self = Self { ttl: None, public: false };

    /// What holds for two lists together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let ttl = self.ttl.into_iter().chain(other.ttl).min();
        Self { ttl, public: self.public && other.public }
    }
}

/// The entries of one backend, each read or with the reason why it cannot be offered.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// Its tools.
    pub tools: Definitions,
    /// Its prompts.
    pub prompts: Definitions,
    /// Its resources.
    pub resources: Definitions,
    /// Its resource templates.
    pub templates: Definitions,
}

/// One list of a backend.
pub type Definitions = Arc<Vec<Result<Definition, String>>>;

impl Entries {
    /// Those of one kind.
    #[must_use]
    pub const fn of(&self, kind: EntryKind) -> &Definitions {
        match kind {
            EntryKind::Tool => &self.tools,
            EntryKind::Prompt => &self.prompts,
            EntryKind::Resource => &self.resources,
            EntryKind::Template => &self.templates,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        EntryKind::ALL.into_iter().map(|kind| self.of(kind).len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a backend is doing.
#[derive(Debug, Clone)]
pub enum State {
    /// It is being started or connected to.
    Connecting,
    /// It answers, and lists this. Also sent when its lists have changed.
    Ready(Listing),
    /// It is not there; what it listed before stays in the catalog for a while.
    Down(Fault),
}

/// Hears of the backends' states, and of what they say and ask outside of any call. Must not block.
pub trait BackendEvents: Send + Sync {
    /// A backend's state is now this.
    fn state(&self, backend: &BackendName, state: State);

    /// A backend said something that belongs to no call.
    fn heard(&self, backend: &BackendName, event: Event);

    /// A backend asks for something, and it cannot be told for which call. The answer is `result` or `error`;
    /// dropping the future takes the question back.
    fn asked(&self, backend: &BackendName, ask: Ask) -> Pending<'static, Body>;
}

/// Keeps what became of calls, for those who have to answer for them.
pub trait Audit: Send + Sync {
    /// A call has ended. `arguments` are what was judged last: the document of the request and authorize hooks, after
    /// all changes. Called on the call's own way, so it must not block.
    fn record(&self, record: &hook::Record, arguments: &Raw);
}

/// Headers that are shown to a backend.
pub type Shown = Vec<(String, Secret)>;

/// What a backend is shown, kept fresh by whoever implements it.
pub trait Credential: Send + Sync {
    /// The headers to send now.
    ///
    /// # Errors
    /// If there is nothing to show, for instance because someone has to log in first.
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>>;

    /// The backend refused what it was shown: what to show it instead; `None`: there is nothing else.
    ///
    /// # Errors
    /// If something else is needed and cannot be had.
    fn refused(&self, refusal: Refusal) -> Pending<'_, Result<Option<Shown>, Fault>> {
        drop(refusal);
        Box::pin(async { Ok(None) })
    }

    /// Whether a 403 that says nothing of scopes may also mean that they are not good any more.
    fn heeds_forbidden(&self) -> bool {
        false
    }

    /// What became of these headers, which the backend was shown in the place of others that it had refused.
    fn judged(&self, shown: &Shown, accepted: bool) {
        let _ = (shown, accepted);
    }

    /// Ends when there may be something to show although [`Credential::headers`] had nothing a moment ago, for instance
    /// because someone has logged in.
    fn renewed(&self) -> Pending<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// What a backend refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What it was shown.
    pub shown: Shown,
    /// Its `WWW-Authenticate`, if it sent one.
    pub challenge: Option<String>,
    /// Whether it was shown for a call, which may wait for a person; nothing else may.
    pub patient: bool,
}

/// Knows the credential of each backend.
pub trait CredentialSource: Send + Sync {
    /// Forgets what belongs to other backends than these: they are no longer configured.
    fn keep(&self, backends: &[&BackendName]) {
        let _ = backends;
    }

    /// The credential for a backend at this URL; `None` if it needs none.
    fn credential(
        &self,
        backend: &BackendName,
        url: &str,
        auth: &Auth,
    ) -> Option<Arc<dyn Credential>>;

    /// The whole of a text of which the vault may keep parts.
    ///
    /// # Errors
    /// If a part is not in the vault, or cannot be read now. Without a vault: if there is such a part.
    fn fill<'a>(&'a self, text: &'a SecretText) -> Pending<'a, Result<Secret, VaultProblem>> {
        Box::pin(async { text.fill(|name| Err(VaultProblem::missing(name))) })
    }
}

/// Knows the credentials hooks of the plugins that are loaded now.
pub trait CredentialHooks: Send + Sync {
    /// The hook of a plugin; `None` if it is not loaded or has none. The same `Arc` as long as it is the same plugin:
    /// what another one gave is asked for anew.
    fn hook(&self, plugin: &PluginName) -> Option<Arc<dyn CredentialsHook>>;
}

/// Runs a WASI command component as a backend. Implemented where wasmtime lives.
pub trait Sandbox: Send + Sync {
    /// Starts a program. Its output goes to `output`; its input is what is returned, and dropping that
    /// ends the program.
    ///
    /// # Errors
    /// If the file is missing, is another one than it must be, is no command component, or wants what it cannot have.
    fn start(&self, program: &Program, output: Arc<dyn Output>) -> Result<Box<dyn Input>, String>;
}

/// A program for a [`Sandbox`].
#[derive(Debug, Clone)]
pub struct Program {
    /// For messages and the log.
    pub name: BackendName,
    /// The component's file.
    pub path: std::path::PathBuf,
    /// The SHA-256 that the file must have, in lower-case hexadecimal; `None`: any.
    pub sha256: Option<String>,
    /// Arguments after the program's name.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: Vec<(String, Secret)>,
}

/// What a sandboxed program says. Called from the program's own task; must not block.
pub trait Output: Send + Sync {
    /// It wrote to its standard output.
    fn stdout(&self, bytes: &[u8]);
    /// It wrote to its standard error.
    fn stderr(&self, bytes: &[u8]);
    /// It ended; `Err` holds why, if not by its own will.
    fn ended(&self, how: Result<(), String>);
}

/// A sandboxed program's standard input. Dropping it closes the input and stops the program.
pub trait Input: Send + Sync {
    /// Queues bytes; `false` if the queue is full or the program has ended, and nothing was queued.
    fn write(&self, bytes: Bytes) -> bool;
}

impl fmt::Debug for dyn Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({})", self.name())
    }
}

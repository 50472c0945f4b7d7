//! The configuration once it is checked: every value here can be acted on. Reading it is `mcpmux-config`'s.

mod auth;
mod plugin;
mod secret;
mod vault;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::names::{BackendName, SEPARATOR};
use crate::pattern::Pattern;

pub use auth::{Auth, Grant, Identity, OAuth, Proof, Registered, TokenCommand};
pub use plugin::{Match, Mode, OnError, Plugin, PluginLimits};
pub use secret::{Secret, SecretPart, SecretText};
pub use vault::{Passphrase, Vault, VaultKey};

/// A whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Where clients come in.
    pub listen: Listen,
    /// The backends, in the order of the file, which decides collisions.
    pub backends: Vec<Backend>,
    /// The plugins, in the order in which they act.
    pub plugins: Vec<Plugin>,
    /// Bounds.
    pub limits: Limits,
    /// Where calls are recorded; `None`: nowhere.
    pub audit: Option<Audit>,
    /// Where secrets rest.
    pub vault: Vault,
}

/// Where calls are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The file that rows are appended to.
    pub file: PathBuf,
    /// Whether the calls' arguments stand in it too.
    pub arguments: bool,
}

/// Where clients come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The address of the streamable HTTP endpoint; its path is `/mcp`.
    pub http: SocketAddr,
    /// The Unix socket on which the same endpoint is served; `None`: on none.
    pub unix: Option<PathBuf>,
    /// `Host` and `Origin` hosts that are accepted beside the loopback names.
    pub hosts: Vec<String>,
}

/// The default HTTP address.
pub const DEFAULT_HTTP: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9315);

impl Default for Listen {
    fn default() -> Self {
        Self { http: DEFAULT_HTTP, unix: None, hosts: Vec::new() }
    }
}

/// One MCP server that we connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Its name.
    pub name: BackendName,
    /// How to reach it.
    pub transport: Transport,
    /// How its entries are named and which are left out.
    pub naming: Naming,
    /// How long to wait for it and how much to send it.
    pub patience: Patience,
}

/// How a backend is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// A process that speaks on its standard input and output.
    Command {
        /// Program and arguments; no shell.
        argv: Vec<String>,
        /// Variables beside the few that every process gets.
        env: BTreeMap<String, SecretText>,
        /// Its working directory; `None`: ours.
        cwd: Option<PathBuf>,
    },
    /// A streamable HTTP endpoint.
    Url {
        /// The endpoint, `http` or `https`, without user info.
        url: String,
        /// Headers beside those we write.
        headers: BTreeMap<String, SecretText>,
        /// How we show who we are.
        auth: Auth,
    },
    /// A WASI 0.2 command component that speaks on its standard input and output, run inside mcpmux.
    Wasm {
        /// The component's file.
        path: PathBuf,
        /// The SHA-256 that the file must have whenever it is started, in lower-case hexadecimal; `None`: any.
        sha256: Option<String>,
        /// Arguments after the program's name.
        args: Vec<String>,
        /// Its environment, whole.
        env: BTreeMap<String, SecretText>,
    },
}

/// How a backend's entries are named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Naming {
    /// What stands before the native name; `None`: the backend's name and `__`.
    pub prefix: Option<String>,
    /// If not empty, only entries whose native name matches one of these.
    pub only: Vec<Pattern>,
    /// Entries whose native name matches one of these are left out.
    pub except: Vec<Pattern>,
    /// Native name to the name that stands after the prefix.
    pub alias: BTreeMap<String, String>,
}

impl Naming {
    /// Whether an entry is offered at all.
    #[must_use]
    pub fn includes(&self, native: &str) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(native));
        (self.only.is_empty() || any(&self.only)) && !any(&self.except)
    }

    /// The name clients see, before plugins.
    #[must_use]
    pub fn expose(&self, backend: &BackendName, native: &str) -> String {
        let name = self.alias.get(native).map_or(native, String::as_str);
        match &self.prefix {
            Some(prefix) => format!("{prefix}{name}"),
            None => format!("{backend}{SEPARATOR}{name}"),
        }
    }
}

/// How long to wait for a backend and how much to send it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From starting to connect to the answer to the handshake.
    pub init: Duration,
    /// From a call, or its last progress, to its answer.
    pub call: Duration,
    /// From a call to its answer, whatever its progress.
    pub call_max: Duration,
    /// Calls at once.
    pub in_flight: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            init: Duration::from_secs(60),
            call: Duration::from_secs(60),
            call_max: Duration::from_secs(600),
            in_flight: 128,
        }
    }
}

/// Bounds on what comes in; bytes unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A request's body, or a line of a stdio client.
    pub body: usize,
    /// A line or event from a backend, and so an answer.
    pub message: usize,
    /// Legacy sessions at once.
    pub sessions: usize,
    /// How long a session may idle.
    pub session_idle: Duration,
    /// Questions that one session's client may have open at once.
    pub asks: usize,
    /// What a session keeps of its streams for a client that comes back after a broken connection.
    pub replay: usize,
    /// Subscriptions of modern clients at once, on each way in.
    pub listens: usize,
    /// Tools of one backend; more are left out.
    pub tools: usize,
    /// Tools in one page of a list.
    pub page: usize,
    /// How long a list waits for backends that are still starting.
    pub list_wait: Duration,
    /// Calls of modern clients that wait for their client's answer to what a backend asked, at once.
    pub parked: usize,
    /// How long one waits.
    pub parked_time: Duration,
    /// How long calls may go on after mcpmux was told to stop.
    pub drain: Duration,
    /// How long a plugin's hook may run.
    pub plugin_time: Duration,
    /// Memory of one plugin instance.
    pub plugin_memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 4 << 20,
            message: 16 << 20,
            sessions: 1_000,
            session_idle: Duration::from_secs(30 * 60),
            asks: 64,
            replay: 1 << 20,
            listens: 1_000,
            tools: 1_000,
            page: 1_000,
            list_wait: Duration::from_secs(8),
            parked: 1_000,
            parked_time: Duration::from_secs(600),
            drain: Duration::from_secs(30),
            plugin_time: Duration::from_millis(50),
            plugin_memory: 64 << 20,
        }
    }
}

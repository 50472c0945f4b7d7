//! One plugin of the configuration: what it is, what it may do, when it is asked, and what holds if it fails.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::Secret;
use crate::hook::HookKind;
use crate::json::Raw;
use crate::names::{BackendName, PluginName};
use crate::pattern::Pattern;

/// One plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// Its name in messages.
    pub name: PluginName,
    /// The component's file.
    pub path: PathBuf,
    /// The SHA-256 that the file must have, in lower-case hexadecimal; `None`: any.
    pub sha256: Option<String>,
    /// What it may use: the names of the host's interfaces, some with what stands after a colon.
    pub grant: Vec<String>,
    /// Secrets it can be granted, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// Its own configuration, a JSON object.
    pub config: Raw,
    /// Whether what it decides is followed.
    pub mode: Mode,
    /// What it is asked about.
    pub matches: Match,
    /// What holds if it cannot say.
    pub on_error: OnError,
    /// What one call of it may take.
    pub limits: PluginLimits,
    /// Whether every call meets an instance of its own.
    pub stateless: bool,
}

/// Whether what a plugin decides is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is.
    #[default]
    Enforce,
    /// It is asked, and what it says is recorded only.
    Shadow,
    /// It is loaded and checked, but never asked.
    Off,
}

impl Mode {
    /// Its name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }
}

/// What a plugin is asked about; an empty list means anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    /// Backends, by name.
    pub backends: Vec<Pattern>,
    /// Entries, by native name, URI, or template.
    pub entries: Vec<Pattern>,
    /// Clients, by the name they give.
    pub clients: Vec<Pattern>,
}

impl Match {
    /// Whether it is asked about this entry of this backend.
    #[must_use]
    pub fn entry(&self, backend: &BackendName, native: &str) -> bool {
        self.backend(backend) && any(&self.entries, native)
    }

    /// Whether it is asked about anything of this backend.
    #[must_use]
    pub fn backend(&self, backend: &BackendName) -> bool {
        any(&self.backends, backend.as_str())
    }

    /// Whether it is asked about a client of this name.
    #[must_use]
    pub fn client(&self, name: &str) -> bool {
        any(&self.clients, name)
    }
}

fn any(patterns: &[Pattern], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name))
}

/// In which hooks a plugin that cannot say is passed over; in all others its failure is a refusal. Authorizers are
/// never passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnError {
    /// The hooks that fail open.
    pub open: Vec<HookKind>,
}

impl OnError {
    /// Whether a failure in this hook passes the plugin over.
    #[must_use]
    pub fn is_open(&self, hook: HookKind) -> bool {
        !matches!(hook, HookKind::Authorize | HookKind::AuthorizeList) && self.open.contains(&hook)
    }
}

/// What one call of a plugin may take; `None`: the default of the hook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PluginLimits {
    /// Its time.
    pub time: Option<Duration>,
    /// The memory of an instance, in bytes.
    pub memory: Option<usize>,
    /// What it returns, in bytes.
    pub output: Option<usize>,
    /// Calls of the host's interfaces.
    pub host_calls: Option<u32>,
    /// What it keeps with `kv`, in bytes.
    pub kv: Option<usize>,
}

//! A loaded plugin: checked, compiled, started once, and ready to be called.

mod calling;
mod loading;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use mcpmux_core::config::{Match, Mode, OnError};
use mcpmux_core::hook::{
    AuthorizeHook, AuthorizeListHook, CatalogHook, CredentialsHook, Health, HookKind, Hooks,
    NotifyHook, ObserveHook, PluginHealth, RequestHook, ResponseHook,
};
use mcpmux_core::names::PluginName;
use wasmtime::component::InstancePre;

use crate::description::Description;
use crate::engine::Engine;
use crate::limits::Bounds;
use crate::live::{Exports, Live, Pool};
use crate::quarantine::Quarantine;
use crate::rights::Rights;
use crate::state::State;
use crate::v0_1;
use crate::v0_2;
use crate::world::Contract;

pub(crate) use loading::describe;

/// A plugin whose instances can be called.
pub struct Plugin {
    name: PluginName,
    sha256: String,
    contract: Contract,
    hooks: Vec<&'static str>,
    description: Description,
    remarks: Vec<String>,
    mode: Mode,
    matches: Match,
    on_error: OnError,
    engine: Engine,
    pre: InstancePre<State>,
    exports: Exports,
    rights: Arc<Rights>,
    config: String,
    bounds: Bounds,
    /// How long its first start took.
    first_start: OnceLock<Duration>,
    stateless: bool,
    pool: Pool,
    /// The one instance that hears outcomes, in order.
    observer: tokio::sync::Mutex<Option<Live>>,
    quarantine: Quarantine,
    loading: Loading,
}

/// How long the parts of loading a plugin took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Loading {
    /// Reading and examining its file.
    pub read: Duration,
    /// Compiling it, or getting its code from the cache.
    pub compile: Duration,
    /// Whether its code came from the cache.
    pub cached: bool,
    /// Asking it what it is, starting its first instance, and trying that.
    pub start: Duration,
}

impl Plugin {
    /// It is put to work, in the place of the one of its name before it.
    pub(crate) fn begin(&self) {
        self.rights.begin();
    }

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(&self) -> &PluginName {
        &self.name
    }

    /// The SHA-256 of the bytes that run, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The interfaces it exports, in the contract's order: `lifecycle` and its hooks.
    #[must_use]
    pub fn hook_names(&self) -> &[&'static str] {
        &self.hooks
    }

    /// The version of the contract it was made for.
    #[must_use]
    pub const fn wit_version(&self) -> &'static str {
        self.contract.version()
    }

    /// What it says it is.
    #[must_use]
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// What an operator should know although it is no error, such as a grant it never asks for.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// How long loading it took.
    #[must_use]
    pub const fn loading(&self) -> Loading {
        self.loading
    }

    /// The bytes of memory of the largest of its instances that are not in a call at the moment; 0 if there is
    /// none. What the host keeps for an instance, some 20 KiB, is not counted.
    #[must_use]
    pub fn instance_memory(&self) -> usize {
        self.pool.memory()
    }

    /// What the rooms of a call need of it. It is asked for once; all that is held afterwards is one plugin, until
    /// the last call that met it has ended.
    #[must_use]
    pub fn hooks(self: &Arc<Self>) -> Arc<Hooks> {
        Arc::new(Hooks {
            name: self.name.clone(),
            version: self.description.version.clone(),
            sha256: self.sha256.clone(),
            mode: self.mode,
            matches: self.matches.clone(),
            on_error: self.on_error.clone(),
            catalog: self.exports(HookKind::Catalog).then(|| match self.contract {
                Contract::V0_1 => Arc::new(v0_1::Catalog(Arc::clone(self))) as Arc<dyn CatalogHook>,
                Contract::V0_2 => self.hook(),
            }),
            request: self.exports(HookKind::Request).then(|| self.hook() as Arc<dyn RequestHook>),
            authorize: self
                .exports(HookKind::Authorize)
                .then(|| self.hook() as Arc<dyn AuthorizeHook>),
            authorize_list: self
                .exports(HookKind::AuthorizeList)
                .then(|| self.hook() as Arc<dyn AuthorizeListHook>),
            response: self
                .exports(HookKind::Response)
                .then(|| self.hook() as Arc<dyn ResponseHook>),
            notify: self.exports(HookKind::Notify).then(|| self.hook() as Arc<dyn NotifyHook>),
            observe: self.exports(HookKind::Observe).then(|| self.hook() as Arc<dyn ObserveHook>),
            health: Arc::clone(self) as Arc<dyn Health>,
        })
    }

    /// Its credentials hook, if it exports one.
    #[must_use]
    pub fn credentials_hook(self: &Arc<Self>) -> Option<Arc<dyn CredentialsHook>> {
        self.exports(HookKind::Credentials).then(|| self.hook() as Arc<dyn CredentialsHook>)
    }

    /// Whether it has this hook.
    pub(crate) fn exports(&self, hook: HookKind) -> bool {
        self.hooks.contains(&hook.as_str())
    }

    fn hook(self: &Arc<Self>) -> Arc<v0_2::Hook> {
        Arc::new(v0_2::Hook(Arc::clone(self)))
    }
}

impl Health for Plugin {
    fn health(&self) -> PluginHealth {
        self.quarantine.health(Instant::now())
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sha256, hooks, .. } = self;
        f.debug_struct("Plugin")
            .field("name", name)
            .field("sha256", sha256)
            .field("hooks", hooks)
            .finish_non_exhaustive()
    }
}

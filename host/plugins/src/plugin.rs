//! A loaded plugin: checked, compiled, started once, and ready to be called.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::{self, Limits};
use mcpmux_core::names::PluginName;
use mcpmux_core::ports::CatalogHook;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::engine::Engine;
use crate::examine::{self, Examined};
use crate::live::{Exports, Live, Pool, Stillborn};
use crate::refusal::{LoadError, Refusal};
use crate::state::State;
use crate::{v0_1, world};

/// How many times the time of a hook a plugin's start may take.
const START: u32 = 20;

/// A plugin whose instances can be called.
pub struct Plugin {
    name: PluginName,
    sha256: String,
    hooks: Vec<&'static str>,
    remarks: Vec<String>,
    engine: Engine,
    pre: InstancePre<State>,
    exports: Exports,
    pool: Pool,
    granted: Vec<String>,
    config: String,
    time: Duration,
    memory: usize,
}

impl Plugin {
    /// Reads a plugin's file, checks it against the contract and its grants, compiles it, and starts it
    /// once. Compiling takes up to a second: call it where that may block.
    ///
    /// # Errors
    /// The first thing that is wrong, with the key of the configuration and the remedy.
    pub fn load(
        engine: &Engine,
        plugin: &config::Plugin,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let refused = |refusal: Refusal| refusal.of(Some(&plugin.name), &plugin.path);
        let examined = examine::read(&plugin.path).map_err(refused)?;
        world::check_plugin(&examined, &plugin.grant).map_err(refused)?;
        Self::start(engine, plugin, limits, &examined).map_err(refused)
    }

    fn start(
        engine: &Engine,
        plugin: &config::Plugin,
        limits: &Limits,
        examined: &Examined,
    ) -> Result<Self, Refusal> {
        let words = |error: wasmtime::Error| format!("{error:#}");
        let component = Component::from_binary(engine.wasm(), &examined.bytes)
            .map_err(|error| Refusal::Malformed(words(error)))?;
        let mut linker = Linker::new(engine.wasm());
        v0_1::link(&mut linker).map_err(|error| Refusal::Start(words(error)))?;
        let mismatch = |error| Refusal::Mismatch(words(error));
        let pre = linker.instantiate_pre(&component).map_err(mismatch)?;
        let hooks = world::hooks(examined);
        let exports = Exports::new(&pre, &hooks).map_err(mismatch)?;
        let this = Self {
            name: plugin.name.clone(),
            sha256: examined.sha256.clone(),
            hooks,
            remarks: world::remarks(examined, &plugin.grant),
            engine: engine.clone(),
            pre,
            exports,
            pool: Pool::default(),
            granted: plugin.grant.clone(),
            config: String::from_utf8_lossy(plugin.config.as_bytes()).into_owned(),
            time: limits.plugin_time,
            memory: limits.plugin_memory,
        };
        let first = this.instance().map_err(|why| match why {
            Stillborn::Mismatch(why) => Refusal::Mismatch(why),
            Stillborn::Start(why) => Refusal::Start(why),
            Stillborn::Config(why) => Refusal::Config(why),
        })?;
        this.pool.give(first);
        Ok(this)
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

    /// The hooks it exports.
    #[must_use]
    pub fn hooks(&self) -> &[&'static str] {
        &self.hooks
    }

    /// What an operator should know although it is no error, such as a grant it never asks for.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Its catalog hook, if it exports one.
    #[must_use]
    pub fn catalog_hook(self: &Arc<Self>) -> Option<Arc<dyn CatalogHook>> {
        self.hooks.contains(&"catalog").then(|| Arc::new(v0_1::Catalog(Arc::clone(self))) as _)
    }

    /// Calls an instance of its own: one that is free, or a new one. After an error the instance is
    /// dropped, so the next call meets a fresh one.
    pub(crate) fn call<T>(
        &self,
        call: impl AsyncFnOnce(&mut Live) -> wasmtime::Result<T>,
    ) -> Result<T, String> {
        let mut live = match self.pool.take() {
            Some(live) => live,
            None => self.instance().map_err(|why| match why {
                Stillborn::Mismatch(why) | Stillborn::Start(why) => {
                    format!("it did not start: {why}")
                }
                Stillborn::Config(why) => format!("it refuses its configuration: {why}"),
            })?,
        };
        let value = live.run(&self.engine, self.time, call)?;
        self.pool.give(live);
        Ok(value)
    }

    fn instance(&self) -> Result<Live, Stillborn> {
        let state = State::new(&self.name, &self.granted, self.memory);
        let budget = self.time.saturating_mul(START);
        Live::new(&self.engine, &self.pre, &self.exports, state, &self.config, budget)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sha256, hooks, .. } = self;
        f.debug_struct("Plugin")
            .field("name", name)
            .field("sha256", sha256)
            .field("hooks", hooks)
            .finish()
    }
}

//! Loading a plugin: from a file and its section of the configuration to one that has been started and tried.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use mcpmux_core::config::{self, Limits, PluginLimits};
use mcpmux_core::names::PluginName;
use wasmtime::component::InstancePre;

use super::{Loading, Plugin};
use crate::description::Description;
use crate::engine::Engine;
use crate::examine::{self, Examined, Ways};
use crate::limits::{Bounds, Step};
use crate::live::{Exports, Live, Pool, Stillborn};
use crate::quarantine::Quarantine;
use crate::refusal::{LoadError, Refusal};
use crate::rights::Rights;
use crate::schema::{self, Wrong};
use crate::services::{Services, Shared};
use crate::state::{Around, State, Visit};
use crate::world::{self, Contract};
use crate::{v0_2, wants};

impl Plugin {
    /// Reads a plugin's file, checks it against the contract and its grants, compiles it, starts it
    /// once, and tries it. The file is read once: what is checked is what runs, whatever is done to the file
    /// meanwhile. What is granted it finds in `shared`, as the plugin of the same name before it did. Compiling takes up to a second, and much longer if there is an interpreter in it: call it where
    /// that may block.
    ///
    /// # Errors
    /// The first thing that is wrong, with the key of the configuration and the remedy.
    pub fn load(
        engine: &Engine,
        plugin: &config::Plugin,
        limits: &Limits,
        shared: &Shared,
    ) -> Result<Self, LoadError> {
        load(engine, plugin, limits, shared)
            .map_err(|refusal| refusal.of(Some(&plugin.name), &plugin.path))
    }
}

fn load(
    engine: &Engine,
    plugin: &config::Plugin,
    limits: &Limits,
    shared: &Shared,
) -> Result<Plugin, Refusal> {
    let began = Instant::now();
    let ways = if plugin.sha256.is_some() { Ways::All } else { Ways::Straight };
    let examined = examine::read(&plugin.path, ways)?;
    if let Some(pinned) = plugin.sha256.as_ref().filter(|pinned| **pinned != examined.sha256) {
        return Err(Refusal::Digest { pinned: pinned.clone(), found: examined.sha256 });
    }
    let contract = world::check_plugin(&examined)?;
    let services = Services::new(plugin, shared).map_err(Refusal::UnknownGrant)?;
    let read = began.elapsed();

    let compiled = Compiled::new(engine, &examined, contract)?;
    let (compile, cached) = (began.elapsed().saturating_sub(read), compiled.cached);
    let bounds = Bounds::new(plugin.limits, limits);
    let description = compiled.describe(engine, &plugin.name, &bounds)?;
    let wants = wants::all(&description.wants, &world::wanted(&examined));
    wants::check(&wants, &services.grants, &plugin.grant)?;
    check_config(&description, plugin)?;

    let mut remarks = wants::remarks(&wants, &plugin.grant);
    if compiled.hooks == ["lifecycle"] {
        remarks.push("it has no hook, so it is asked nothing and decides nothing".to_owned());
    }

    let mut this = Plugin {
        name: plugin.name.clone(),
        sha256: examined.sha256,
        contract,
        hooks: compiled.hooks,
        description,
        remarks,
        mode: plugin.mode,
        matches: plugin.matches.clone(),
        on_error: plugin.on_error.clone(),
        engine: engine.clone(),
        pre: compiled.pre,
        exports: compiled.exports,
        rights: Arc::new(Rights::new(&plugin.name, services)),
        config: String::from_utf8_lossy(plugin.config.as_bytes()).into_owned(),
        bounds,
        first_start: OnceLock::new(),
        stateless: plugin.stateless,
        pool: Pool::new(),
        observer: tokio::sync::Mutex::default(),
        quarantine: Quarantine::default(),
        loading: Loading::default(),
    };
    let mut first = this.new_instance().map_err(Refusal::from)?;
    // Version 0.1 did not promise to show its hook an empty list.
    if contract == Contract::V0_2 {
        v0_2::self_test(&this, &mut first)
            .map_err(|(hook, why)| Refusal::SelfTest { hook: hook.as_str(), why })?;
    }
    this.release(first);
    let start = began.elapsed().saturating_sub(read + compile);
    this.loading = Loading { read, compile, cached, start };
    Ok(this)
}

/// A component's code, linked to what it imports.
struct Compiled {
    hooks: Vec<&'static str>,
    pre: InstancePre<State>,
    exports: Exports,
    cached: bool,
}

impl Compiled {
    fn new(engine: &Engine, examined: &Examined, contract: Contract) -> Result<Self, Refusal> {
        let words = |error: wasmtime::Error| format!("{error:#}");
        let code = engine
            .compile(&examined.bytes, &examined.sha256)
            .map_err(|error| Refusal::Malformed(words(error)))?;
        let mismatch = |error| Refusal::Mismatch(words(error));
        let pre = engine.linker().instantiate_pre(&code.component).map_err(mismatch)?;
        let hooks = world::hooks(examined);
        let exports = Exports::new(contract, &pre, &hooks).map_err(mismatch)?;
        Ok(Self { hooks, pre, exports, cached: code.cached })
    }

    /// What the plugin says of itself, asked of an instance without rights that is good for nothing else.
    fn describe(
        &self,
        engine: &Engine,
        plugin: &PluginName,
        bounds: &Bounds,
    ) -> Result<Description, Refusal> {
        if matches!(self.exports, Exports::V0_1(_)) {
            return Ok(Description::default());
        }
        let visit = || Visit::new(Step::Describe, bounds.of(Step::Describe), Around::default());
        let state = State::new(Arc::new(Rights::none(plugin)), bounds.memory);
        let mut live = Live::new(engine, &self.pre, &self.exports, state, visit())?;
        let description = live
            .run(engine, visit(), v0_2::describe)
            .map_err(|stopped| Refusal::Description(stopped.why))?;
        Ok(description.unwrap_or_default())
    }
}

/// What a component says it is, asked without putting it to work.
pub(crate) fn describe(
    engine: &Engine,
    examined: &Examined,
    name: &PluginName,
) -> Result<Description, Refusal> {
    let contract = world::check_plugin(examined)?;
    let bounds = Bounds::new(PluginLimits::default(), &Limits::default());
    Compiled::new(engine, examined, contract)?.describe(engine, name, &bounds)
}

/// Checks the configuration against the schema that the plugin says it has.
fn check_config(description: &Description, plugin: &config::Plugin) -> Result<(), Refusal> {
    let Some(schema) = &description.config_schema else { return Ok(()) };
    schema::check(schema, &plugin.config).map_err(|wrong| match wrong {
        Wrong::Schema(why) => {
            Refusal::Description(format!("its `config-schema` is no JSON Schema: {why}"))
        }
        Wrong::Config(why) => Refusal::Config(why),
    })
}

impl From<Stillborn> for Refusal {
    fn from(why: Stillborn) -> Self {
        match why {
            Stillborn::Mismatch(why) => Self::Mismatch(why),
            Stillborn::Start(why) => Self::Start(why),
            Stillborn::Config(why) => Self::Config(why),
        }
    }
}

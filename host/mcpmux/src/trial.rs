//! A plugin on trial: loaded by the real engine, its services mocked, its hooks called one by one and what they decide
//! told as JSON. What `mcpmux plugin test`, `bench` and `replay` have in common.

pub(crate) mod conformance;
pub(crate) mod fits;
pub(crate) mod golden;
pub(crate) mod mock;
pub(crate) mod play;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcpmux_core::config::{self, Limits, Match, Mode, OnError, PluginLimits, Secret};
use mcpmux_core::hook::{CredentialsHook, Hooks};
use mcpmux_core::json::Raw;
use mcpmux_core::names::PluginName;
use mcpmux_manage::cli::plugin::Subject;
use mcpmux_manage::cli::{Global, Which};
use mcpmux_plugins::{Engine, LoadError, Plugin};

use crate::failure::Failure;
use crate::host::engine;
use crate::settings::Settings;
use golden::Mock;
use mock::{Clock, Entries};

/// A plugin that is loaded for its hooks to be tried.
pub(crate) struct Trial {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) credentials: Option<Arc<dyn CredentialsHook>>,
    pub(crate) scope: Arc<Entries>,
    pub(crate) clock: Clock,
}

/// What stands before a secret's name, and that of a host's, in grants.
const SECRETS: &str = "secrets:";

/// A component's settings, where no configuration has any: it gets all that it wants.
pub(crate) fn settings(
    name: &PluginName,
    file: &Path,
    wants: &[String],
    config: &Raw,
) -> config::Plugin {
    config::Plugin {
        name: name.clone(),
        path: file.to_owned(),
        sha256: None,
        grant: wants.iter().map(|want| concrete(want)).collect(),
        secrets: BTreeMap::new(),
        config: config.clone(),
        mode: Mode::Enforce,
        matches: Match::default(),
        on_error: OnError::default(),
        limits: PluginLimits::default(),
        stateless: false,
    }
}

/// A grant that satisfies a want. One that any host or program would satisfy gets one that nobody has.
fn concrete(want: &str) -> String {
    match want {
        "http" => "http:example.com".to_owned(),
        "exec" => "exec:true".to_owned(),
        "secrets" => format!("{SECRETS}TOKEN"),
        other => other.to_owned(),
    }
}

impl Trial {
    /// Loads a plugin with mocked services. Blocks while it is compiled.
    ///
    /// # Errors
    /// Why it cannot be loaded.
    pub(crate) fn load(
        engine: &Engine,
        mut settings: config::Plugin,
        limits: &Limits,
        mock: &Mock,
    ) -> Result<Self, LoadError> {
        for (name, value) in &mock.secrets {
            settings.secrets.insert(name.clone(), Secret::new(value.clone()));
        }
        let clock = Clock::default();
        clock.set(mock.time);
        let services = mock::services(mock, &clock, &settings);
        let plugin = Arc::new(Plugin::load(engine, &settings, limits, &services)?);
        let scope = Arc::new(Entries::new(&mock.entries));
        let (hooks, credentials) = (plugin.hooks(), plugin.credentials_hook());
        Ok(Self { plugin, hooks, credentials, scope, clock })
    }
}

/// What a plugin that is named by its file is called.
const NAMELESS: &str = "trial";

/// Where a component is and what it wants, read without loading it.
pub(crate) struct Found {
    pub(crate) engine: Engine,
    pub(crate) file: PathBuf,
    name: PluginName,
    wants: Vec<String>,
}

impl Found {
    /// Reads a component.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let engine = engine()?;
        let found = mcpmux_plugins::describe(&engine, file).map_err(Failure::wrong)?;
        if let Some(why) = found.refused {
            return Err(Failure::wrong(format!("{} cannot be used: {why}", file.display())));
        }
        if found.backend {
            return Err(Failure::wrong(format!("{} is a backend, not a plugin", file.display())));
        }
        let name = PluginName::new(NAMELESS).map_err(Failure::failed)?;
        // Who names a file by hand may name a link to it.
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        Ok(Self { engine, file, name, wants: found.grants })
    }

    /// Its settings with this configuration.
    pub(crate) fn settings(&self, config: &Raw) -> config::Plugin {
        settings(&self.name, &self.file, &self.wants, config)
    }
}

/// A plugin that is named by its file, or as the configuration calls it: how it is set up, and the general limits.
pub(crate) fn named(
    global: &Global,
    subject: &Subject,
) -> Result<(config::Plugin, Limits), Failure> {
    let config = subject.config.as_deref().map(object).transpose()?;
    let text = &subject.plugin;
    if text.contains('/') || text.ends_with(".wasm") {
        let settings =
            Found::read(Path::new(text))?.settings(&config.unwrap_or(Raw::literal("{}")));
        return Ok((settings, Limits::default()));
    }
    let settings = Settings::find(global, &Which::default(), None)?;
    let all = settings.read()?;
    let names: Vec<&str> = all.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let missing = format!(
        "there is no plugin `{text}` in {}, which has {known}\nhint: a file is named with a `/` or `.wasm` in it",
        settings.shown().display()
    );
    let found = all.plugins.into_iter().find(|plugin| plugin.name.as_str() == text);
    let mut plugin = found.ok_or_else(|| Failure::wrong(missing))?;
    if let Some(config) = config {
        plugin.config = config;
    }
    Ok((plugin, all.limits))
}

fn object(text: &str) -> Result<Raw, Failure> {
    let wrong = |why: serde_json::Error| {
        Failure::wrong(format!(
            "`--set` must be a JSON object: {why}\nhint: --set '{{\"key\": \"value\"}}'"
        ))
    };
    let raw = Raw::parse(text.to_owned().into()).map_err(wrong)?;
    raw.object().map_err(wrong)?;
    Ok(raw)
}

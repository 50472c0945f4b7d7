//! The plugins at work: loaded, kept as long as they do not change, and asked for credentials by name.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use mcpmux_core::config::{self, Auth, Backend, Config, Limits, Mode, Transport};
use mcpmux_core::hook::{CredentialsHook, Hooks};
use mcpmux_core::names::PluginName;
use mcpmux_core::ports::CredentialHooks;
use mcpmux_plugins::services::Shared;
use mcpmux_plugins::{Engine, Plugin, load_all};

use crate::failure::Failure;

/// A loaded plugin. Clones are the same plugin.
#[derive(Clone)]
pub(crate) struct Loaded {
    /// How it is set up.
    pub(crate) settings: config::Plugin,
    /// What the rooms of a call need of it.
    pub(crate) hooks: Arc<Hooks>,
    credentials: Option<Arc<dyn CredentialsHook>>,
}

impl Loaded {
    fn new(settings: &config::Plugin, plugin: &Arc<Plugin>) -> Self {
        let (hooks, credentials) = (plugin.hooks(), plugin.credentials_hook());
        Self { settings: settings.clone(), hooks, credentials }
    }

    /// Whether this is what would be loaded for these settings now.
    fn is_current(&self, settings: &config::Plugin) -> bool {
        self.settings == *settings
            && mcpmux_plugins::inspect(&settings.path)
                .is_ok_and(|found| found.sha256 == self.hooks.sha256)
    }
}

/// What it takes to load plugins.
pub(crate) struct Loader {
    pub(crate) engine: Engine,
    pub(crate) services: Shared,
    pub(crate) limits: Limits,
}

impl Loader {
    /// Loads a configuration's plugins. Those of `old` that have not changed are taken as they are.
    pub(crate) fn load(&self, config: &Config, old: &[Loaded]) -> Result<Vec<Loaded>, Failure> {
        let current = |settings: &config::Plugin| {
            let same = old.iter().find(|plugin| plugin.settings.name == settings.name);
            same.filter(|same| same.is_current(settings)).cloned()
        };
        let kept: Vec<Option<Loaded>> = config.plugins.iter().map(current).collect();
        let wanted = config.plugins.iter().zip(&kept);
        let wanted: Vec<config::Plugin> = wanted
            .filter(|(_, kept)| kept.is_none())
            .map(|(settings, _)| settings.clone())
            .collect();
        let new =
            load_all(&self.engine, &wanted, &self.limits, &self.services).map_err(|errors| {
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                Failure::wrong(errors.join("\n"))
            })?;
        for plugin in &new {
            for remark in plugin.remarks() {
                tracing::warn!("{remark}");
            }
            tracing::info!(plugin = %plugin.name(), sha256 = plugin.sha256(), hooks = ?plugin.hook_names(), "plugin is loaded");
        }
        let mut new =
            wanted.iter().zip(&new).map(|(settings, plugin)| Loaded::new(settings, plugin));
        let all: Vec<Loaded> =
            kept.into_iter().filter_map(|kept| kept.or_else(|| new.next())).collect();
        let lacking: Vec<String> =
            config.backends.iter().filter_map(|backend| lacks_credentials(backend, &all)).collect();
        if lacking.is_empty() { Ok(all) } else { Err(Failure::wrong(lacking.join("\n"))) }
    }
}

/// Why a backend would not get the credential that a plugin is to fetch for it.
fn lacks_credentials(backend: &Backend, plugins: &[Loaded]) -> Option<String> {
    let Transport::Url { auth: Auth::Plugin(wanted), .. } = &backend.transport else { return None };
    let plugin = plugins.iter().find(|plugin| plugin.settings.name == *wanted)?;
    let (why, hint) = if plugin.credentials.is_none() {
        ("has no `credentials` hook", "`mcpmux plugin inspect FILE` shows which hooks a plugin has")
    } else if plugin.settings.mode != Mode::Enforce {
        ("is not asked, as its `mode` says", "leave `mode` out, or `auth`")
    } else {
        return None;
    };
    Some(format!("[backends.{}] auth: the plugin `{wanted}` {why}\nhint: {hint}", backend.name))
}

/// The plugins at work.
#[derive(Default)]
pub(crate) struct Crew(RwLock<Vec<Loaded>>);

impl Crew {
    /// Those at work now.
    pub(crate) fn members(&self) -> Vec<Loaded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts others to work.
    pub(crate) fn replace(&self, plugins: Vec<Loaded>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = plugins;
    }
}

impl CredentialHooks for Crew {
    fn hook(&self, plugin: &PluginName) -> Option<Arc<dyn CredentialsHook>> {
        let members = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = members.iter().find(|member| member.settings.name == *plugin);
        found.and_then(|found| found.credentials.clone())
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crew")
    }
}

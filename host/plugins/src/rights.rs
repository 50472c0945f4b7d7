//! What one plugin was granted, with the services behind it, as its instances find it.

use mcpmux_core::names::PluginName;

use crate::services::Services;

/// The rights of a plugin.
#[derive(Debug)]
pub(crate) struct Rights {
    plugin: PluginName,
    services: Option<Services>,
}

impl Rights {
    /// Those that come with these services.
    pub(crate) fn new(plugin: &PluginName, services: Services) -> Self {
        Self { plugin: plugin.clone(), services: Some(services) }
    }

    /// None: for an instance that only says what it is.
    pub(crate) fn none(plugin: &PluginName) -> Self {
        Self { plugin: plugin.clone(), services: None }
    }

    /// Their plugin is put to work.
    pub(crate) fn begin(&self) {
        if let Some(services) = &self.services {
            services.begin();
        }
    }

    /// Whose they are.
    pub(crate) const fn plugin(&self) -> &PluginName {
        &self.plugin
    }

    /// Whether a right is granted, of those with particulars any.
    pub(crate) fn has(&self, right: &str) -> bool {
        self.services.as_ref().is_some_and(|services| services.grants.has(right))
    }

    /// The services, if this right is granted. The loader refuses plugins that import what they are not granted, so
    /// the error is about what one does before it is started.
    pub(crate) fn need(&self, right: &str) -> wasmtime::Result<&Services> {
        match &self.services {
            Some(services) if services.grants.has(right) => Ok(services),
            Some(_) => wasmtime::bail!("it used `{right}`, which it is not granted"),
            None => wasmtime::bail!("it used `{right}`, which `describe` must not"),
        }
    }
}

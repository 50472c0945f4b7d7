//! The test kit: runs a plugin natively, as the host would.

use crate::{Catalog, Level, Plugin, Result, Tool, config, host};

/// A host with one instance of a plugin.
///
/// `Host::<Rename>::new(config_json)?.catalog(tools)?.names()` is what clients would see.
#[derive(Debug)]
pub struct Host<P> {
    plugin: P,
}

impl<P: Plugin> Host<P> {
    /// Starts the plugin with a configuration: the `[plugins.config]` table as a JSON object.
    ///
    /// # Errors
    /// What the operator would read about the configuration.
    pub fn new(config_json: &str) -> Result<Self> {
        let plugin = P::new(config::parse(config_json)?)?;
        Ok(Self { plugin })
    }

    /// Calls the catalog hook; ask the answer for its [`names`](Catalog::names) or [`edits`](Catalog::edits).
    ///
    /// # Errors
    /// The plugin's own; the host would then apply none of the edits.
    pub fn catalog(&mut self, tools: Vec<Tool>) -> Result<Catalog> {
        let mut catalog = Catalog::new(tools);
        self.plugin.catalog(&mut catalog)?;
        Ok(catalog)
    }

    /// What plugins logged on this thread since the last call.
    pub fn take_log(&mut self) -> Vec<(Level, String)> {
        host::native::take_log()
    }
}

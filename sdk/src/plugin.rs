//! The trait that a plugin implements: its configuration and its hooks.

use serde::de::DeserializeOwned;

use crate::{Catalog, Result};

/// A plugin of mcpmux. Write the hooks you need and put [`#[plugin]`](crate::plugin) on the block.
///
/// The host keeps several instances of a plugin and drops them when it likes, so what an instance
/// remembers from call to call must be a shortcut at most, never something to rely on.
pub trait Plugin: Sized {
    /// The `[plugins.config]` table; [`NoConfig`](crate::NoConfig) if there is nothing to configure. Put
    /// `#[serde(deny_unknown_fields)]` on it, so that a misspelt key is found.
    type Config: DeserializeOwned;

    /// Starts an instance.
    ///
    /// # Errors
    /// What is wrong with the configuration. The operator reads it: name the key, what is wrong with it,
    /// and what to write instead.
    fn new(config: Self::Config) -> Result<Self>;

    /// Hook: renames, hides or re-describes tools. Called when a backend's list or the plugins change,
    /// never per call.
    ///
    /// # Errors
    /// Then none of the changes is made, and the operator reads the message.
    fn catalog(&mut self, tools: &mut Catalog) -> Result<()> {
        let _ = tools;
        Ok(())
    }
}

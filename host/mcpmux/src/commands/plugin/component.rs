//! A built component as `mcpmux plugin build` and `inspect` show it.

use std::fmt::Write as _;
use std::path::Path;

use mcpmux_core::names::PluginName;
use mcpmux_plugins::Inspection;
use serde_json::Value;

use crate::failure::Failure;
use crate::host::engine;

/// What a component is and says.
pub(super) struct Component(Inspection);

impl Component {
    /// Reads a component and asks it what it is.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let engine = engine()?;
        mcpmux_plugins::describe(&engine, file).map(Self).map_err(Failure::failed)
    }

    /// Why it cannot be used.
    pub(super) fn refused(&self) -> Option<&str> {
        self.0.refused.as_deref()
    }

    pub(super) fn json(&self) -> Value {
        let mut json = serde_json::to_value(&self.0).unwrap_or_default();
        if let Some(json) = json.as_object_mut() {
            json.insert("config_lines".to_owned(), self.lines().into());
        }
        json
    }

    /// What was made, and how to use it.
    pub(super) fn page(&self) -> String {
        let found = &self.0;
        let size = found.size.div_ceil(1024);
        let mut out = format!("built {} ({size} KiB)\n", found.path.display());
        // Writing to a string cannot fail.
        let _infallible = writeln!(out, "hooks: {}", found.hooks.join(", "));
        for want in found.description.iter().flat_map(|said| &said.wants) {
            let _infallible = writeln!(out, "wants: {want}");
        }
        let _infallible = write!(out, "\nin mcpmux.toml:\n\n{}", self.lines());
        out
    }

    /// The lines of a configuration that use it.
    fn lines(&self) -> String {
        let found = &self.0;
        let stem = found.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = if PluginName::new(stem).is_ok() { stem } else { "plugin" };
        let path = std::path::absolute(&found.path).unwrap_or_else(|_| found.path.clone());
        let mut out =
            format!("[[plugins]]\nname = {name:?}\npath = {:?}\n", path.display().to_string());
        if !found.grants.is_empty() {
            let _infallible = writeln!(out, "grant = {:?}", found.grants);
        }
        let secrets = found.grants.iter().filter_map(|grant| grant.strip_prefix("secrets:"));
        let secrets: Vec<String> =
            secrets.map(|name| format!("{name} = \"${{{name}}}\"")).collect();
        if !secrets.is_empty() {
            let _infallible = writeln!(out, "secrets = {{ {} }}", secrets.join(", "));
        }
        let _infallible = writeln!(out, "# sha256 = {:?}  # to pin these bytes", found.sha256);
        out
    }
}

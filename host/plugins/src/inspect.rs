//! What a component is: said without running it, and what a plugin then says of itself.

use std::fmt;
use std::path::{Path, PathBuf};

use mcpmux_core::names::PluginName;
use serde::Serialize;

use crate::description::Description;
use crate::engine::Engine;
use crate::examine::{self, Examined, Ways};
use crate::refusal::{LoadError, Refusal};
use crate::{limiter, plugin, wants, world};

/// What a component imports and exports, and what mcpmux makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: usize,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// The hooks of mcpmux that it exports.
    pub hooks: Vec<String>,
    /// Whether it is a WASI command, and so can be a backend: `[backends.NAME] wasm`.
    pub backend: bool,
    /// The versions of the plugin contract that it was made for.
    pub versions: Vec<String>,
    /// The grants it needs; without [`describe`], those that its imports show.
    pub grants: Vec<String>,
    /// What it says it is, if it was asked and is a plugin.
    pub description: Option<Description>,
    /// All it imports.
    pub imports: Vec<String>,
    /// All it exports.
    pub exports: Vec<String>,
    /// Why it can be neither plugin nor backend as it is, apart from grants; `None` if it can.
    pub refused: Option<String>,
}

/// Reads a component's file and says what it is.
///
/// # Errors
/// If the file cannot be read or is no component.
pub fn inspect(path: &Path) -> Result<Inspection, LoadError> {
    let examined = examine::read(path, Ways::All).map_err(|refusal| refusal.of(None, path))?;
    Ok(inspection(examined, path))
}

/// Reads a component's file and says what it is; if it is a plugin, it is also asked what it says of itself and
/// which rights it wants, by an instance without any.
///
/// # Errors
/// If the file cannot be read or is no component, or the plugin fails when it is asked.
pub fn describe(engine: &Engine, path: &Path) -> Result<Inspection, LoadError> {
    let refused = |refusal: Refusal| refusal.of(None, path);
    let examined = examine::read(path, Ways::All).map_err(refused)?;
    if world::is_command(&examined) || world::check_plugin(&examined).is_err() {
        return Ok(inspection(examined, path));
    }
    let name =
        PluginName::new("plugin").map_err(|error| refused(Refusal::Start(error.to_string())))?;
    let description = plugin::describe(engine, &examined, &name).map_err(refused)?;
    let wants = wants::all(&description.wants, &world::wanted(&examined));
    let mut inspection = inspection(examined, path);
    inspection.grants = wants.into_iter().map(|want| want.grant).collect();
    inspection.description = Some(description);
    Ok(inspection)
}

fn inspection(examined: Examined, path: &Path) -> Inspection {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let backend = world::is_command(&examined);
    let check = if backend {
        world::check_command(&examined)
    } else {
        world::check_plugin(&examined).map(drop)
    };
    Inspection {
        path: path.to_owned(),
        size: examined.bytes.len(),
        hooks: owned(world::hooks(&examined)),
        backend,
        versions: world::versions(&examined),
        grants: owned(world::wanted(&examined)),
        description: None,
        refused: check.err().map(|refusal| refusal.to_string()),
        sha256: examined.sha256,
        imports: examined.imports,
        exports: examined.exports,
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |names: &[String]| match names {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        writeln!(f, "file      {} ({})", self.path.display(), limiter::size(self.size))?;
        writeln!(f, "sha256    {}", self.sha256)?;
        let kind = match (&self.refused, self.backend) {
            (Some(why), _) => format!("cannot be used: {why}"),
            (None, true) => "a backend: `[backends.NAME] wasm = \"...\"`".to_owned(),
            (None, false) => "a plugin: `[[plugins]] path = \"...\"`".to_owned(),
        };
        writeln!(f, "kind      {kind}")?;
        if let Some(Description { id, version, summary, .. }) = &self.description {
            writeln!(f, "plugin    {id} {version}: {summary}")?;
        }
        writeln!(f, "hooks     {}", or_none(&self.hooks))?;
        writeln!(f, "grants    {}", or_none(&self.grants))?;
        for want in self.description.iter().flat_map(|said| &said.wants) {
            writeln!(f, "          {want}")?;
        }
        writeln!(f, "contract  {}", or_none(&self.versions))?;
        for (title, names) in [("imports", &self.imports), ("exports", &self.exports)] {
            writeln!(f, "{title}   {}", or_none(names).replace(", ", "\n          "))?;
        }
        Ok(())
    }
}

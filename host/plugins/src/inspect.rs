//! What a component is, said without running or compiling it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::refusal::LoadError;
use crate::{examine, limiter, world};

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
    /// The grants it needs.
    pub grants: Vec<String>,
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
    let examined = examine::read(path).map_err(|refusal| refusal.of(None, path))?;
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let grants = owned(world::wanted(&examined));
    let backend = world::is_command(&examined);
    let check = if backend {
        world::check_command(&examined)
    } else {
        world::check_plugin(&examined, &grants)
    };
    Ok(Inspection {
        path: path.to_owned(),
        size: examined.bytes.len(),
        hooks: owned(world::hooks(&examined)),
        backend,
        versions: world::versions(&examined),
        grants,
        refused: check.err().map(|refusal| refusal.to_string()),
        sha256: examined.sha256,
        imports: examined.imports,
        exports: examined.exports,
    })
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
        writeln!(f, "hooks     {}", or_none(&self.hooks))?;
        writeln!(f, "grants    {}", or_none(&self.grants))?;
        writeln!(f, "contract  {}", or_none(&self.versions))?;
        for (title, names) in [("imports", &self.imports), ("exports", &self.exports)] {
            writeln!(f, "{title}   {}", or_none(names).replace(", ", "\n          "))?;
        }
        Ok(())
    }
}

//! `mcpmux plugin pull`: a component from a registry into a file, and into the lock file beside the configuration.

use std::path::{Path, PathBuf};

use mcpmux_manage::cli::Global;
use mcpmux_manage::cli::plugin::Pull;
use mcpmux_manage::print;
use mcpmux_plugins::Inspection;
use mcpmux_registry::{Access, Error, Lock, Locked, Pulled, Source};

use crate::failure::Failure;

pub(crate) async fn run(global: &Global, options: &Pull) -> Result<(), Failure> {
    let source = Source::parse(&options.reference).map_err(failure)?;
    let config = config(global)?;
    let target = target(options, &source)?;
    // What cannot be recorded need not be fetched.
    Lock::beside(&config).map_err(Failure::wrong)?;
    let access = Access::find(&source, options.insecure).map_err(failure)?;
    let pulled = mcpmux_registry::pull(&source, &access, &target).await.map_err(failure)?;
    let inspection = inspect(&pulled)?;
    let locked = Locked {
        source: source.to_string(),
        manifest: pulled.manifest.to_string(),
        sha256: pulled.component.hex(),
        wit: inspection.versions.first().cloned(),
        id: pulled.id.clone(),
        version: pulled.version.clone(),
    };
    let (before, size) = (put(&config, &target, pulled, &locked)?, inspection.size);
    let text = if options.json {
        format!("{}\n", json(&target, &locked, before.as_ref(), size))
    } else {
        words(&target, &locked, before.as_ref(), size)
    };
    Ok(print::data(&text)?)
}

/// An error of the registry's: asked wrongly, or failed.
pub(super) fn failure(error: Error) -> Failure {
    if error.is_usage() { Failure::wrong(error) } else { Failure::failed(error) }
}

/// The configuration that the lock file belongs to; where there is none yet, the one that would be here.
fn config(global: &Global) -> Result<PathBuf, Failure> {
    match mcpmux_config::search(global.config.as_deref()) {
        Ok(found) => Ok(found),
        Err(error) if global.config.is_some() => Err(Failure::wrong(error)),
        Err(_) => Ok("mcpmux.toml".into()),
    }
}

fn target(options: &Pull, source: &Source) -> Result<PathBuf, Failure> {
    let named = options.output.clone();
    let target = named.unwrap_or_else(|| format!("{}.wasm", source.name()).into());
    std::path::absolute(&target)
        .map_err(|error| Failure::wrong(format!("{}: {error}", target.display())))
}

/// Looks at what was fetched before it is put in place; what mcpmux could not use is not kept.
fn inspect(pulled: &Pulled) -> Result<Inspection, Failure> {
    let unusable = |why: String| {
        Failure::failed(format!(
            "what {} holds cannot be used: {why}\nhint: nothing was written",
            pulled.source
        ))
    };
    let inspection =
        mcpmux_plugins::inspect(pulled.file()).map_err(|error| unusable(error.to_string()))?;
    match &inspection.refused {
        Some(why) => Err(unusable(why.clone())),
        None => Ok(inspection),
    }
}

/// Records the component, then puts its file in place: a mcpmux that watches the file finds the lock as it is to be.
fn put(
    config: &Path,
    target: &Path,
    pulled: Pulled,
    locked: &Locked,
) -> Result<Option<Locked>, Failure> {
    let before = Lock::record(config, target, Some(locked.clone())).map_err(Failure::failed)?;
    if let Err(error) = pulled.keep() {
        let restored = Lock::record(config, target, before);
        let restored = restored.err().map_or_else(String::new, |error| format!("\n{error}"));
        return Err(Failure::failed(format!("{error}{restored}")));
    }
    Ok(before)
}

fn words(target: &Path, locked: &Locked, before: Option<&Locked>, size: usize) -> String {
    let Locked { source, manifest, sha256, .. } = locked;
    let change = match before.filter(|before| before.sha256 != *sha256) {
        Some(before) => format!("instead of {} ({})\n", before.sha256, before.source),
        None => String::new(),
    };
    let said = [&locked.id, &locked.version].into_iter().flatten();
    let said: String = said.map(|word| format!(" {}", word.escape_debug())).collect();
    let contract = locked.wit.as_ref().map_or_else(String::new, |wit| format!(", contract {wit}"));
    format!(
        "pulled    {source}\nmanifest  {manifest}\nsha256    {sha256}\n{change}file      {} ({size} bytes){}{contract}\n",
        target.display(),
        if said.is_empty() { said } else { format!(":{said}") },
    )
}

fn json(target: &Path, locked: &Locked, before: Option<&Locked>, size: usize) -> serde_json::Value {
    serde_json::json!({
        "file": target,
        "size": size,
        "source": locked.source,
        "manifest": locked.manifest,
        "sha256": locked.sha256,
        "wit": locked.wit,
        "id": locked.id,
        "version": locked.version,
        "previous": before.map(|before| &before.sha256),
    })
}

//! `cargo xtask plugins`: builds the WASM guests and puts each where a configuration or a test names it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::{Member, Workspace};
use crate::{run, say};

/// What guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// Builds all guests in one cargo call and installs those that changed.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let guests: Vec<&Member> = workspace.guests().collect();
    if guests.is_empty() {
        say::line("no guests to build");
        return Ok(());
    }
    ensure_target()?;
    let mut cargo = run::cargo();
    cargo.current_dir(&workspace.root).args(["build", "--profile", "guest", "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    for guest in &guests {
        cargo.args(["-p", &guest.name]);
    }
    let messages = run::stdout_of(&mut cargo)?;
    for guest in guests {
        let built = built_wasm(&messages, &workspace.root.join(&guest.dir).join("Cargo.toml"))?;
        let place = if guest.is_test_guest() {
            workspace.target.join("guests")
        } else {
            workspace.root.join("plugins")
        };
        let installed = place.join(format!("{}.wasm", guest.folder()));
        if install(&built, &installed)? {
            let shown = installed.strip_prefix(&workspace.root).unwrap_or(&installed);
            say::line(format_args!("built `{}`", shown.display()));
        }
    }
    Ok(())
}

/// Adds the standard library for guests if the toolchain lacks it.
pub(crate) fn ensure_target() -> Result<()> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut command = std::process::Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", TARGET]);
    if Path::new(run::stdout_of(&mut command)?.trim()).is_dir() {
        return Ok(());
    }
    if !run::answers("rustup", &["--version"])? {
        bail!(
            "the toolchain cannot build for `{TARGET}`, and `rustup` is not there to add it\n\
             hint: install rustup, or your system's standard library package for `{TARGET}`"
        );
    }
    say::line(format_args!("adding the target `{TARGET}`"));
    run::checked(std::process::Command::new("rustup").args(["target", "add", TARGET]))
}

/// The one `.wasm` file that cargo says it made from the package with this manifest.
fn built_wasm(messages: &str, manifest: &Path) -> Result<PathBuf> {
    let mut files = Vec::new();
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let made_here = message.get("reason").and_then(Value::as_str) == Some("compiler-artifact")
            && message.get("manifest_path").and_then(Value::as_str).map(Path::new)
                == Some(manifest);
        if made_here {
            let names = message.get("filenames").and_then(Value::as_array);
            files.extend(names.into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from));
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    match files.as_slice() {
        [file] => Ok(file.clone()),
        files => bail!(
            "`{}` makes {} `.wasm` files, a guest makes exactly one",
            manifest.display(),
            files.len()
        ),
    }
}

/// Copies by rename, so that a running mcpmux never reads half a file; says whether anything changed.
fn install(built: &Path, installed: &Path) -> Result<bool> {
    let bytes = fs::read(built).with_context(|| format!("cannot read `{}`", built.display()))?;
    if fs::read(installed).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let failed = || format!("cannot write `{}`", installed.display());
    if let Some(dir) = installed.parent() {
        fs::create_dir_all(dir).with_context(failed)?;
    }
    let partial = installed.with_extension(format!("{}.part", std::process::id()));
    fs::write(&partial, bytes).with_context(failed)?;
    fs::rename(&partial, installed).with_context(failed)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(file: &str) -> String {
        serde_json::json!({
            "reason": "compiler-artifact",
            "manifest_path": "/w/plugins/clock/Cargo.toml",
            "filenames": [file],
        })
        .to_string()
    }

    #[test]
    fn the_artifact_is_found_by_its_manifest() {
        let messages = format!("{}\n{{\"reason\":\"build-finished\"}}", message("/t/clock.wasm"));
        let manifest = Path::new("/w/plugins/clock/Cargo.toml");
        assert_eq!(built_wasm(&messages, manifest).unwrap(), Path::new("/t/clock.wasm"));
        built_wasm(&messages, Path::new("/w/plugins/other/Cargo.toml")).unwrap_err();
    }

    #[test]
    fn two_components_from_one_package_are_refused() {
        let messages = format!("{}\n{}", message("/t/a.wasm"), message("/t/b.wasm"));
        built_wasm(&messages, Path::new("/w/plugins/clock/Cargo.toml")).unwrap_err();
    }

    #[test]
    fn only_a_changed_file_is_installed() {
        let dir = std::env::temp_dir().join(format!("mcpmux-xtask-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (built, installed) = (dir.join("built"), dir.join("deep/guest.wasm"));
        fs::write(&built, "one").unwrap();
        assert!(install(&built, &installed).unwrap());
        assert!(!install(&built, &installed).unwrap());
        fs::write(&built, "two").unwrap();
        assert!(install(&built, &installed).unwrap());
        assert_eq!(fs::read(&installed).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.join("deep")).unwrap().count(), 1, "no partial file stays");
        fs::remove_dir_all(dir).unwrap();
    }
}

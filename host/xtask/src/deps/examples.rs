//! The example plugins in other languages, each built into `target/guests` by the command that its README names.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{run, say};

/// One example: its folder in `sdk/examples`, and the component that is made of it.
struct Example {
    folder: &'static str,
    component: &'static str,
    build: fn(deps: &Path, folder: &Path, out: &Path) -> Result<()>,
}

const EXAMPLES: [Example; 2] = [
    Example { folder: "js", component: "example-js.wasm", build: javascript },
    Example { folder: "python", component: "example-python.wasm", build: python },
];

/// Builds those whose files, contract or compiler are others than when they were built last.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    let deps = workspace.root.join("tests/.deps");
    let installed = fs::read_to_string(deps.join("stamp")).unwrap_or_default();
    let guests = workspace.target.join("guests");
    fs::create_dir_all(&guests).with_context(|| format!("cannot create `{}`", guests.display()))?;
    for Example { folder, component, build } in EXAMPLES {
        let sources = workspace.root.join("sdk/examples").join(folder);
        let out = guests.join(component);
        let stamp = out.with_extension("stamp");
        let wanted = hash(&sources, &installed)?;
        if out.is_file() && fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            continue;
        }
        let _ = fs::remove_file(&stamp);
        let partial = out.with_extension(format!("{}.part", std::process::id()));
        build(&deps, &sources, &partial)?;
        fs::rename(&partial, &out)
            .with_context(|| format!("nothing was built from `sdk/examples/{folder}`"))?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write `{}`", stamp.display()))?;
        say::line(format_args!("built `target/guests/{component}` from `sdk/examples/{folder}`"));
    }
    Ok(())
}

fn javascript(deps: &Path, folder: &Path, out: &Path) -> Result<()> {
    let mut path = vec![deps.join("bin"), deps.join("node_modules/.bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "build", "--"]).arg(out);
    run::checked(npm.env("PATH", std::env::join_paths(path)?).current_dir(folder))
}

fn python(deps: &Path, folder: &Path, out: &Path) -> Result<()> {
    let mut compiler = Command::new(deps.join("py/bin/componentize-py"));
    compiler
        .args(["-q", "-d", "wit", "-w", "policy", "componentize", "--stub-wasi", "plugin", "-o"])
        .arg(out);
    run::checked(compiler.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder))
}

/// What the stamp holds: of every file in the folder, links followed, and of what is installed.
fn hash(folder: &Path, installed: &str) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    installed.hash(&mut hasher);
    hash_folder(folder, &mut hasher)?;
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let failed = || format!("cannot read `{}`", folder.display());
    let mut paths = fs::read_dir(folder)
        .with_context(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(failed)?;
    paths.sort();
    for path in paths {
        path.file_name().hash(hasher);
        match path.file_name().and_then(|name| name.to_str()) {
            // What their own tools leave behind is no source.
            Some("node_modules" | ".venv" | "__pycache__") => {}
            _ if path.is_dir() => hash_folder(&path, hasher)?,
            _ if path.extension().is_some_and(|extension| extension == "wasm") => {}
            _ => fs::read(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?
                .hash(hasher),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_a_link_or_a_compiler_that_changed_changes_the_stamp() {
        let dir =
            std::env::temp_dir().join(format!("mcpmux-xtask-examples-{}", std::process::id()));
        let (sources, contract) = (dir.join("sources"), dir.join("contract"));
        fs::create_dir_all(sources.join("__pycache__")).unwrap();
        fs::create_dir_all(&contract).unwrap();
        std::os::unix::fs::symlink(&contract, sources.join("wit")).unwrap();
        fs::write(sources.join("plugin.js"), "one").unwrap();
        fs::write(contract.join("plugin.wit"), "one").unwrap();
        let mut seen = vec![hash(&sources, "1").unwrap()];
        fs::write(sources.join("plugin.js"), "two").unwrap();
        seen.push(hash(&sources, "1").unwrap());
        fs::write(contract.join("plugin.wit"), "two").unwrap();
        seen.push(hash(&sources, "1").unwrap());
        seen.push(hash(&sources, "2").unwrap());
        fs::write(sources.join("__pycache__/plugin.pyc"), "cache").unwrap();
        assert_eq!(hash(&sources, "2").unwrap(), seen[3]);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4);
        fs::remove_dir_all(dir).unwrap();
    }
}

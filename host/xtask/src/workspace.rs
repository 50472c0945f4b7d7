//! The workspace as cargo sees it: root, target folder, members with their targets and dependencies.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run;

/// The workspace, asked from `cargo metadata`.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// The folder that holds the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds into; follows `CARGO_TARGET_DIR`.
    pub(crate) target: PathBuf,
    /// The members, in cargo's order.
    pub(crate) members: Vec<Member>,
}

/// One package of the workspace.
#[derive(Debug, Default, Clone)]
pub(crate) struct Member {
    /// The package name.
    pub(crate) name: String,
    /// Its folder, relative to the root, with forward slashes.
    pub(crate) dir: String,
    /// The kinds of its targets: `lib`, `bin`, `cdylib`, `test` ...
    pub(crate) kinds: Vec<String>,
    /// What it depends on.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency of a member.
#[derive(Debug, Default, Clone)]
pub(crate) struct Dependency {
    /// The package name.
    pub(crate) name: String,
    /// Whether only tests see it.
    pub(crate) dev: bool,
}

impl Workspace {
    /// Asks cargo about the workspace that the current folder belongs to.
    pub(crate) fn load() -> Result<Self> {
        let text =
            run::stdout_of(run::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value =
            serde_json::from_str(&text).context("`cargo metadata` printed no JSON")?;
        Self::from_metadata(&metadata)
    }

    fn from_metadata(metadata: &Value) -> Result<Self> {
        let root = PathBuf::from(text(metadata, "workspace_root")?);
        let members = list(metadata, "packages")
            .map(|package| Member::from_package(package, &root))
            .collect::<Result<_>>()?;
        Ok(Self { target: PathBuf::from(text(metadata, "target_directory")?), root, members })
    }

    /// The members that are WASM guests: under `plugins/` or `tests/guests/`, and a program or a component.
    pub(crate) fn guests(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_guest())
    }
}

impl Member {
    fn from_package(package: &Value, root: &Path) -> Result<Self> {
        let manifest = PathBuf::from(text(package, "manifest_path")?);
        let dir = manifest
            .parent()
            .and_then(|dir| dir.strip_prefix(root).ok())
            .with_context(|| format!("`{}` lies outside the workspace", manifest.display()))?;
        Ok(Self {
            name: text(package, "name")?.to_owned(),
            dir: dir.to_string_lossy().replace('\\', "/"),
            kinds: list(package, "targets")
                .flat_map(|target| list(target, "kind"))
                .filter_map(|kind| kind.as_str().map(str::to_owned))
                .collect(),
            dependencies: list(package, "dependencies")
                .map(|dependency| {
                    Ok(Dependency {
                        name: text(dependency, "name")?.to_owned(),
                        dev: dependency.get("kind").and_then(Value::as_str) == Some("dev"),
                    })
                })
                .collect::<Result<_>>()?,
        })
    }

    /// Whether it is built for `wasm32-wasip2` and run inside mcpmux.
    pub(crate) fn is_guest(&self) -> bool {
        (self.dir.starts_with("plugins/") || self.is_test_guest())
            && self.kinds.iter().any(|kind| kind == "cdylib" || kind == "bin")
    }

    /// Whether it is a guest that only tests run.
    pub(crate) fn is_test_guest(&self) -> bool {
        self.dir.starts_with("tests/guests/")
    }

    /// The last part of its folder, which names the `.wasm` file of a guest.
    pub(crate) fn folder(&self) -> &str {
        self.dir.rsplit('/').next().unwrap_or(&self.dir)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("`cargo metadata` printed no `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_the_programs_and_components_under_plugins() {
        let package = |dir: &str, kind: &str| {
            serde_json::json!({
                "name": dir.replace('/', "-"),
                "manifest_path": format!("/w/{dir}/Cargo.toml"),
                "targets": [{ "kind": [kind] }],
                "dependencies": [{ "name": "serde", "kind": null }, { "name": "insta", "kind": "dev" }],
            })
        };
        let metadata = serde_json::json!({
            "workspace_root": "/w",
            "target_directory": "/w/target",
            "packages": [
                package("host/core", "lib"),
                package("plugins/clock", "bin"),
                package("plugins/shared", "lib"),
                package("tests/guests/trap", "cdylib"),
            ],
        });
        let workspace = Workspace::from_metadata(&metadata).unwrap();
        let guests: Vec<_> = workspace.guests().map(|guest| guest.dir.as_str()).collect();
        assert_eq!(guests, ["plugins/clock", "tests/guests/trap"]);
        assert_eq!(workspace.members[1].folder(), "clock");
        assert!(workspace.members[0].dependencies[1].dev);
        assert!(!workspace.members[0].dependencies[0].dev);
    }
}

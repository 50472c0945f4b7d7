//! What may be linked in, as `deny.toml` says it: licences, sources and wildcards, read from cargo's metadata here, and
//! known advisories, which cargo-deny knows. Checking the first three with cargo-deny too would build it everywhere.

mod advisories;
mod policy;
mod spdx;

use std::collections::{HashMap, HashSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{run, say};
use policy::Policy;

/// Checks all that the lock file names, on every platform and with every feature.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join("deny.toml");
    let text = fs::read_to_string(&path).context("cannot read `deny.toml`")?;
    let policy = Policy::parse(&text)?;
    let mut cargo = run::cargo();
    cargo.args(["metadata", "--locked", "--all-features", "--format-version", "1"]);
    let metadata = run::stdout_of(cargo.current_dir(&workspace.root))?;
    let metadata = serde_json::from_str(&metadata).context("`cargo metadata` printed no JSON")?;
    let graph = Graph::of(&metadata);
    let broken = graph.broken(&policy);
    if !broken.is_empty() {
        bail!("`deny.toml` refuses {} of the dependencies\n{}", broken.len(), broken.join("\n"));
    }
    say::line(format_args!(
        "licences, sources and wildcards of {} packages ok",
        graph.packages.len()
    ));
    advisories::check(workspace)
}

/// The packages of the lock file, and which of them are linked into what we ship or run at build time.
struct Graph<'a> {
    packages: Vec<&'a Value>,
    linked: HashSet<&'a str>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> Self {
        let nodes: HashMap<&str, &Value> = list(metadata.pointer("/resolve/nodes"))
            .filter_map(|node| Some((text(node, "id")?, node)))
            .collect();
        let mut left: Vec<&str> =
            list(metadata.get("workspace_members")).filter_map(Value::as_str).collect();
        let mut linked = HashSet::new();
        while let Some(id) = left.pop() {
            if linked.insert(id) {
                let edges = nodes.get(id).into_iter().flat_map(|node| list(node.get("deps")));
                left.extend(
                    edges.filter(|edge| !is_for_tests(edge)).filter_map(|edge| text(edge, "pkg")),
                );
            }
        }
        Self { packages: list(metadata.get("packages")).collect(), linked }
    }

    /// A line for each rule that a package breaks.
    fn broken(&self, policy: &Policy) -> Vec<String> {
        let mut broken = Vec::new();
        for package in &self.packages {
            let name = |key| text(package, key).unwrap_or_default();
            let mut say = |why: String| {
                broken.push(format!("  {} {}: {why}", name("name"), name("version")));
            };
            match text(package, "source") {
                Some(source) if !policy.allows_source(source) => {
                    say(format!("comes from `{source}`"))
                }
                None => {
                    for dependency in list(package.get("dependencies")) {
                        let is_path = text(dependency, "path").is_some();
                        if text(dependency, "req") == Some("*") && !is_path && policy.no_wildcards {
                            let name = text(dependency, "name").unwrap_or_default();
                            say(format!("any version of `{name}` would do"));
                        }
                    }
                }
                Some(_) => {}
            }
            if !self.linked.contains(name("id")) {
                continue;
            }
            match text(package, "license") {
                None => say("names no licence by its identifier".to_owned()),
                Some(licence) => match spdx::is_met(licence, &policy.licences) {
                    Ok(true) => {}
                    Ok(false) => say(format!("`{licence}` is not among the allowed licences")),
                    Err(error) => say(format!("`{licence}` is no licence expression: {error}")),
                },
            }
        }
        broken
    }
}

/// Whether an edge is there for tests alone.
fn is_for_tests(edge: &Value) -> bool {
    let mut kinds = list(edge.get("dep_kinds")).peekable();
    kinds.peek().is_some() && kinds.all(|kind| text(kind, "kind") == Some("dev"))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "[licenses]\nallow = [\"MIT\"]\n[bans]\nwildcards = \"deny\"\n\
                          [sources]\nunknown-registry = \"deny\"\nunknown-git = \"deny\"\n";
    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

    /// A workspace `ours` with one dependency of this kind, licence and source.
    fn metadata(kind: Option<&str>, licence: Option<&str>, source: &str, req: &str) -> Value {
        serde_json::json!({
            "packages": [
                { "id": "ours", "name": "ours", "version": "1.0.0", "license": "MIT",
                  "dependencies": [{ "name": "other", "req": req }, { "name": "mine", "req": "*", "path": "/w" }] },
                { "id": "other", "name": "other", "version": "2.0.0", "license": licence, "source": source,
                  "dependencies": [] },
            ],
            "workspace_members": ["ours"],
            "resolve": { "nodes": [
                { "id": "ours", "deps": [{ "pkg": "other", "dep_kinds": [{ "kind": kind }] }] },
                { "id": "other", "deps": [] },
            ]},
        })
    }

    #[track_caller]
    fn check(metadata: &Value, expected: &[&str]) {
        let policy = Policy::parse(POLICY).unwrap();
        assert_eq!(Graph::of(metadata).broken(&policy), expected);
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_found_unless_only_tests_use_it() {
        check(&metadata(None, Some("MIT OR GPL-3.0"), CRATES_IO, "^2"), &[]);
        let refused = ["  other 2.0.0: `GPL-3.0` is not among the allowed licences"];
        check(&metadata(None, Some("GPL-3.0"), CRATES_IO, "^2"), &refused);
        check(&metadata(Some("build"), Some("GPL-3.0"), CRATES_IO, "^2"), &refused);
        check(&metadata(Some("dev"), Some("GPL-3.0"), CRATES_IO, "^2"), &[]);
        let nameless = ["  other 2.0.0: names no licence by its identifier"];
        check(&metadata(None, None, CRATES_IO, "^2"), &nameless);
    }

    #[test]
    fn a_foreign_source_is_found_even_in_tests() {
        let git = "git+https://example.com/other";
        let refused = ["  other 2.0.0: comes from `git+https://example.com/other`"];
        check(&metadata(Some("dev"), Some("MIT"), git, "^2"), &refused);
    }

    #[test]
    fn a_wildcard_of_ours_is_found() {
        let refused = ["  ours 1.0.0: any version of `other` would do"];
        check(&metadata(None, Some("MIT"), CRATES_IO, "*"), &refused);
    }
}

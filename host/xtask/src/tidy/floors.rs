//! Dependencies point down: what each member's manifest names, held against the table of floors.

use super::Violation;
use super::table::{FLOORS, FOR_GUESTS, Floor, HOMES};
use super::tree::Tree;
use crate::workspace::{Dependency, Member};

/// An edge that the table forbids, or a crate of the host that it does not know.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let ours: Vec<&str> = tree.members.iter().map(|member| member.name.as_str()).collect();
    let mut violations = Vec::new();
    for member in &tree.members {
        let path = format!("{}/Cargo.toml", member.dir);
        let manifest = tree.file(&path).map_or("", |file| file.text.as_str());
        let floor = FLOORS.iter().find(|floor| floor.name == member.name);
        if floor.is_none() && member.dir.starts_with("host/") {
            let message = format!("`{}` has no row in the table of floors", member.name);
            violations.push(Violation::new(&path, 1, message));
        }
        for dependency in &member.dependencies {
            let is_ours = ours.contains(&dependency.name.as_str());
            let refusal = match floor {
                Some(floor) if is_ours => of_ours(floor, dependency),
                Some(floor) => of_others(floor, dependency),
                None if is_ours => of_outsider(tree, member, dependency),
                None => None,
            };
            if let Some(why) = refusal {
                let line = line_of(manifest, &dependency.name);
                let message =
                    format!("`{}` must not name `{}`: {why}", member.name, dependency.name);
                violations.push(Violation::new(&path, line, message));
            }
        }
    }
    violations
}

fn of_ours(floor: &Floor, dependency: &Dependency) -> Option<String> {
    let allowed = floor.may_name.contains(&dependency.name.as_str());
    (!allowed).then(|| format!("of ours it may name {}", list(floor.may_name)))
}

fn of_others(floor: &Floor, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if let Some(family) = floor.never.iter().find(|family| in_family(name, family)) {
        return Some(format!("`{family}` is not for this floor"));
    }
    if let Some(only) = floor.only.filter(|only| !dependency.dev && !only.contains(&name)) {
        return Some(format!("of others it may name {}", list(only)));
    }
    let home = HOMES.iter().find(|home| in_family(name, home.family))?;
    let free = home.crates.contains(&floor.name) || (dependency.dev && home.free_in_tests);
    (!free).then(|| format!("its home is {}", list(home.crates)))
}

/// Crates outside `host/`: the SDK stands alone, guests name it and each other, and tests may name anything.
fn of_outsider(tree: &Tree, member: &Member, dependency: &Dependency) -> Option<String> {
    let is_test = member.dir.starts_with("tests/") && !member.is_test_guest();
    let target = tree.members.iter().find(|member| member.name == dependency.name);
    let folder = target.and_then(|target| target.dir.split('/').next());
    let allowed = is_test || folder.is_some_and(|folder| FOR_GUESTS.contains(&folder));
    (!allowed).then(|| format!("of ours it may name what is in {}", list(FOR_GUESTS)))
}

fn in_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The line of the manifest that names the dependency, or the first.
fn line_of(manifest: &str, name: &str) -> usize {
    let names =
        |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(names).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members by folder, each with what it names; `dev:` before what only its tests name.
    #[track_caller]
    fn check_edges(members: &[(&str, &str, &[&str])], expected: &[&str]) {
        let mut tree = Tree::default();
        for (dir, name, dependencies) in members {
            let dependencies =
                dependencies.iter().map(|dependency| match dependency.strip_prefix("dev:") {
                    Some(name) => Dependency { name: name.to_owned(), dev: true },
                    None => Dependency { name: (*dependency).to_owned(), dev: false },
                });
            tree.members.push(Member {
                name: (*name).to_owned(),
                dir: (*dir).to_owned(),
                kinds: vec!["cdylib".to_owned()],
                dependencies: dependencies.collect(),
            });
        }
        let found: Vec<_> = check(&tree)
            .into_iter()
            .map(|violation| violation.message.split(':').next().unwrap().replace('`', ""))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_edge_upwards_is_found() {
        check_edges(
            &[
                ("host/core", "mcpmux-core", &["serde", "mcpmux-mux"]),
                ("host/mux", "mcpmux-mux", &["mcpmux-core", "tokio"]),
                ("host/plugins", "mcpmux-plugins", &["wasmtime", "dev:mcpmux-auth"]),
                ("host/auth", "mcpmux-auth", &["rmcp"]),
            ],
            &["mcpmux-core must not name mcpmux-mux", "mcpmux-plugins must not name mcpmux-auth"],
        );
    }

    #[test]
    fn a_heavy_dependency_away_from_home_is_found() {
        check_edges(
            &[
                ("host/core", "mcpmux-core", &["tracing", "dev:tokio-test", "dev:insta"]),
                ("host/mux", "mcpmux-mux", &["dev:hyper-util", "dev:rmcp", "http"]),
                (
                    "host/backends",
                    "mcpmux-backends",
                    &["hyper-rustls", "dev:rmcp", "wasmtime-wasi"],
                ),
            ],
            &[
                "mcpmux-core must not name tracing",
                "mcpmux-core must not name tokio-test",
                "mcpmux-mux must not name hyper-util",
                "mcpmux-mux must not name rmcp",
                "mcpmux-backends must not name wasmtime-wasi",
            ],
        );
    }

    #[test]
    fn guests_have_no_private_door_and_tests_may_name_anything() {
        check_edges(
            &[
                ("host/core", "mcpmux-core", &[]),
                ("host/new", "mcpmux-new", &[]),
                ("sdk/rust", "mcpmux-sdk", &["wit-bindgen"]),
                ("plugins/clock", "clock", &["mcpmux-sdk", "mcpmux-core", "anyhow", "server"]),
                ("plugins/server", "server", &[]),
                ("tests/it", "it", &["mcpmux-core", "rmcp"]),
                ("tests/guests/trap", "trap", &["mcpmux-core"]),
            ],
            &[
                "mcpmux-new has no row in the table of floors",
                "clock must not name mcpmux-core",
                "trap must not name mcpmux-core",
            ],
        );
    }

    #[test]
    fn a_violation_points_at_the_line() {
        let manifest =
            "[dependencies]\nbytes.workspace = true\nserde_json = \"1\"\nserde = \"1\"\n";
        assert_eq!(line_of(manifest, "serde"), 4);
        assert_eq!(line_of(manifest, "tokio"), 1);
    }
}

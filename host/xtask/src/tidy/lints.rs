//! Each member of the workspace takes the workspace's lints; the one that may use `unsafe` does so in one place.

use toml::{Table, Value};

use super::Violation;
use super::tree::Tree;

/// The member whose lints are its own: those of the workspace, but with `unsafe` denied instead of forbidden
/// (`host/adr/0006`).
const OWN: &str = "host/plugins";
/// The only file of it where `unsafe` is allowed, once.
const PLACE: &str = "host/plugins/src/engine/cache.rs";
/// What allows it.
const ALLOWED: &str = "allow(unsafe_code";

/// A member whose manifest lacks `[lints] workspace = true`, or whose own lints are more lenient than they may be; and
/// `unsafe` that is allowed anywhere but in its place.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &tree.members {
        let path = format!("{}/Cargo.toml", member.dir);
        let lints = table(tree, &path).and_then(|mut manifest| manifest.remove("lints"));
        let inherits = lints.as_ref().and_then(|lints| lints.get("workspace"));
        if inherits.and_then(Value::as_bool) == Some(true) {
            continue;
        }
        if member.dir != OWN {
            let message = "lacks `[lints]` with `workspace = true`";
            violations.push(Violation::new(&path, 1, message));
        } else if lints.is_none() || lints != own(tree) {
            let message = "`[lints]` has to be the workspace's, with `unsafe_code = \"deny\"` and nothing else changed";
            violations.push(Violation::new(&path, 1, message));
        }
    }
    for file in tree.sources().filter(|file| file.path.starts_with(OWN)) {
        let lines = file.text.lines().enumerate();
        let found =
            lines.filter(|(_, line)| line.contains(ALLOWED) || line.contains("expect(unsafe_code"));
        let spare = usize::from(file.path == PLACE);
        for (at, _) in found.skip(spare) {
            let message = format!("`unsafe` is allowed once, in `{PLACE}`, and nowhere else");
            violations.push(Violation::new(&file.path, at + 1, message));
        }
    }
    violations
}

/// The lints that [`OWN`] has to have.
fn own(tree: &Tree) -> Option<Value> {
    let mut root = table(tree, "Cargo.toml")?;
    let mut lints = root.get_mut("workspace")?.get_mut("lints")?.clone();
    lints.get_mut("rust")?.as_table_mut()?.insert("unsafe_code".to_owned(), Value::from("deny"));
    Some(lints)
}

fn table(tree: &Tree, path: &str) -> Option<Table> {
    tree.file(path)?.text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Member;

    const ROOT: (&str, &str) = (
        "Cargo.toml",
        "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n[workspace.lints.clippy]\npanic = \"warn\"\n",
    );

    fn check_files(files: &[(&str, &str)], dirs: &[&str], expected: &[&str]) {
        let mut tree = Tree::of(files);
        let member = |dir: &&str| Member { dir: (*dir).to_owned(), ..Member::default() };
        tree.members = dirs.iter().map(member).collect();
        let found: Vec<_> = check(&tree).into_iter().map(|violation| violation.path).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_member_without_the_lints_is_found() {
        check_files(
            &[
                ("a/Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true\n"),
                ("b/Cargo.toml", "[package]\nname = \"b\"\n[lints.clippy]\npanic = \"warn\"\n"),
            ],
            &["a", "b"],
            &["b/Cargo.toml"],
        );
    }

    #[test]
    fn own_lints_differ_in_nothing_but_unsafe() {
        let manifest = "host/plugins/Cargo.toml";
        let lints = |unsafe_code, panic| {
            format!(
                "[lints.rust]\nunsafe_code = \"{unsafe_code}\"\n[lints.clippy]\npanic = \"{panic}\"\n"
            )
        };
        for (unsafe_code, panic, expected) in [
            ("deny", "warn", &[][..]),
            ("allow", "warn", &[manifest][..]),
            ("deny", "allow", &[manifest][..]),
        ] {
            let text = lints(unsafe_code, panic);
            check_files(&[ROOT, (manifest, text.as_str())], &[OWN], expected);
        }
        check_files(&[ROOT, (manifest, "[package]\n")], &[OWN], &[manifest]);
    }

    #[test]
    fn unsafe_is_allowed_once_and_there() {
        let once = format!("#[{ALLOWED}, reason = \"x\")]\nfn f() {{}}\n");
        let twice = once.repeat(2);
        check_files(&[(PLACE, once.as_str())], &[], &[]);
        check_files(&[(PLACE, twice.as_str())], &[], &[PLACE]);
        let other = "host/plugins/src/live.rs";
        check_files(&[(other, once.as_str())], &[], &[other]);
    }
}

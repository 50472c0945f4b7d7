//! Each member of the workspace takes the workspace's lints.

use super::Violation;
use super::tree::Tree;

/// A member whose manifest lacks `[lints] workspace = true`.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &tree.members {
        let path = format!("{}/Cargo.toml", member.dir);
        let manifest = tree.file(&path).and_then(|file| file.text.parse::<toml::Table>().ok());
        let inherits = manifest
            .as_ref()
            .and_then(|manifest| manifest.get("lints"))
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        if inherits != Some(true) {
            let message = "lacks `[lints]` with `workspace = true`";
            violations.push(Violation::new(&path, 1, message));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Member;

    #[test]
    fn a_member_without_the_lints_is_found() {
        let mut tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true\n"),
            ("b/Cargo.toml", "[package]\nname = \"b\"\n[lints.clippy]\npanic = \"warn\"\n"),
        ]);
        tree.members =
            ["a", "b"].map(|dir| Member { dir: dir.to_owned(), ..Member::default() }).to_vec();
        let found: Vec<_> = check(&tree).into_iter().map(|violation| violation.path).collect();
        assert_eq!(found, ["b/Cargo.toml"]);
    }
}

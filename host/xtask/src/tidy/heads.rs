//! Each source opens with a `//!` sentence, and no module is named by its folder.

use super::Violation;
use super::tree::Tree;

/// A source whose first line is not `//!`.
pub(crate) fn check_first_line(tree: &Tree) -> Vec<Violation> {
    tree.sources()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| Violation::new(&file.path, 1, "the first line is not a `//!` sentence"))
        .collect()
}

/// A `mod.rs`.
pub(crate) fn check_mod_files(tree: &Tree) -> Vec<Violation> {
    tree.sources()
        .filter(|file| file.parts().next_back() == Some("mod.rs"))
        .map(|file| Violation::new(&file.path, 1, "a `mod.rs`: use `foo.rs` beside `foo/`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::broken;
    use super::*;

    #[test]
    fn a_source_without_a_head_is_found() {
        let files = [("a.rs", "//! Says.\n"), ("b.rs", "use x;\n"), ("c.rs", ""), ("d.md", "x")];
        assert_eq!(broken(check_first_line, &files), ["b.rs:1", "c.rs:1"]);
    }

    #[test]
    fn a_mod_file_is_found() {
        let files = [("a/mod.rs", ""), ("a/model.rs", ""), ("amod.rs", "")];
        assert_eq!(broken(check_mod_files, &files), ["a/mod.rs:1"]);
    }
}

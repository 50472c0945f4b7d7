//! No source is longer than a reader's patience.

use super::Violation;
use super::tree::Tree;

const MOST_LINES: usize = 500;

/// A source over the limit; what a program wrote is exempt.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.sources()
        .filter(|file| !file.is_generated())
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > MOST_LINES).then(|| {
                let message =
                    format!("{lines} lines, the limit is {MOST_LINES}: split it by concept");
                Violation::new(&file.path, lines, message)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::broken;
    use super::*;

    #[test]
    fn a_long_source_is_found() {
        let long = "//! Long.\n".repeat(501);
        let generated = format!("//! @generated\n{long}");
        let most = "//! Most.\n".repeat(500);
        let files =
            [("a.rs", long.as_str()), ("b.rs", &generated), ("c.rs", &most), ("d.md", &long)];
        assert_eq!(broken(check, &files), ["a.rs:501"]);
    }
}

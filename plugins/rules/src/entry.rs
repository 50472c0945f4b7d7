//! Patterns for entries: a backend and a native name.

use crate::{Glob, Name, Reach};

/// A backend and a native name, each with `*` and `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    backend: Glob,
    name: Glob,
}

impl Pattern {
    /// Reads `backend/name` or `backend__name`.
    ///
    /// # Errors
    /// Why it could match nothing, and what to write instead.
    pub fn new(text: &str) -> Result<Self, String> {
        let slash = text.split_once('/');
        let underscores = text.split_once("__");
        let split = match (slash, underscores) {
            (Some(slash), Some(other)) if other.0.len() < slash.0.len() => Some(other),
            (slash, other) => slash.or(other),
        };
        let Some((backend, name)) = split else {
            return Err(format!(
                "`{text}` names no backend; write `backend/{text}`, or `*/{text}` for all of them"
            ));
        };
        if backend.is_empty() || name.is_empty() {
            let both = "write `backend/name`, each with `*` for anything";
            return Err(format!("`{text}` lacks a backend or a name; {both}"));
        }
        let odd = |c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "-*?".contains(c));
        if let Some(odd) = backend.chars().find(|c| odd(*c)) {
            return Err(format!(
                "no backend's name holds {odd:?}, as `{backend}` does; write `backend/name`, with the names that \
                 backends have in the configuration"
            ));
        }
        if name.contains("://") && name.contains('{') {
            return Err(format!(
                "`{name}` is a template; what is judged is the URI that is read: write `*` for what stands in braces"
            ));
        }
        Ok(Self { backend: Glob::new(backend), name: Glob::new(name) })
    }

    /// How much of what the name of an entry can become it takes.
    #[must_use]
    pub fn reach(&self, backend: &str, name: &Name) -> Reach {
        if self.backend.matches(backend) { self.name.reach(name) } else { Reach::None }
    }

    /// Whether it takes an entry.
    #[must_use]
    pub fn matches(&self, backend: &str, name: &str) -> bool {
        self.backend.matches(backend) && self.name.matches(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, backend: &str, name: &str, expected: bool) {
        let pattern = Pattern::new(pattern).unwrap();
        assert_eq!(pattern.matches(backend, name), expected, "{pattern:?} {backend} {name}");
        let reach = if expected { Reach::All } else { Reach::None };
        assert_eq!(pattern.reach(backend, &Name::exact(name)), reach);
    }

    #[test]
    fn both_ways_to_write_a_pattern_mean_the_same() {
        for pattern in ["files/delete_*", "files__delete_*", "f*/delete_?ile", "*__delete_*", "*/*"]
        {
            check(pattern, "files", "delete_file", true);
        }
        check("files/delete_*", "file", "delete_file", false);
        check("files__a__b", "files", "a__b", true);
        check("files/a__b", "files", "a__b", true);
        check("files__a/b", "files", "a/b", true);
        check("files___x", "files", "_x", true);
        check("docs/file:///data/*", "docs", "file:///data/x", true);
    }

    #[test]
    fn a_pattern_that_can_match_nothing_is_a_mistake() {
        for (pattern, why) in [
            ("delete_*", "write `backend/delete_*`"),
            ("*", "`*/*` for all"),
            ("/x", "lacks a backend"),
            ("files/", "lacks a backend or a name"),
            ("my_files/x", "no backend's name holds '_'"),
            ("Files__x", "holds 'F'"),
            ("docs/file:///{path}", "is a template"),
        ] {
            let error = Pattern::new(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }
}

//! Types and modules are named after what they are: words that fit anything are not allowed in their names.

use super::Violation;
use super::source::tokens;
use super::tree::{TextFile, Tree};

const BANNED: [&str; 12] = [
    "manager", "util", "utils", "common", "misc", "data", "info", "handler", "service", "wrapper",
    "helper", "helpers",
];

/// Names that others gave, with who did.
const ALLOWED: [(&str, &str); 3] = [
    ("Data", "the associated type of `http_body::Body`"),
    ("ClientInfo", "a field of `initialize` in the Model Context Protocol"),
    ("ServerInfo", "a field of `initialize` in the Model Context Protocol"),
];

/// A banned word in the name of a type, a module or a source file.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.sources().filter(|file| !file.is_generated()).flat_map(of_file).collect()
}

fn of_file(file: &TextFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    for part in file.parts() {
        let part = part.trim_end_matches(".rs");
        if let Some(word) = banned_word(part) {
            let message = format!("`{part}` says `{word}`, which fits anything");
            violations.push(Violation::new(&file.path, 1, message));
        }
    }
    for [keyword, name] in tokens(&file.text).array_windows() {
        let is_declared =
            matches!(keyword.text.as_str(), "struct" | "enum" | "union" | "trait" | "type" | "mod");
        let is_allowed = ALLOWED.iter().any(|(allowed, _)| name.text == *allowed);
        if let Some(word) = banned_word(&name.text).filter(|_| is_declared && !is_allowed) {
            let message =
                format!("`{} {}` says `{word}`, which fits anything", keyword.text, name.text);
            violations.push(Violation::new(&file.path, name.line, message));
        }
    }
    violations
}

/// The first part of a `CamelCase` or `snake_case` name that is banned.
fn banned_word(name: &str) -> Option<&'static str> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for letter in name.chars() {
        if letter == '_'
            || letter == '-'
            || letter == '.'
            || (letter.is_uppercase() && previous_lower)
        {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        previous_lower = !letter.is_uppercase();
    }
    BANNED.into_iter().find(|banned| words.iter().any(|word| word == banned))
}

#[cfg(test)]
mod tests {
    use super::super::broken;
    use super::*;

    #[test]
    fn banned_words_in_types_and_modules_are_found() {
        let text = "//! struct Info\nstruct PoolManager;\nenum Kind {}\nmod http_utils;\n\
                    trait InfoSource {}\ntype Data = u8;\nfn handler() {}\nstruct Database;\n";
        assert_eq!(broken(check, &[("a.rs", text)]), ["a.rs:2", "a.rs:4", "a.rs:5"]);
    }

    #[test]
    fn banned_words_in_file_names_are_found() {
        let files = [("a/common/b.rs", ""), ("a/test_helpers.rs", ""), ("a/data.md", "")];
        assert_eq!(broken(check, &files), ["a/common/b.rs:1", "a/test_helpers.rs:1"]);
    }
}

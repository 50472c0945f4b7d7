//! Patterns of one's own: regular expressions, each under a name.

use regex_lite::Regex;

use crate::kind::{Kind, Kinds, MOST_OWN};
use crate::scan::{Finding, Findings};

/// A pattern as it is written.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    name: String,
    regex: String,
    contains: Option<String>,
}

/// The patterns, in order.
#[derive(Debug, Default)]
pub(crate) struct Patterns(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    name: String,
    regex: Regex,
    /// A text that is not there without a match either.
    contains: Option<String>,
    /// Whether only the group `secret` is what was found.
    has_group: bool,
}

const GROUP: &str = "secret";
const LONGEST_NAME: usize = 32;

impl Patterns {
    /// Adds a pattern that stands at `at` in the configuration.
    pub(crate) fn add(&mut self, at: &str, table: Table, mistakes: &mut Vec<String>) {
        let mut wrong = |key: &str, why: String| mistakes.push(format!("{at}.{key}: {why}"));
        let Table { name, regex, contains } = table;
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(letters) {
            wrong("name", format!("must be 1 to {LONGEST_NAME} of a-z, 0-9 and `-`"));
        } else if Kinds::named(&name).is_some() {
            wrong("name", format!("`{name}` is built in; choose another"));
        } else if self.0.iter().any(|pattern| pattern.name == name) {
            wrong("name", format!("`{name}` is there twice"));
        }
        if contains.as_deref() == Some("") {
            wrong("contains", "must not be empty; leave it out".to_owned());
        }
        if self.0.len() >= MOST_OWN {
            wrong("name", format!("there can be {MOST_OWN} patterns"));
        }
        match Regex::new(&regex) {
            Ok(regex) if regex.is_match("") => {
                wrong("regex", "matches even nothing, and so everywhere".to_owned());
            }
            Ok(regex) => {
                let has_group = regex.capture_names().flatten().any(|group| group == GROUP);
                self.0.push(Pattern { name, regex, contains, has_group });
            }
            Err(error) => wrong("regex", error.to_string()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn name(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(|pattern| pattern.name.as_str())
    }

    /// Looks through a text.
    pub(crate) fn find(&self, text: &str, findings: &mut Findings) {
        for (index, pattern) in self.0.iter().enumerate() {
            if pattern.contains.as_deref().is_some_and(|needle| !text.contains(needle)) {
                continue;
            }
            let kind = Kind::own(index);
            let mut add = |start, end| {
                if start < end {
                    findings.list.push(Finding { start, end, kind });
                }
            };
            if pattern.has_group {
                let groups = pattern.regex.captures_iter(text);
                for group in groups.filter_map(|groups| groups.name(GROUP)) {
                    add(group.start(), group.end());
                }
            } else {
                for found in pattern.regex.find_iter(text) {
                    add(found.start(), found.end());
                }
            }
        }
    }
}

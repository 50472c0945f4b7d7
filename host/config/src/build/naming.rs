//! How a backend's entries are named: that every prefix and alias can be part of a name clients see.

use std::collections::BTreeMap;

use mcpmux_core::config::Naming;
use mcpmux_core::names::{BackendName, ExposedName, NAME_LIMIT, NameError, SEPARATOR};
use mcpmux_core::pattern::Pattern;

use super::why;
use crate::mistake::Findings;
use crate::node::Text;
use crate::node::fields::Fields;

/// Builds a backend's naming; `at` is the place of its name.
pub(super) fn naming(
    backend: &BackendName,
    at: usize,
    fields: Fields<'_>,
    found: &mut Findings<'_>,
) -> Naming {
    let prefix = fields.text("prefix");
    let before =
        prefix.map_or_else(|| format!("{backend}{SEPARATOR}"), |(_, text)| text.full.clone());
    let readable = fields.member("prefix").is_none() || prefix.is_some();
    // At least one character must be able to follow.
    if readable && let Err(error) = exposed(&format!("{before}x")) {
        let (at, key) = match prefix {
            Some((at, text)) => (at, format!("`prefix` is `{}` and", text.written.escape_debug())),
            None => (at, format!("`{backend}{SEPARATOR}`")),
        };
        found.mistake(at, format!("{key} cannot start the name of an entry: {}", why(&error)));
    }
    Naming {
        prefix: prefix.map(|(_, text)| text.full.clone()),
        only: patterns("only", fields, found),
        except: patterns("except", fields, found),
        alias: alias(&before, fields, found),
    }
}

/// The patterns of a list.
pub(super) fn patterns(key: &str, fields: Fields<'_>, found: &mut Findings<'_>) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for (at, text) in fields.list(key) {
        if text.full.is_empty() {
            found.hinted(at, format!("`{key}` holds an empty pattern"), "write `*` for every name");
        }
        patterns.push(Pattern::new(&text.full));
    }
    patterns
}

fn alias(before: &str, fields: Fields<'_>, found: &mut Findings<'_>) -> BTreeMap<String, String> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut alias = BTreeMap::new();
    for (member, text) in fields.map("alias") {
        let (native, written) = (member.key.escape_debug(), text.written.escape_debug());
        if let Err(error) = fits(before, text) {
            let text = format!(
                "the alias `{written}` of `{native}` cannot be part of a name: {}",
                why(&error)
            );
            found.mistake(member.node.at, text);
        }
        match taken.get(text.full.as_str()) {
            Some(other) => {
                let other = other.escape_debug();
                let text =
                    format!("the alias `{written}` stands for both `{other}` and `{native}`");
                found.hinted(member.node.at, text, "give each entry a name of its own");
            }
            None => {
                taken.insert(&text.full, &member.key);
            }
        }
        alias.insert(member.key.clone(), text.full.clone());
    }
    alias
}

/// Whether an alias can be a name, alone and after the prefix.
fn fits(before: &str, text: &Text) -> Result<(), NameError> {
    exposed(&text.full)?;
    if before.chars().count() + text.full.len() > NAME_LIMIT {
        return Err(NameError::TooLong(String::new()));
    }
    Ok(())
}

fn exposed(name: &str) -> Result<(), NameError> {
    ExposedName::new(name).map(|_| ())
}

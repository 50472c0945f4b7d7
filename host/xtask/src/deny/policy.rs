//! `deny.toml`, as far as it is checked here; a rule that is not is an error, so that none is ignored.

use anyhow::{Result, bail};
use toml::{Table, Value};

/// The one registry that is known, as cargo calls it whichever way it asks it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What may be depended on.
#[derive(Debug, PartialEq)]
pub(super) struct Policy {
    /// The licences that may be linked, one of those that a package offers.
    pub(super) licences: Vec<String>,
    /// Whether a dependency on any version at all is refused.
    pub(super) no_wildcards: bool,
}

impl Policy {
    /// Reads the text of `deny.toml`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse()?;
        let mut policy = Self { licences: Vec::new(), no_wildcards: false };
        for (section, keys) in &table {
            for (key, value) in keys.as_table().into_iter().flatten() {
                match (section.as_str(), key.as_str(), value) {
                    ("licenses", "allow", Value::Array(allow)) => {
                        let names = allow.iter().filter_map(Value::as_str);
                        policy.licences = names.map(str::to_owned).collect();
                    }
                    ("bans", "wildcards", Value::String(level)) => {
                        policy.no_wildcards = level == "deny"
                    }
                    // What is done here in any case, what only warns, and what cargo-deny reads itself.
                    ("bans", "allow-wildcard-paths", Value::Boolean(true))
                    | ("graph", "all-features", Value::Boolean(true))
                    | ("licenses", "unused-allowed-license", _)
                    | ("advisories", _, _) => {}
                    ("bans", "multiple-versions", Value::String(level)) if level != "deny" => {}
                    ("sources", "unknown-registry" | "unknown-git", Value::String(level))
                        if level == "deny" => {}
                    _ => bail!(
                        "`{section}.{key} = {value}` in `deny.toml` is a rule that is not checked"
                    ),
                }
            }
        }
        Ok(policy)
    }

    /// Whether a package may come from there: from crates.io alone.
    pub(super) fn allows_source(&self, source: &str) -> bool {
        source == CRATES_IO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_not_checked_is_an_error() {
        let error = Policy::parse("[bans]\ndeny = [\"openssl\"]\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "`bans.deny = [\"openssl\"]` in `deny.toml` is a rule that is not checked"
        );
        Policy::parse("[sources]\nunknown-git = \"allow\"\n").unwrap_err();
    }

    #[test]
    fn the_policy_of_this_repository_is_read() {
        let policy = Policy::parse(include_str!("../../../../deny.toml")).unwrap();
        assert!(policy.no_wildcards && policy.licences.iter().any(|licence| licence == "MIT"));
    }
}

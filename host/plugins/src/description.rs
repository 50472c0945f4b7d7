//! What a plugin says it is; asking it is the contract's version's.

use std::fmt;

use serde::Serialize;

/// Characters of a line about a plugin that are kept.
const LINE: usize = 500;

/// What a plugin is, in its own words; all of it empty if it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Its own name; the configuration may call it otherwise.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it does, in a line.
    pub summary: String,
    /// The JSON Schema (2020-12) of its configuration, as text.
    pub config_schema: Option<String>,
    /// The rights it cannot do without.
    pub wants: Vec<Want>,
}

/// A right that a plugin cannot do without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Want {
    /// As it is written in `grant`, or without what stands after the colon: then any will do.
    pub grant: String,
    /// What for, in the plugin's words; empty if it does not say.
    pub why: String,
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why.as_str() {
            "" => write!(f, "`{}`", self.grant),
            why => write!(f, "`{}` ({why})", self.grant),
        }
    }
}

/// A plugin's words as one short line, without what could play tricks on a terminal.
pub(crate) fn line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LINE).collect()
}

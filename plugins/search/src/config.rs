//! The configuration: as it is written, and checked.

use mcpmux_sdk::{Error, Result};

use crate::glob::Glob;

/// The configuration as it is written.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    threshold: Option<usize>,
    keep: Vec<String>,
    prefix: String,
    find: Option<String>,
    describe: Option<String>,
    call: Option<String>,
    limit: Option<usize>,
    description: Option<usize>,
}

/// What a configuration comes to.
#[derive(Debug)]
pub(crate) struct Settings {
    /// With fewer tools nothing is done.
    pub(crate) threshold: usize,
    /// Exposed names that stay in the list.
    pub(crate) keep: Vec<Glob>,
    pub(crate) names: Names,
    /// How many tools are found if the caller does not say.
    pub(crate) limit: usize,
    /// The longest description in what is found, in characters.
    pub(crate) description: usize,
}

/// The names of the plugin's own tools.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) find: String,
    pub(crate) describe: String,
    pub(crate) call: String,
}

impl Names {
    /// Whether it is one of them.
    pub(crate) fn has(&self, name: &str) -> bool {
        [&self.find, &self.describe, &self.call].into_iter().any(|known| known == name)
    }
}

/// The greatest number of tools that are found at once.
pub(crate) const MOST_FOUND: usize = 50;

const LONGEST_NAME: usize = 128;

impl Settings {
    /// Checks a configuration.
    ///
    /// # Errors
    /// All mistakes, a line each, with their keys.
    pub(crate) fn new(config: Config) -> Result<Self> {
        let mut mistakes = Vec::new();
        let prefix = &config.prefix;
        if !prefix.bytes().all(is_letter) {
            mistakes.push("prefix: must be of `A-Z a-z 0-9 _ . -`".to_owned());
        }
        let mut name = |key: &str, given: Option<String>, usual: &str| {
            let name = format!("{prefix}{}", given.as_deref().unwrap_or(usual));
            if given
                .as_deref()
                .is_some_and(|given| given.is_empty() || !given.bytes().all(is_letter))
            {
                mistakes.push(format!("{key}: must be 1 or more of `A-Z a-z 0-9 _ . -`"));
            } else if name.len() > LONGEST_NAME {
                mistakes.push(format!("{key}: `{name}` is longer than {LONGEST_NAME} characters"));
            }
            name
        };
        let names = Names {
            find: name("find", config.find, "find_tools"),
            describe: name("describe", config.describe, "describe_tool"),
            call: name("call", config.call, "call_tool"),
        };
        if names.find == names.describe || names.find == names.call || names.describe == names.call
        {
            mistakes.push("find, describe, call: must be three different names".to_owned());
        }
        for (number, _) in config.keep.iter().enumerate().filter(|(_, glob)| glob.is_empty()) {
            mistakes.push(format!("keep[{number}]: must not be empty"));
        }
        let limit = config.limit.unwrap_or(10);
        if !(1..=MOST_FOUND).contains(&limit) {
            mistakes.push(format!("limit: must be 1 to {MOST_FOUND}"));
        }
        if !mistakes.is_empty() {
            return Err(Error::new(mistakes.join("\n")));
        }
        Ok(Self {
            threshold: config.threshold.unwrap_or(20),
            keep: config.keep.iter().map(|glob| Glob::new(glob)).collect(),
            names,
            limit,
            description: config.description.unwrap_or(200),
        })
    }
}

/// What names that every client can use are made of.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

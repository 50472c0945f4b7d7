//! How a command fails: a text for the person and an exit code.

use std::fmt;

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) struct Failure {
    /// 1: it failed; 2: it was asked wrongly, or the configuration is wrong.
    pub(crate) code: u8,
    /// What failed, why, and what to do; nothing if it has been said already.
    pub(crate) text: String,
}

impl Failure {
    /// The command could not do what it was asked.
    pub(crate) fn failed(text: impl fmt::Display) -> Self {
        Self { code: 1, text: text.to_string() }
    }

    /// The command line, the configuration or a plugin is wrong.
    pub(crate) fn wrong(text: impl fmt::Display) -> Self {
        Self { code: 2, text: text.to_string() }
    }

    /// It failed, and what was printed says so.
    pub(crate) const fn said() -> Self {
        Self { code: 1, text: String::new() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

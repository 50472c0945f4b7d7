//! The error of plugins: a message for the operator.

use std::fmt;

/// What a plugin's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as the operator reads it: lower case, no full stop, what failed and what to do.
///
/// Every standard error converts into it with `?`; so, like other such types, it is none itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error of this text.
    pub fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

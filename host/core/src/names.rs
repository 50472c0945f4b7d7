//! The names of backends and of their entries; each is checked once, where it enters.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// What separates a backend's name from an entry's in an exposed name.
pub const SEPARATOR: &str = "__";
/// Exposed names longer than this many characters are refused by several model providers; we warn.
pub const NAME_WARNING: usize = 64;
/// The longest name the specification allows (2026-07-28, server/tools: 1 to 128 characters).
pub const NAME_LIMIT: usize = 128;

/// The longest name of a secret of the vault.
pub const SECRET_NAME_LIMIT: usize = 64;

/// Whether this can be the name of a secret of the vault: 1 to 64 characters of `[A-Za-z0-9_.-]`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    (1..=SECRET_NAME_LIMIT).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Defines a name: a shared string that is not interchangeable with other strings.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            /// What a backend calls its tools must not be able to forge a line of the log.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.escape_debug())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

name! {
    /// The name of a backend in the configuration: `[a-z0-9-]+`.
    BackendName
}
name! {
    /// An entry's name as its backend says it; any string.
    NativeName
}
name! {
    /// An entry's name as clients see it: of a tool 1 to 128 characters of `[A-Za-z0-9_.-]`, of a prompt any text,
    /// of a resource its URI, of a template the template.
    ExposedName
}
name! {
    /// The name of a plugin in the configuration.
    PluginName
}

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("a name needs at least one character")]
    Empty,
    /// Longer than [`NAME_LIMIT`].
    #[error("`{0}` has {len} characters, more than {NAME_LIMIT}", len = .0.chars().count())]
    TooLong(String),
    /// A character that such a name cannot hold.
    #[error("`{shown}` holds {found:?}; allowed are {allowed}", shown = .name.escape_debug())]
    Character {
        /// The text.
        name: String,
        /// Its first character that is not allowed.
        found: char,
        /// What is.
        allowed: &'static str,
    },
}

impl BackendName {
    /// Checks a backend's name. Underscores are not allowed, so no backend's name can hold the
    /// separator or run into it.
    ///
    /// # Errors
    /// If it is empty, too long, or holds anything but lower-case letters, digits and hyphens.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        check(name, "lower-case letters, digits and `-`", allowed).map(Self)
    }
}

impl PluginName {
    /// Checks a plugin's name, by the rule for backends.
    ///
    /// # Errors
    /// As [`BackendName::new`].
    pub fn new(name: &str) -> Result<Self, NameError> {
        BackendName::new(name).map(|name| Self(name.0))
    }
}

impl NativeName {
    /// Takes a name as the backend said it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl ExposedName {
    /// Takes the name of what is not a tool; the specification does not bound it.
    ///
    /// # Errors
    /// If it is empty.
    pub fn free(name: &str) -> Result<Self, NameError> {
        if name.is_empty() { Err(NameError::Empty) } else { Ok(Self(name.into())) }
    }

    /// Checks a name that a tool is to have (2026-07-28, server/tools, tool names).
    ///
    /// # Errors
    /// If it is empty, over 128 characters, or holds anything but `[A-Za-z0-9_.-]`.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        check(name, "letters, digits, `_`, `.` and `-`", allowed).map(Self)
    }
}

fn check(
    name: &str,
    allowed: &'static str,
    allows: impl Fn(char) -> bool,
) -> Result<Arc<str>, NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some(found) = name.chars().find(|c| !allows(*c)) {
        return Err(NameError::Character { name: name.to_owned(), found, allowed });
    }
    if name.chars().count() > NAME_LIMIT {
        return Err(NameError::TooLong(name.to_owned()));
    }
    Ok(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_name_cannot_hold_the_separator() {
        assert!(BackendName::new("git-hub2").is_ok());
        for wrong in ["", "a_b", "a__b", "A", "a b", "ä"] {
            assert!(BackendName::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_native_name_cannot_forge_a_line() {
        assert_eq!(NativeName::new("ä\n\u{1b}[2J").to_string(), "ä\\n\\u{1b}[2J");
        assert!(!ExposedName::new("a\nforged").unwrap_err().to_string().contains('\n'));
    }

    #[test]
    fn an_exposed_name_is_what_the_specification_allows() {
        assert!(ExposedName::new(&"x".repeat(128)).is_ok());
        assert!(matches!(ExposedName::new(&"x".repeat(129)), Err(NameError::TooLong(_))));
        assert!(ExposedName::new("a/b").is_err());
    }
}

//! What an operator should know about a catalog that was built: what was odd, and what to do about it.

use std::fmt;

use crate::catalog::EntryKind;
use crate::names::{BackendName, ExposedName, NAME_WARNING, NativeName};

/// Something an operator should know about a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A backend's entry that is not even an object with a name.
    Odd {
        /// What it was to be.
        kind: EntryKind,
        /// Whose.
        backend: BackendName,
        /// What is wrong with it.
        why: String,
    },
    /// A backend listed two entries of one name; the first counts.
    Duplicate {
        /// What they are.
        kind: EntryKind,
        /// Whose.
        backend: BackendName,
        /// The name it used twice.
        native: NativeName,
    },
    /// Two backends' entries got the same exposed name; the earlier backend's counts.
    Collision {
        /// The name.
        exposed: ExposedName,
        /// Whose entry has it.
        kept: (BackendName, NativeName),
        /// Whose entry is left out.
        dropped: (BackendName, NativeName),
    },
    /// A name that clients cannot use; the entry is left out.
    BadName {
        /// What it names.
        kind: EntryKind,
        /// Whose entry.
        backend: BackendName,
        /// Its own name.
        native: NativeName,
        /// What is wrong with the exposed one.
        why: String,
    },
    /// A name that several model providers refuse.
    LongName {
        /// The name.
        exposed: ExposedName,
        /// Whose entry.
        backend: BackendName,
        /// Its own name.
        native: NativeName,
    },
    /// A plugin's catalog hook failed or answered nonsense; none of its edits were applied, so the catalog shows
    /// what the plugin may have wanted to hide, and is not to be used.
    Plugin {
        /// Which.
        plugin: String,
        /// What went wrong.
        why: String,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Odd { kind, backend, why } => {
                write!(f, "a {} of `{backend}` is left out: {why}", kind.noun())
            }
            Self::Duplicate { kind, backend, native } => {
                let what = kind.noun();
                write!(f, "`{backend}` lists the {what} `{native}` twice; the first one counts")
            }
            Self::Collision { exposed, kept, dropped } => write!(
                f,
                "`{}` of `{}` and `{}` of `{}` are both to be `{exposed}`; the first one counts\n\
                 hint: give the other a name of its own: [backends.{}] alias = {{ \"{}\" = \"...\" }}",
                kept.1, kept.0, dropped.1, dropped.0, dropped.0, dropped.1
            ),
            Self::BadName { kind, backend, native, why } => write!(
                f,
                "the {} `{native}` of `{backend}` is left out: {why}\n\
                 hint: [backends.{backend}] alias = {{ \"{native}\" = \"...\" }}",
                kind.noun()
            ),
            Self::LongName { exposed, backend, native } => write!(
                f,
                "`{exposed}` has {} characters; several model providers refuse names over {NAME_WARNING}\n\
                 hint: [backends.{backend}] alias = {{ \"{native}\" = \"...\" }}",
                exposed.as_str().chars().count()
            ),
            Self::Plugin { plugin, why } => {
                write!(
                    f,
                    "the catalog hook of plugin `{plugin}` failed: {why}\n\
                     hint: the list of before stays until it works; if there was none, no tool is offered"
                )
            }
        }
    }
}

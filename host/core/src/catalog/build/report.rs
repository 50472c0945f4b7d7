//! What an operator should know about a catalog that was built: what was odd, and what to do about it.

use std::fmt;

use crate::catalog::EntryKind;
use crate::names::{BackendName, ExposedName, NAME_WARNING, NativeName, PluginName};

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
        /// Whether that one is a plugin's own.
        added: bool,
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
        /// Whether the entry is a plugin's own.
        added: bool,
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
    /// A plugin's catalog hook failed or answered nonsense; none of its edits were applied.
    Plugin {
        /// Which.
        plugin: PluginName,
        /// What went wrong.
        why: String,
        /// Whether it is passed over. If not, the catalog shows what the plugin may have wanted to hide, and is not to
        /// be used.
        open: bool,
    },
    /// What a plugin in shadow mode would have changed.
    Shadow {
        /// Which.
        plugin: PluginName,
        /// How many entries it would have hidden, unlisted, changed and added.
        edits: [usize; 4],
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
            Self::Collision { exposed, kept, dropped, added } => {
                write!(
                    f,
                    "`{}` of `{}` and `{}` of `{}` are both to be `{exposed}`; the first one counts",
                    kept.1, kept.0, dropped.1, dropped.0
                )?;
                if *added {
                    let plugin = &dropped.0;
                    return write!(f, "\nhint: the second one was added by the plugin `{plugin}`");
                }
                let (backend, native) = dropped;
                let what = "give the other a name of its own: ";
                write!(f, "\nhint: {what}[backends.{backend}] alias = {{ \"{native}\" = \"...\" }}")
            }
            Self::BadName { kind, backend, native, why, added: true } => {
                let what = kind.noun();
                write!(f, "the {what} `{native}` that plugin `{backend}` adds is left out: {why}")
            }
            Self::BadName { kind, backend, native, why, added: false } => write!(
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
            Self::Plugin { plugin, why, open } => {
                let hint = if *open {
                    "the list is used without what the plugin would change"
                } else {
                    "the list of before stays until it works, without what a plugin that is new has not seen; if there was none, no tool is offered"
                };
                write!(f, "the catalog hook of plugin `{plugin}` failed: {why}\nhint: {hint}")
            }
            Self::Shadow { plugin, edits: [hidden, unlisted, changed, added] } => write!(
                f,
                "plugin `{plugin}` would hide {hidden}, unlist {unlisted}, change {changed} and add {added} entries"
            ),
        }
    }
}

//! The changes that a catalog hook hands back.

use super::VirtualTool;
use crate::doc::Change;

/// One change, by the entry's place in the list that the host showed.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Leave the entry out; it cannot be called either.
    Hide(u32),
    /// Leave it out of the lists; it can be called.
    Unlist(u32),
    /// Change parts of it.
    Update(u32, EntryEdit),
    /// Add a tool.
    Add(VirtualTool),
}

/// What changes about an entry; what is `None` or empty stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryEdit {
    /// The whole name that clients are to see.
    pub exposed: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The hints to set.
    pub annotations: Annotations,
    /// Other changes to the definition, after those above.
    pub patches: Vec<Change>,
}

/// Hints a tool gives about itself; they are claims, not facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// A title; older than the tool's own `title`, and shown if that is missing.
    pub title: Option<String>,
    /// Does not change its environment.
    pub read_only: Option<bool>,
    /// May destroy something.
    pub destructive: Option<bool>,
    /// The same call again changes nothing more.
    pub idempotent: Option<bool>,
    /// Deals with the world outside, as a web search does.
    pub open_world: Option<bool>,
}

impl Annotations {
    /// These hints, and where they say nothing the others.
    #[must_use]
    pub(super) fn or(&self, others: &Self) -> Self {
        Self {
            title: self.title.clone().or_else(|| others.title.clone()),
            read_only: self.read_only.or(others.read_only),
            destructive: self.destructive.or(others.destructive),
            idempotent: self.idempotent.or(others.idempotent),
            open_world: self.open_world.or(others.open_world),
        }
    }

    /// Of these hints those that the others do not say.
    #[must_use]
    pub(super) fn beyond(&self, others: &Self) -> Self {
        Self {
            title: changed(&self.title, &others.title),
            read_only: changed(&self.read_only, &others.read_only),
            destructive: changed(&self.destructive, &others.destructive),
            idempotent: changed(&self.idempotent, &others.idempotent),
            open_world: changed(&self.open_world, &others.open_world),
        }
    }
}

/// What is new, if it differs from what was.
pub(super) fn changed<T: Clone + PartialEq>(new: &Option<T>, old: &Option<T>) -> Option<T> {
    new.clone().filter(|new| old.as_ref() != Some(new))
}

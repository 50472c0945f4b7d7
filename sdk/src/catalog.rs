//! The entries a catalog hook is shown, and the changes it makes to them; one entry is in `entry`.

mod edit;
mod entry;
mod virtual_tool;

pub use edit::{Annotations, Edit, EntryEdit};
pub use entry::{Entry, Tool};
pub use virtual_tool::VirtualTool;

use crate::{Kind, Result};

/// The tools, prompts, resources and templates on offer, as the plugins before left them.
#[derive(Debug, Default)]
pub struct Catalog {
    entries: Vec<Entry>,
    added: Vec<VirtualTool>,
}

impl Catalog {
    /// A catalog of these entries.
    #[must_use]
    pub const fn new(entries: Vec<Entry>) -> Self {
        Self { entries, added: Vec::new() }
    }

    /// The entries, in the host's order; also those that are hidden by now, but none that were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// The tools among them.
    pub fn tools(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.kind() == Kind::Tool)
    }

    /// The tools among them, to change them.
    pub fn tools_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(|entry| entry.kind() == Kind::Tool)
    }

    /// The entry that clients call so, as it stands now.
    #[must_use]
    pub fn get(&self, kind: Kind, exposed: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.kind() == kind && entry.exposed() == exposed)
    }

    /// How many entries the host showed, hidden ones included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a tool of the plugin's own; its `request` hook answers calls to it.
    pub fn add(&mut self, tool: VirtualTool) {
        self.added.push(tool);
    }

    /// The tools that were added.
    #[must_use]
    pub fn added(&self) -> &[VirtualTool] {
        &self.added
    }

    /// The names clients would see in their lists now: of what is neither hidden nor unlisted, then of what was added.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let listed = self.entries.iter().filter(|entry| !entry.is_hidden() && !entry.is_unlisted());
        listed.map(Entry::exposed).chain(self.added.iter().map(VirtualTool::name)).collect()
    }

    /// What was changed; an entry that is as it was has no edit.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (at, entry) in (0..).zip(&self.entries) {
            if entry.is_hidden() {
                edits.push(Edit::Hide(at));
                continue;
            }
            edits.extend(entry.edit().map(|edit| Edit::Update(at, edit)));
            if entry.is_unlisted() {
                edits.push(Edit::Unlist(at));
            }
        }
        edits.extend(self.added.iter().cloned().map(Edit::Add));
        edits
    }

    /// What was changed, unless an entry was used wrongly.
    pub(crate) fn finish(&self) -> Result<Vec<Edit>> {
        match self.entries.iter().find_map(Entry::mistake) {
            Some(mistake) => Err(mistake),
            None => Ok(self.edits()),
        }
    }
}

impl<'a> IntoIterator for &'a Catalog {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Catalog {
    type Item = &'a mut Entry;
    type IntoIter = std::slice::IterMut<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests;

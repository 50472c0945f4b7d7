//! The resources and templates of one backend that plugins hide: a URI needs no entry to be read, so leaving an entry
//! out of the catalog is not enough.

use std::collections::HashSet;

use super::EntryKind;
use crate::names::NativeName;
use crate::uri;

/// What is hidden of a backend.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden {
    resources: HashSet<NativeName>,
    templates: Vec<NativeName>,
}

impl Hidden {
    /// Hides an entry; only of those that have URIs it matters.
    pub(super) fn add(&mut self, kind: EntryKind, native: NativeName) {
        match kind {
            EntryKind::Resource => {
                self.resources.insert(native);
            }
            EntryKind::Template => self.templates.push(native),
            EntryKind::Tool | EntryKind::Prompt => {}
        }
    }

    /// Whether it is one of them.
    pub(super) fn names(&self, native: &str) -> bool {
        self.resources.contains(native)
            || self.templates.iter().any(|template| template.as_str() == native)
    }

    /// Whether it comes out of one of the templates.
    pub(super) fn covers(&self, native: &str) -> bool {
        self.templates.iter().any(|template| uri::matches(template.as_str(), native))
    }
}

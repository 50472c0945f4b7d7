//! What a hook changed in a document, and how it reads since.

use super::{Change, Rewrite, Shown, change, text};
use crate::Result;

/// What lies over a document since the first change.
pub(super) trait Layer {
    /// One change more.
    fn push(&mut self, change: Change);

    /// The value at a pointer, as JSON text.
    fn json(&self, shown: &Shown, at: &str) -> Result<Option<String>>;

    /// The value at a pointer, if it is a string.
    fn string(&self, shown: &Shown, at: &str) -> Result<Option<String>>;

    /// What the host is to do.
    fn finish(self: Box<Self>) -> Result<Rewrite>;
}

/// The changes, over the host's document or another in its place.
#[derive(Default)]
pub(super) struct Edited {
    /// What the hook put in the place of the host's.
    whole: Option<String>,
    changes: Vec<Change>,
}

impl Edited {
    /// Another document.
    pub(super) const fn with(whole: String) -> Self {
        Self { whole: Some(whole), changes: Vec::new() }
    }
}

impl Layer for Edited {
    fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn json(&self, shown: &Shown, at: &str) -> Result<Option<String>> {
        change::read(&self.changes, at, |at| match &self.whole {
            Some(whole) => Ok(text::find(whole, at)?.map(ToOwned::to_owned)),
            None => shown.json(at),
        })
    }

    fn string(&self, shown: &Shown, at: &str) -> Result<Option<String>> {
        let json = self.json(shown, at)?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    fn finish(self: Box<Self>) -> Result<Rewrite> {
        Ok(match self.whole {
            None => Rewrite::Patch(self.changes),
            Some(whole) if self.changes.is_empty() => Rewrite::Replace(whole),
            Some(whole) => Rewrite::Replace(change::apply_all(&whole, &self.changes)?.to_string()),
        })
    }
}

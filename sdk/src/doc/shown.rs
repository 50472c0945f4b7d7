//! A document as the host shows it: in a component by calls of the host, natively from a text.

use crate::Result;

/// What the host shows to the hook under way.
#[cfg(target_family = "wasm")]
pub(super) struct Shown;

#[cfg(target_family = "wasm")]
impl Shown {
    pub(super) fn size(&self) -> usize {
        crate::guest::lent::document::size()
    }

    pub(super) fn text(&self) -> String {
        crate::guest::lent::document::text()
    }

    pub(super) fn json(&self, at: &str) -> Result<Option<String>> {
        Ok(crate::guest::lent::document::get(at))
    }

    pub(super) fn string(&self, at: &str) -> Result<Option<String>> {
        Ok(crate::guest::lent::document::get_string(at))
    }

    pub(super) fn many(&self, at: &[&str]) -> Result<Vec<Option<String>>> {
        Ok(crate::guest::lent::document::get_many(at))
    }
}

/// What a test shows.
#[cfg(not(target_family = "wasm"))]
pub(super) struct Shown(pub(super) String);

#[cfg(not(target_family = "wasm"))]
impl Shown {
    pub(super) const fn size(&self) -> usize {
        self.0.len()
    }

    pub(super) fn text(&self) -> String {
        self.0.clone()
    }

    pub(super) fn json(&self, at: &str) -> Result<Option<String>> {
        Ok(super::text::find(&self.0, at)?.map(ToOwned::to_owned))
    }

    pub(super) fn string(&self, at: &str) -> Result<Option<String>> {
        let found = super::text::find(&self.0, at)?;
        Ok(found.and_then(|json| serde_json::from_str(json).ok()))
    }

    pub(super) fn many(&self, at: &[&str]) -> Result<Vec<Option<String>>> {
        at.iter().map(|at| self.json(at)).collect()
    }
}

//! The catalog, to read: what the client of the call under way may see and call. Needs the grant `catalog`.

use crate::Kind;

/// An entry of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// The backend's name in the configuration.
    pub backend: String,
    /// What the backend calls it.
    pub name: String,
    /// What clients call it.
    pub exposed: String,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Whether it stands in the lists.
    pub listed: bool,
}

impl Entry {
    /// A tool exposed as `backend__name` that stands in the lists, for tests.
    pub fn tool(backend: impl Into<String>, name: impl Into<String>) -> Self {
        let (backend, name) = (backend.into(), name.into());
        let exposed = format!("{backend}__{name}");
        let (title, description) = (None, None);
        Self { kind: Kind::Tool, backend, name, exposed, title, description, listed: true }
    }

    /// The same entry with a description, for tests.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// What the client of the call under way may see and call, in order; outside of calls nothing.
#[must_use]
pub fn all() -> Vec<Entry> {
    #[cfg(target_family = "wasm")]
    return crate::guest::entries();
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().entries();
}

/// The definition of one of them by its exposed name, a JSON object.
#[must_use]
pub fn definition(kind: Kind, exposed: &str) -> Option<String> {
    #[cfg(target_family = "wasm")]
    return crate::guest::definition(kind, exposed);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().definition(kind, exposed);
}

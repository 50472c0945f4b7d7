//! What clients see: the immutable catalog of entries by exposed name, and what it is built from.

pub mod build;
pub mod definition;
pub mod page;

use std::collections::HashMap;
use std::sync::Arc;

pub use build::{Edit, Report, Source, build};
pub use definition::{Annotations, Definition, ToolEdit};

use crate::json::Raw;
use crate::names::{BackendName, ExposedName, NativeName};

/// One tool as clients see it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name in the catalog.
    pub exposed: ExposedName,
    /// Whose it is.
    pub backend: BackendName,
    /// Its name there.
    pub native: NativeName,
    /// The definition to list: the backend's own, but for the name and what plugins changed.
    pub definition: Raw,
}

/// All entries, by exposed name and in order: backends as configured, within one by exposed name.
#[derive(Debug, Default)]
pub struct Catalog {
    tools: Vec<Arc<Entry>>,
    by_name: HashMap<ExposedName, Arc<Entry>>,
    rank: HashMap<BackendName, usize>,
}

impl Catalog {
    /// The tool of this exposed name.
    #[must_use]
    pub fn tool(&self, exposed: &str) -> Option<&Arc<Entry>> {
        self.by_name.get(exposed)
    }

    /// All tools in order.
    #[must_use]
    pub fn tools(&self) -> &[Arc<Entry>] {
        &self.tools
    }

    /// Whether clients of `other` would see exactly what clients of this catalog see.
    #[must_use]
    pub fn same_tools(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<Entry>, &Arc<Entry>)| {
            a.exposed == b.exposed && a.definition == b.definition
        };
        self.tools.len() == other.tools.len() && self.tools.iter().zip(&other.tools).all(same)
    }

    /// How many tools a backend has in the catalog.
    #[must_use]
    pub fn count(&self, backend: &BackendName) -> usize {
        self.tools.iter().filter(|entry| entry.backend == *backend).count()
    }
}

//! What the host lends to the hook under way: its document, or the definitions of its entries.

use scoped_tls::scoped_thread_local;

use super::types::{Definitions, Document};

scoped_thread_local!(pub(super) static DOCUMENT: Document);
scoped_thread_local!(pub(super) static DEFINITIONS: Definitions);

/// The document: each function is one call of the host.
pub(crate) mod document {
    use super::DOCUMENT;

    pub(crate) fn size() -> usize {
        DOCUMENT.with(|document| document.size() as usize)
    }

    pub(crate) fn text() -> String {
        DOCUMENT.with(|document| document.text())
    }

    pub(crate) fn get(at: &str) -> Option<String> {
        DOCUMENT.with(|document| document.get(at))
    }

    pub(crate) fn get_string(at: &str) -> Option<String> {
        DOCUMENT.with(|document| document.get_string(at))
    }

    pub(crate) fn get_many(at: &[&str]) -> Vec<Option<String>> {
        let at: Vec<String> = at.iter().map(|&at| at.to_owned()).collect();
        DOCUMENT.with(|document| document.get_many(&at))
    }
}

/// The value at a pointer in the definition of an entry.
pub(crate) fn definition(index: u32, at: &str) -> Option<String> {
    DEFINITIONS.with(|definitions| definitions.get(index, at))
}

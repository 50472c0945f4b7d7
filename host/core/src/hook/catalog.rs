//! The catalog hook: what it is shown of the entries, and what it wants changed.

use crate::catalog::{Annotations, Definition};
use crate::json::Raw;
use crate::json::pointer::Patch;
use crate::names::{BackendName, PluginName};

/// An entry as a catalog hook sees it.
#[derive(Debug, Clone, Copy)]
pub struct EntryView<'a> {
    /// Whose it is.
    pub backend: &'a BackendName,
    /// Its definition, with the edits of the hooks before; its kind and native name are in it.
    pub definition: &'a Definition,
    /// The name clients would see.
    pub exposed: &'a str,
}

/// A change a plugin wants in the list it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEdit {
    /// Leave the entry at this index out: it is neither listed nor callable.
    Hide(usize),
    /// Leave the entry at this index out of the lists; it can be called.
    Unlist(usize),
    /// Change the entry at this index.
    Update(usize, EntryEdit),
    /// Add a tool.
    Add(VirtualTool),
}

/// What is to change about an entry; `None` or empty leaves a part as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryEdit {
    /// The whole exposed name; not of resources and templates.
    pub exposed: Option<String>,
    /// `title`
    pub title: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// Annotations to set; the others stay.
    pub annotations: Annotations,
    /// Further changes to the definition, after those above.
    pub patches: Vec<Patch>,
}

/// A tool that a plugin's request hook answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualTool {
    /// What clients call it, whole.
    pub name: String,
    /// Its definition, an object; a `name` in it is replaced.
    pub definition: Raw,
}

/// The catalog hook of a plugin: called when the catalog is built, never per call.
pub trait CatalogHook: Send + Sync {
    /// Whose hook it is.
    fn plugin(&self) -> PluginName;

    /// What it wants changed in this list.
    ///
    /// # Errors
    /// Why it could not say; the list then stays as it was.
    fn transform(&self, entries: &[EntryView<'_>]) -> Result<Vec<ListEdit>, String>;
}

//! One entry as a catalog hook sees it: what the host said, and what was changed since.

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::edit::{Annotations, EntryEdit, changed};
use crate::doc::{Change, change};
use crate::{Error, Kind, Result};

/// A tool, prompt, resource or template. What is read from it is as it stands now, changes included.
#[derive(Debug)]
pub struct Entry {
    kind: Kind,
    backend: String,
    name: String,
    exposed: String,
    title: Option<String>,
    description: Option<String>,
    annotations: Annotations,
    edit: EntryEdit,
    hidden: bool,
    unlisted: bool,
    /// What is wrong with how the hook used it; the first counts.
    mistake: RefCell<Option<Error>>,
    /// Its place in the list that the host shows to the hook under way.
    #[cfg(target_family = "wasm")]
    index: u32,
    /// Its definition, where a test gives one.
    #[cfg(not(target_family = "wasm"))]
    definition: Option<serde_json::Value>,
}

/// What an entry was called when there were only tools.
pub type Tool = Entry;

/// Making entries, as if the host had shown them so.
impl Entry {
    /// A tool of this backend and native name, exposed as `backend__name`.
    pub fn new(backend: impl Into<String>, name: impl Into<String>) -> Self {
        let (backend, name) = (backend.into(), name.into());
        Self {
            kind: Kind::Tool,
            exposed: format!("{backend}__{name}"),
            backend,
            name,
            title: None,
            description: None,
            annotations: Annotations::default(),
            edit: EntryEdit::default(),
            hidden: false,
            unlisted: false,
            mistake: RefCell::new(None),
            #[cfg(target_family = "wasm")]
            index: 0,
            #[cfg(not(target_family = "wasm"))]
            definition: None,
        }
    }

    /// A prompt of this backend and native name, exposed as `backend__name`.
    pub fn prompt(backend: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(backend, name).with_kind(Kind::Prompt)
    }

    /// A resource of this backend and URI, which is also what clients call it.
    pub fn resource(backend: impl Into<String>, uri: impl Into<String>) -> Self {
        let uri = uri.into();
        Self::new(backend, uri.as_str()).with_exposed(uri).with_kind(Kind::Resource)
    }

    /// A template of this backend, which is also what clients call it.
    pub fn template(backend: impl Into<String>, uri_template: impl Into<String>) -> Self {
        Self::resource(backend, uri_template).with_kind(Kind::Template)
    }

    /// The same entry of another kind.
    #[must_use]
    pub const fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same entry under another exposed name.
    #[must_use]
    pub fn with_exposed(mut self, exposed: impl Into<String>) -> Self {
        self.exposed = exposed.into();
        self
    }

    /// The same entry with a title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same entry with a description.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The same entry with these hints.
    #[must_use]
    pub fn with_annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// The same entry with this definition; what else is known of it is put into it where it says nothing.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn with_definition(mut self, definition: serde_json::Value) -> Self {
        self.definition = Some(definition);
        self
    }

    /// The entry at this place in the host's list.
    #[cfg(target_family = "wasm")]
    pub(crate) const fn at(mut self, index: u32) -> Self {
        self.index = index;
        self
    }
}

/// Reading.
impl Entry {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The backend's name in the configuration.
    #[must_use]
    pub fn backend(&self) -> &str {
        &self.backend
    }

    /// What its backend calls it: a name, a URI, or the template of one. It never changes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name clients would see.
    #[must_use]
    pub fn exposed(&self) -> &str {
        self.edit.exposed.as_deref().unwrap_or(&self.exposed)
    }

    /// The title to show, if any.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        let own = self.edit.title.as_deref().or(self.title.as_deref());
        own.or(self.annotations.title.as_deref())
    }

    /// The description, if any.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.edit.description.as_deref().or(self.description.as_deref())
    }

    /// The hints; only tools have them.
    #[must_use]
    pub fn annotations(&self) -> Annotations {
        self.edit.annotations.or(&self.annotations)
    }

    /// The value at a JSON Pointer in its definition, a `Tool`, `Prompt`, `Resource` or `ResourceTemplate` of MCP; none
    /// if there is none. What [`set`](Self::set) and [`remove`](Self::remove) changed reads so.
    ///
    /// # Errors
    /// If `at` is no pointer, or the value is of another type.
    pub fn definition<T: DeserializeOwned>(&self, at: &str) -> Result<Option<T>> {
        change::check_pointer(at)?;
        let json = change::read(&self.edit.patches, at, |at| self.shown(at))?;
        let value = json.map(|json| serde_json::from_str(&json)).transpose();
        value.map_err(|error| Error::new(format!("`{at}`: {error}")))
    }

    /// Whether [`Entry::hide`] was called.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// Whether [`Entry::unlist`] was called.
    #[must_use]
    pub const fn is_unlisted(&self) -> bool {
        self.unlisted
    }
}

/// Changing.
impl Entry {
    /// Leaves it out: clients neither see nor can call it.
    pub const fn hide(&mut self) {
        self.hidden = true;
    }

    /// Leaves it out of the lists, but lets it be called: for tools that stand for others.
    pub const fn unlist(&mut self) {
        self.unlisted = true;
    }

    /// Gives it another name for clients: the whole of it, prefix included, and 1 to 128 characters of
    /// `[A-Za-z0-9_.-]`. The host leaves an entry out whose name is not, or is taken, and says so. Resources and
    /// templates keep their names: renaming one makes the hook fail.
    pub fn rename(&mut self, exposed: impl Into<String>) {
        if matches!(self.kind, Kind::Resource | Kind::Template) {
            let text = format!("`{}` is a {}, which cannot be renamed", self.name, self.kind);
            self.note(Error::new(text));
        }
        self.edit.exposed = Some(exposed.into());
    }

    /// Sets the title; also the one among the hints, if it has that.
    pub fn set_title(&mut self, title: impl Into<String>) {
        let title = title.into();
        if self.annotations.title.is_some() {
            self.edit.annotations.title = Some(title.clone());
        }
        self.edit.title = Some(title);
    }

    /// Sets the description.
    pub fn set_description(&mut self, description: impl Into<String>) {
        self.edit.description = Some(description.into());
    }

    /// Sets the hint that it does not change its environment.
    pub const fn set_read_only(&mut self, read_only: bool) {
        self.edit.annotations.read_only = Some(read_only);
    }

    /// Sets the hint that it may destroy something.
    pub const fn set_destructive(&mut self, destructive: bool) {
        self.edit.annotations.destructive = Some(destructive);
    }

    /// Sets the hint that the same call again changes nothing more.
    pub const fn set_idempotent(&mut self, idempotent: bool) {
        self.edit.annotations.idempotent = Some(idempotent);
    }

    /// Sets the hint that it deals with the world outside.
    pub const fn set_open_world(&mut self, open_world: bool) {
        self.edit.annotations.open_world = Some(open_world);
    }

    /// Sets what stands at a JSON Pointer in its definition, as [`Doc::set`](crate::Doc::set) does; after the changes
    /// above, and not what names it.
    pub fn set(&mut self, at: &str, value: impl Serialize) {
        match serde_json::to_string(&value) {
            Ok(json) => self.change(Change { at: at.to_owned(), json: Some(json) }),
            Err(error) => self.note(Error::new(format!("the value for `{at}`: {error}"))),
        }
    }

    /// Takes away what stands at a JSON Pointer in its definition; it must be there.
    pub fn remove(&mut self, at: &str) {
        self.change(Change { at: at.to_owned(), json: None });
    }

    fn change(&mut self, change: Change) {
        match change::check_pointer(&change.at) {
            Ok(()) => self.edit.patches.push(change),
            Err(error) => self.note(error),
        }
    }

    fn note(&self, mistake: Error) {
        self.mistake.borrow_mut().get_or_insert(mistake);
    }

    /// What is wrong with how the hook used it.
    pub(super) fn mistake(&self) -> Option<Error> {
        self.mistake.borrow().clone()
    }

    /// What differs from what the host said, if anything.
    pub(super) fn edit(&self) -> Option<EntryEdit> {
        let edit = EntryEdit {
            exposed: self.edit.exposed.clone().filter(|exposed| *exposed != self.exposed),
            title: changed(&self.edit.title, &self.title),
            description: changed(&self.edit.description, &self.description),
            annotations: self.edit.annotations.beyond(&self.annotations),
            patches: self.edit.patches.clone(),
        };
        (edit != EntryEdit::default()).then_some(edit)
    }
}

/// The definition as the host shows it.
impl Entry {
    #[cfg(target_family = "wasm")]
    fn shown(&self, at: &str) -> Result<Option<String>> {
        Ok(crate::guest::lent::definition(self.index, at))
    }

    #[cfg(not(target_family = "wasm"))]
    fn shown(&self, at: &str) -> Result<Option<String>> {
        let text = self.to_definition().to_string();
        Ok(crate::doc::text::find(&text, at)?.map(ToOwned::to_owned))
    }

    /// The definition that a test gives, and into it what else is known.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn to_definition(&self) -> serde_json::Value {
        let mut definition = crate::definition::of(self.kind, &self.name);
        let hints = &self.annotations;
        let annotations = serde_json::json!({
            "title": hints.title,
            "readOnlyHint": hints.read_only,
            "destructiveHint": hints.destructive,
            "idempotentHint": hints.idempotent,
            "openWorldHint": hints.open_world,
        });
        crate::definition::add(&mut definition, "title", self.title.clone());
        crate::definition::add(&mut definition, "description", self.description.clone());
        crate::definition::add(&mut definition, "annotations", Some(annotations));
        let given = self.definition.as_ref().and_then(serde_json::Value::as_object);
        for (member, value) in given.into_iter().flatten() {
            crate::definition::add(&mut definition, member, Some(value.clone()));
        }
        definition
    }
}

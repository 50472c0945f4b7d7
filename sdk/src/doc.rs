//! A document that hooks read and change by JSON Pointer; in a component its text stays in the host.

pub(crate) mod change;
mod edited;
mod shown;
pub(crate) mod text;

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};
pub use change::Change;
use edited::{Edited, Layer};
use shown::Shown;

/// A JSON document: the arguments of a call, its result, a notification's parameters.
///
/// In a component it stays in the host: each read is one call, and costs what it reads, whatever the size of
/// the rest. Changes are collected and handed back with the hook's answer; reads see them. A pointer that is
/// none (RFC 6901: empty, or starting with `/`) makes the hook fail, whatever it answers.
///
/// Under `cargo test` it holds its text: `Doc::from(json!({"path": "/tmp"}))`.
pub struct Doc {
    shown: Shown,
    /// What the hook changed. A plugin that changes nothing does not even hold the code that would do it.
    edited: Option<Box<dyn Layer>>,
    /// What is wrong with how the hook used it; the first counts.
    mistake: RefCell<Option<Error>>,
}

/// How a hook changed a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rewrite {
    /// This in its place.
    Replace(String),
    /// These changes, in order.
    Patch(Vec<Change>),
}

impl Doc {
    /// The length of its text in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        if self.is_changed() { self.text().len() } else { self.shown.size() }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_changed() { self.raw("").unwrap_or_default() } else { self.shown.text() }
    }

    /// The value at `at`; none if there is none.
    ///
    /// # Errors
    /// If `at` is no pointer, or the value is of another type.
    pub fn get<T: DeserializeOwned>(&self, at: &str) -> Result<Option<T>> {
        change::check_pointer(at)?;
        let Some(json) = self.raw(at) else { return Ok(None) };
        let value = serde_json::from_str(&json);
        value.map(Some).map_err(|error| Error::new(format!("`{at}`: {error}")))
    }

    /// The value at `at` if it is a string.
    #[must_use]
    pub fn str(&self, at: &str) -> Option<String> {
        self.checked(at)?;
        self.noted(match &self.edited {
            None => self.shown.string(at),
            Some(edited) => edited.string(&self.shown, at),
        })
    }

    /// The value at `at` as JSON text.
    #[must_use]
    pub fn raw(&self, at: &str) -> Option<String> {
        self.checked(at)?;
        self.noted(match &self.edited {
            None => self.shown.json(at),
            Some(edited) => edited.json(&self.shown, at),
        })
    }

    /// Several values as JSON text, in one call of the host.
    #[must_use]
    pub fn many(&self, at: &[&str]) -> Vec<Option<String>> {
        if self.is_changed() || at.iter().any(|at| self.checked(at).is_none()) {
            return at.iter().map(|at| self.raw(at)).collect();
        }
        let values = self.shown.many(at).map(Some);
        self.noted(values).unwrap_or_else(|| vec![None; at.len()])
    }

    /// The whole document, parsed. This costs more than reading a few values by their pointers.
    ///
    /// # Errors
    /// If it is no JSON.
    pub fn value(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.text())?)
    }

    /// Puts a value at `at`: in the place of what is there, as a new member of an object, or with `-` at the
    /// end of an array. What is to hold it must exist.
    pub fn set(&mut self, at: &str, value: impl Serialize) {
        match serde_json::to_string(&value) {
            Ok(json) => self.set_raw(at, json),
            Err(error) => self.note(Error::new(format!("the value for `{at}`: {error}"))),
        }
    }

    /// Puts a value at `at` that is JSON text already; see [`set`](Self::set).
    pub fn set_raw(&mut self, at: &str, json: impl Into<String>) {
        self.change(Change { at: at.to_owned(), json: Some(json.into()) });
    }

    /// Takes away what is at `at`; it must be there.
    pub fn remove(&mut self, at: &str) {
        self.change(Change { at: at.to_owned(), json: None });
    }

    /// Puts another document in its place.
    pub fn replace(&mut self, text: impl Into<String>) {
        self.edited = Some(Box::new(Edited::with(text.into())));
    }

    /// Whether the hook has changed it.
    #[must_use]
    pub const fn is_changed(&self) -> bool {
        self.edited.is_some()
    }

    fn change(&mut self, change: Change) {
        if self.checked(&change.at).is_some() {
            self.edited.get_or_insert_with(|| Box::<Edited>::default()).push(change);
        }
    }

    fn checked(&self, at: &str) -> Option<()> {
        change::check_pointer(at).map_err(|error| self.note(error)).ok()
    }

    /// What was read; a reason why it cannot be is kept.
    fn noted<T>(&self, read: Result<Option<T>>) -> Option<T> {
        read.unwrap_or_else(|error| {
            self.note(error);
            None
        })
    }

    fn note(&self, mistake: Error) {
        self.mistake.borrow_mut().get_or_insert(mistake);
    }

    /// What the hook did to it, if anything.
    pub(crate) fn finish(self) -> Result<Option<Rewrite>> {
        if let Some(mistake) = self.mistake.take() {
            return Err(mistake);
        }
        self.edited.map(|edited| edited.finish()).transpose()
    }

    const fn over(shown: Shown) -> Self {
        Self { shown, edited: None, mistake: RefCell::new(None) }
    }

    /// What the host shows to the hook under way.
    #[cfg(target_family = "wasm")]
    pub(crate) const fn shown() -> Self {
        Self::over(Shown)
    }
}

impl fmt::Debug for Doc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

#[cfg(not(target_family = "wasm"))]
impl Doc {
    /// A document of this text, for tests.
    ///
    /// # Errors
    /// If the text is no JSON.
    pub fn new(text: &str) -> Result<Self> {
        serde_json::from_str::<serde::de::IgnoredAny>(text)?;
        Ok(Self::over(Shown(text.to_owned())))
    }
}

#[cfg(not(target_family = "wasm"))]
impl From<Value> for Doc {
    fn from(value: Value) -> Self {
        Self::over(Shown(value.to_string()))
    }
}

#[cfg(test)]
mod tests;

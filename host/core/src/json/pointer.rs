//! JSON Pointers (RFC 6901) into JSON that stays bytes: finding a value, and changing a few without touching the rest.

mod scan;

use std::borrow::Cow;
use std::fmt;

use super::Raw;
use scan::{Found, find};

/// A path to a value within a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Pointer {
    text: Box<str>,
    tokens: Box<[Box<str>]>,
}

/// Steps that a pointer may have: no message is nested deeper.
const STEPS: usize = 128;
/// Bytes that the changes to one document may go over.
pub const WORK: usize = 256 << 20;

/// Why a text is no pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It is written in another way.
    #[error(
        "`{0}` is no JSON Pointer: it is empty or starts with `/`, and `~` is followed by 0 or 1"
    )]
    Form(String),
    /// It leads deeper than documents go.
    #[error("a JSON Pointer has at most {STEPS} steps, and this one has more")]
    Deep,
}

/// A document that two readers could read differently on the way of a pointer, because it names a member twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document names `{0}` twice in one object")]
pub struct Ambiguous(pub String);

/// One change to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch {
    /// Put a value in the place of what is there, as a new member of an object, or with `-` at an array's end.
    Set(Pointer, Raw),
    /// Take away what is there.
    Remove(Pointer),
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// What it goes to, or what would hold it, is not there.
    #[error("there is nothing at `{0}`")]
    Nothing(Pointer),
    /// The document can be read in two ways.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// The whole document cannot be taken away.
    #[error("a document cannot be removed from itself")]
    Whole,
    /// It would take too long.
    #[error("the patches go over more than {} MiB in all; replace the whole instead", WORK >> 20)]
    Work,
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// If it does not start with `/`, holds a `~` that escapes nothing, or has more than 128 steps.
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        let wrong = || PointerError::Form(text.to_owned());
        let tokens = match text.strip_prefix('/') {
            None if text.is_empty() => Box::default(),
            None => return Err(wrong()),
            Some(rest) => rest
                .split('/')
                .map(|token| unescape(token).map(|token| token.into_owned().into()))
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
        };
        let tokens: Box<[Box<str>]> = tokens;
        if tokens.len() > STEPS {
            return Err(PointerError::Deep);
        }
        Ok(Self { text: text.into(), tokens })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

fn unescape(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(Cow::Borrowed(token));
    }
    let mut text = String::with_capacity(token.len());
    let mut parts = token.split('~');
    text.push_str(parts.next()?);
    for part in parts {
        let (sign, rest) = part
            .strip_prefix('0')
            .map(|rest| ('~', rest))
            .or_else(|| part.strip_prefix('1').map(|rest| ('/', rest)))?;
        text.push(sign);
        text.push_str(rest);
    }
    Some(Cow::Owned(text))
}

impl Raw {
    /// The value that a pointer leads to, sharing the document's memory.
    ///
    /// # Errors
    /// If an object on the way names a member twice.
    pub fn at(&self, pointer: &Pointer) -> Result<Option<Self>, Ambiguous> {
        let mut at = self.clone();
        for token in &pointer.tokens {
            match find(at.as_bytes(), token)? {
                Some(Found { value, .. }) => at = Self(at.0.slice(value)),
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }
}

/// Makes all of these changes in order, or none.
///
/// # Errors
/// The first change that cannot be made, or that would make all of them go over more than [`WORK`].
pub fn patch(document: &Raw, patches: &[Patch]) -> Result<Raw, PatchError> {
    let mut document = document.clone();
    let mut left = WORK;
    for patch in patches {
        left = left.checked_sub(document.as_bytes().len()).ok_or(PatchError::Work)?;
        document = match patch {
            Patch::Set(pointer, value) => change(&document, pointer, &pointer.tokens, Some(value))?,
            Patch::Remove(pointer) if pointer.tokens.is_empty() => return Err(PatchError::Whole),
            Patch::Remove(pointer) => change(&document, pointer, &pointer.tokens, None)?,
        };
    }
    Ok(document)
}

/// The document with the value at `tokens` replaced, added, or (`None`) removed; all other bytes stay.
fn change(
    document: &Raw,
    pointer: &Pointer,
    tokens: &[Box<str>],
    value: Option<&Raw>,
) -> Result<Raw, PatchError> {
    let nothing = || PatchError::Nothing(pointer.clone());
    let Some((token, rest)) = tokens.split_first() else {
        return value.cloned().ok_or(PatchError::Whole);
    };
    let bytes = document.as_bytes();
    let splice = |from: usize, to: usize, middle: &[u8]| {
        let before = bytes.get(..from).unwrap_or_default();
        let after = bytes.get(to..).unwrap_or_default();
        Raw([before, middle, after].concat().into())
    };
    match find(bytes, token)? {
        Some(found) if rest.is_empty() && value.is_none() => {
            Ok(splice(found.whole.start, found.whole.end, b""))
        }
        Some(found) => {
            let inner = Raw(document.0.slice(found.value.clone()));
            let inner = change(&inner, pointer, rest, value)?;
            Ok(splice(found.value.start, found.value.end, inner.as_bytes()))
        }
        None => {
            let value = value.filter(|_| rest.is_empty()).ok_or_else(nothing)?;
            add(document, token, value).ok_or_else(nothing)
        }
    }
}

/// The container with one thing more at its end: a member of an object, or what `-` names in an array.
fn add(container: &Raw, token: &str, value: &Raw) -> Option<Raw> {
    if let Ok(mut object) = container.object() {
        object.set(token, value.clone());
        return Some(object.to_raw());
    }
    let mut elements = container.elements().ok().filter(|_| token == "-")?;
    elements.push(value.clone());
    let mut text = vec![b'['];
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.extend_from_slice(element.as_bytes());
    }
    text.push(b']');
    Some(Raw(text.into()))
}

#[cfg(test)]
mod tests;

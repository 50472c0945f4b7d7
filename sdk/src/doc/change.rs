//! Changes to a document: what a pointer must look like, what a read sees of them, and making them.

use serde_json::Value;

use crate::{Error, Result};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where: a JSON Pointer.
    pub at: String,
    /// The JSON text to put there; none: take away what is there.
    pub json: Option<String>,
}

/// Whether this is a JSON Pointer (RFC 6901).
pub(crate) fn check_pointer(at: &str) -> Result<()> {
    let escapes = || at.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if (at.is_empty() || at.starts_with('/')) && escapes() {
        return Ok(());
    }
    Err(Error::new(format!(
        "`{at}` is no JSON Pointer: it is empty or starts with `/`, and `~` is followed by 0 or 1"
    )))
}

/// The value at `at` after these changes, as JSON text. `base` reads what was there before; what no change
/// touches is read in one go, and of the rest only the part that they touch.
pub(crate) fn read(
    changes: &[Change],
    at: &str,
    base: impl Fn(&str) -> Result<Option<String>>,
) -> Result<Option<String>> {
    let mut root = at;
    loop {
        let above = changes.iter().map(Change::touched).find(|touched| within(root, touched));
        match above.filter(|above| above.len() < root.len()) {
            Some(above) => root = above,
            None => break,
        }
    }
    let mut touching = changes.iter().filter(|change| within(change.touched(), root)).peekable();
    if touching.peek().is_none() {
        return base(at);
    }
    let mut value = base(root)?.and_then(|json| serde_json::from_str(&json).ok());
    let below = |at: &str| at.strip_prefix(root).unwrap_or_default().to_owned();
    for change in touching {
        // What cannot be made is reported where all changes are made, by the host.
        let _ = apply(&mut value, &below(&change.at), change);
    }
    let found = value.as_ref().and_then(|value| value.pointer(&below(at)));
    Ok(found.map(Value::to_string))
}

/// The document after all of these changes.
///
/// # Errors
/// If it is no JSON, or the first change that cannot be made.
pub(crate) fn apply_all(text: &str, changes: &[Change]) -> Result<Value> {
    let mut value = Some(serde_json::from_str(text)?);
    for change in changes {
        apply(&mut value, &change.at, change)?;
    }
    value.ok_or_else(|| Error::new("a document cannot be removed from itself"))
}

impl Change {
    /// What may read differently after it: where it is, or if it moves the elements of an array, all of that.
    fn touched(&self) -> &str {
        match self.at.rsplit_once('/') {
            Some((array, "-")) => array,
            Some((array, index)) if self.json.is_none() && is_index(index) => array,
            _ => &self.at,
        }
    }
}

/// Whether `at` is `root` or something in it.
fn within(at: &str, root: &str) -> bool {
    at.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn is_index(token: &str) -> bool {
    token == "0"
        || !token.starts_with('0')
            && !token.is_empty()
            && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// Makes one change to the value that stands at the root of `path`.
fn apply(root: &mut Option<Value>, path: &str, change: &Change) -> Result<()> {
    let nothing = || Error::new(format!("there is nothing at `{}`", change.at));
    let new: Option<Value> =
        change.json.as_deref().map(serde_json::from_str).transpose().map_err(|error| {
            Error::new(format!("the value for `{}` is no JSON: {error}", change.at))
        })?;
    let Some((parent, token)) = path.rsplit_once('/') else {
        *root = new;
        return Ok(());
    };
    let parent = root.as_mut().and_then(|root| root.pointer_mut(parent)).ok_or_else(nothing)?;
    let token = token.replace("~1", "/").replace("~0", "~");
    match (parent, new) {
        (Value::Object(members), Some(new)) => {
            members.insert(token, new);
        }
        (Value::Object(members), None) => {
            members.remove(&token).ok_or_else(nothing)?;
        }
        (Value::Array(elements), Some(new)) if token == "-" => elements.push(new),
        (Value::Array(elements), new) => {
            let index = Some(token).filter(|token| is_index(token));
            let index: usize = index.and_then(|token| token.parse().ok()).ok_or_else(nothing)?;
            let element = elements.get_mut(index).ok_or_else(nothing)?;
            match new {
                Some(new) => *element = new,
                None => drop(elements.remove(index)),
            }
        }
        _ => return Err(nothing()),
    }
    Ok(())
}

#[cfg(test)]
mod tests;

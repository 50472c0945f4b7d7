//! Where the rest of results is kept: in the plugin's key-value store, under handles that nobody can guess, for whoever
//! made the call.

use std::time::Duration;

use mcpmux_sdk::{Call, Result, kv, random};

use crate::config::Settings;
use crate::cut;

/// The key-value store; the host's, or one of a test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Store {
    pub(crate) get: fn(&str) -> Option<String>,
    pub(crate) set: fn(&str, &str, Option<Duration>) -> Result<()>,
    pub(crate) delete: fn(&str),
    pub(crate) increment: fn(&str, i64, Option<Duration>) -> Result<i64>,
    pub(crate) random: fn(u32) -> Vec<u8>,
}

impl Store {
    /// The host's.
    pub(crate) const HOST: Self = Self {
        get: kv::get,
        set: kv::set,
        delete: kv::delete,
        increment: kv::increment,
        random: random::bytes,
    };
}

/// Whose a result is: who is not the same gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Owner {
    principal: Option<String>,
    space: Option<String>,
}

impl Owner {
    pub(crate) fn of(call: &Call) -> Self {
        Self { principal: call.client.principal.clone(), space: call.client.space.clone() }
    }
}

/// A text that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What to read it by.
    pub(crate) handle: String,
    /// How much of it is kept, in bytes.
    pub(crate) bytes: usize,
}

/// The store, as far as this plugin uses it.
#[derive(Debug)]
pub(crate) struct Shelf<'a> {
    store: &'a Store,
    settings: &'a Settings,
}

/// Texts are numbered, and this counts them.
const LAST: &str = "last";
/// The number of the oldest that was not thrown out for want of room.
const FIRST: &str = "first";
/// How many old texts make room for one new one.
const MOST_THROWN_OUT: usize = 64;
/// Random bytes in a handle.
const RANDOM: u32 = 16;

/// What stands before a text in the store, on a line of its own.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Label {
    secret: String,
    owner: Owner,
}

impl<'a> Shelf<'a> {
    pub(crate) const fn new(store: &'a Store, settings: &'a Settings) -> Self {
        Self { store, settings }
    }

    /// Keeps a text, or its beginning if it is longer than what may be kept of one. The oldest texts make room for it.
    ///
    /// # Errors
    /// Why it cannot be kept.
    pub(crate) fn keep(&self, owner: &Owner, text: &str) -> Result<Kept> {
        let bytes = cut::at_char(text, self.settings.keep_bytes);
        let secret: String =
            (self.store.random)(RANDOM).iter().map(|byte| format!("{byte:02x}")).collect();
        let label = Label { secret: secret.clone(), owner: owner.clone() };
        let label = serde_json::to_string(&label)?;
        let value = format!("{label}\n{}", text.get(..bytes).unwrap_or_default());
        let number = (self.store.increment)(LAST, 1, None)?;
        let mut thrown_out = 0;
        while let Err(error) = (self.store.set)(&key(number), &value, Some(self.settings.keep)) {
            let oldest = (self.store.increment)(FIRST, 1, None)?;
            if oldest >= number || thrown_out == MOST_THROWN_OUT {
                return Err(error);
            }
            (self.store.delete)(&key(oldest));
            thrown_out += 1;
        }
        Ok(Kept { handle: format!("{number}-{secret}"), bytes })
    }

    /// The text of a handle, if it is still there and this owner's.
    pub(crate) fn text(&self, owner: &Owner, handle: &str) -> Option<String> {
        let (number, secret) = handle.split_once('-')?;
        let mut value = (self.store.get)(&key(number.parse().ok()?))?;
        let (label, _) = value.split_once('\n')?;
        let length = label.len();
        let label: Label = serde_json::from_str(label).ok()?;
        if label.secret != secret || label.owner != *owner {
            return None;
        }
        value.drain(..=length);
        Some(value)
    }
}

fn key(number: i64) -> String {
    format!("rest:{number}")
}

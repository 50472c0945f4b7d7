//! State that outlives an instance and a swap of the plugin, though not mcpmux; each plugin has its own. Needs the
//! grant `kv`.

use std::time::Duration;

use crate::{Error, Result};

#[cfg(target_family = "wasm")]
use super::wit::kv as wit;

/// The value under a key.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    #[cfg(target_family = "wasm")]
    return wit::get(key);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().kv_get(key);
}

/// Keeps a value for so long (at most about 49 days); `None`: for good.
///
/// # Errors
/// If the plugin's quota would be exceeded.
pub fn set(key: &str, value: &str, time: Option<Duration>) -> Result<()> {
    #[cfg(target_family = "wasm")]
    return wit::set(key, value, time.map(super::millis)).map_err(Error::new);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().kv_set(key, value, time).map_err(Error::new);
}

/// Forgets a key.
pub fn delete(key: &str) {
    #[cfg(target_family = "wasm")]
    wit::delete(key);
    #[cfg(not(target_family = "wasm"))]
    super::native::current().kv_delete(key);
}

/// Adds to the number under a key, from 0 if there is none, in one step; returns the sum. The time counts from the
/// first increment.
///
/// # Errors
/// If what is there is no number, or the quota would be exceeded.
pub fn increment(key: &str, by: i64, time: Option<Duration>) -> Result<i64> {
    #[cfg(target_family = "wasm")]
    return wit::increment(key, by, time.map(super::millis)).map_err(Error::new);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().kv_increment(key, by, time).map_err(Error::new);
}

//! Stand-ins for the host's services under `cargo test`.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::iter;

use super::Level;

thread_local! {
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a line for the test kit.
pub(super) fn log(level: Level, message: &str) {
    LINES.with_borrow_mut(|lines| lines.push((level, message.to_owned())));
}

/// The lines this thread logged since it was last asked.
pub(crate) fn take_log() -> Vec<(Level, String)> {
    LINES.take()
}

/// Bytes from the seeds that the standard library draws for its maps.
pub(super) fn bytes(count: u32) -> Vec<u8> {
    let words = iter::repeat_with(|| RandomState::new().hash_one(()));
    words.flat_map(u64::to_le_bytes).take(count.min(1024) as usize).collect()
}

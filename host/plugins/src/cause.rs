//! Why a guest ended, in words for people.

use std::time::Duration;

use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::limiter::{Bounds, size};
use crate::limits::Allowance;

/// How wasmtime's error begins when a guest hands over more than it may; it has no type of its own that could be
/// asked for.
const TOO_MUCH: &str = "too much data is being copied";

/// Says why a guest ended; `allowance` is what it might take, `last_words` what it last wrote to its
/// standard error.
pub(crate) fn say(
    error: &wasmtime::Error,
    bounds: &Bounds,
    allowance: Option<Allowance>,
    last_words: &str,
) -> String {
    if let Some(refused) = bounds.refused() {
        return refused.to_owned();
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return with(format!("it exited with status {}", exit.0), last_words);
    }
    match (error.downcast_ref::<Trap>(), allowance) {
        (Some(Trap::Interrupt), Some(allowance)) => too_long(allowance.time),
        (Some(trap), _) => {
            let trap = trap.to_string();
            let trap = trap.strip_prefix("wasm trap: ").unwrap_or(&trap);
            with(format!("it trapped: {trap}"), last_words)
        }
        (None, allowance) => {
            let cause = error.root_cause().to_string();
            match allowance.filter(|_| cause.starts_with(TOO_MUCH)) {
                Some(allowance) => too_much(allowance.output),
                None => with(cause, last_words),
            }
        }
    }
}

/// Whether a guest ended because its time or its memory did.
pub(crate) fn is_exhaustion(error: &wasmtime::Error, bounds: &Bounds) -> bool {
    bounds.refused().is_some() || matches!(error.downcast_ref::<Trap>(), Some(Trap::Interrupt))
}

/// It took more time than it may.
pub(crate) fn too_long(time: Duration) -> String {
    format!("it ran longer than {time:?} and was stopped")
}

/// It returned more, or handed the host more at once, than it may.
fn too_much(output: usize) -> String {
    format!("it returned more than its limit of {} and was stopped", size(output))
}

pub(crate) fn with(cause: String, last_words: &str) -> String {
    if last_words.is_empty() { cause } else { format!("{cause} (it last said: {last_words})") }
}

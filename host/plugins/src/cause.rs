//! Why a guest ended, in words for people.

use std::time::Duration;

use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::limiter::Bounds;

/// Says why a guest ended; `budget` is how long it might run, `last_words` what it last wrote to its
/// standard error.
pub(crate) fn say(
    error: &wasmtime::Error,
    bounds: &Bounds,
    budget: Option<Duration>,
    last_words: &str,
) -> String {
    if let Some(refused) = bounds.refused() {
        return refused.to_owned();
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return with(format!("it exited with status {}", exit.0), last_words);
    }
    match (error.downcast_ref::<Trap>(), budget) {
        (Some(Trap::Interrupt), Some(budget)) => {
            format!("it ran longer than {budget:?} and was stopped")
        }
        (Some(trap), _) => {
            let trap = trap.to_string();
            let trap = trap.strip_prefix("wasm trap: ").unwrap_or(&trap);
            with(format!("it trapped: {trap}"), last_words)
        }
        (None, _) => with(error.root_cause().to_string(), last_words),
    }
}

pub(crate) fn with(cause: String, last_words: &str) -> String {
    if last_words.is_empty() { cause } else { format!("{cause} (it last said: {last_words})") }
}

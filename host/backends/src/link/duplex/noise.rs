//! Lines of a backend that are no messages: skipped, counted, and warned about once if there are many.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::names::BackendName;
use tracing::{debug, warn};

/// How much of a line is logged.
const SHOWN: usize = 200;
/// This many lines within the window are worth a warning.
const MANY: u32 = 20;
/// The window.
const WINDOW: Duration = Duration::from_secs(10);

/// Counts them.
pub(crate) struct Noise {
    backend: BackendName,
    heard: Mutex<Heard>,
}

struct Heard {
    since: Instant,
    count: u32,
    warned: bool,
}

impl Noise {
    /// Nothing heard yet.
    pub(crate) fn new(backend: BackendName) -> Self {
        let heard = Heard { since: Instant::now(), count: 0, warned: false };
        Self { backend, heard: Mutex::new(heard) }
    }

    /// A line was no message.
    pub(crate) fn heard(&self, line: &[u8]) {
        let shown = line.get(..SHOWN).unwrap_or(line);
        debug!(backend = %self.backend, line = ?String::from_utf8_lossy(shown), "skipped a line that is no message");
        if self.count() {
            warn!(
                backend = %self.backend,
                "it writes to its standard output what is no message; logs belong on standard error"
            );
        }
    }

    /// Whether it is time to warn.
    fn count(&self) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.since.elapsed() > WINDOW {
            (heard.since, heard.count) = (Instant::now(), 0);
        }
        heard.count += 1;
        heard.count >= MANY && !std::mem::replace(&mut heard.warned, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_are_warned_about_once() {
        let noise = Noise::new(BackendName::new("b").unwrap());
        let warnings = (0..100).filter(|_| noise.count()).count();
        assert_eq!(warnings, 1);
    }
}

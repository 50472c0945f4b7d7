//! What a backend writes to its standard error: always drained, logged line by line, the last of it kept.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mcpmux_core::names::BackendName;
use mcpmux_protocol::lines::{Line, Lines};
use tracing::debug;

/// The longest line; longer ones are left out.
const LINE: usize = 8 << 10;
/// How many bytes are kept.
const KEPT: usize = 64 << 10;
/// How many lines a message quotes.
const QUOTED: usize = 5;

/// The drain of one backend.
pub(crate) struct Stderr {
    backend: BackendName,
    state: Mutex<State>,
}

struct State {
    lines: Lines,
    kept: VecDeque<String>,
    size: usize,
}

impl Stderr {
    /// Nothing said yet.
    pub(crate) fn new(backend: BackendName) -> Self {
        let state = State { lines: Lines::new(LINE), kept: VecDeque::new(), size: 0 };
        Self { backend, state: Mutex::new(state) }
    }

    /// It wrote something.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.lines.buffer().extend_from_slice(bytes);
        while let Some(line) = state.lines.next_line() {
            let text = match line {
                Line::Whole(line) => String::from_utf8_lossy(&line).into_owned(),
                Line::TooLong => format!("<a line over {LINE} bytes>"),
            };
            debug!(backend = %self.backend, line = ?text, "stderr");
            state.keep(text);
        }
    }

    /// The last lines, for a message.
    pub(crate) fn tail(&self) -> String {
        let state = self.lock();
        let first = state.kept.len().saturating_sub(QUOTED);
        let lines: Vec<&str> = state.kept.iter().skip(first).map(String::as_str).collect();
        lines.join("\n")
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, line: String) {
        self.size += line.len();
        self.kept.push_back(line);
        while self.size > KEPT {
            self.size -= self.kept.pop_front().map_or(self.size, |line| line.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_bounded_and_its_end_is_kept() {
        let stderr = Stderr::new(BackendName::new("b").unwrap());
        for number in 0..10_000 {
            stderr.push(format!("line {number} {}\n", "x".repeat(100)).as_bytes());
        }
        stderr.push(&[b'y'; LINE + 1]);
        stderr.push(b"\nlast\n");
        assert!(stderr.lock().size <= KEPT);
        let tail = stderr.tail();
        assert!(tail.starts_with("line 9997 "), "{tail}");
        assert!(tail.ends_with("<a line over 8192 bytes>\nlast"), "{tail}");
    }
}

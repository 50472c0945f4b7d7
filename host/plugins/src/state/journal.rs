//! A plugin's log: what it writes to mcpmux's log and to its standard streams, so much per call.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::names::PluginName;

use crate::pipe::Sink;

/// Lines that one call may log; the rest is dropped, and the log says so.
const LOG_LINES: u32 = 100;
/// Characters of a line that are logged.
const LOG_LINE: usize = 2_000;

/// Writes what a plugin says to the log: so much per call, in lines, under its name.
#[derive(Clone)]
pub(crate) struct Journal {
    plugin: PluginName,
    left: Arc<AtomicU32>,
    last_words: Arc<Mutex<String>>,
}

impl Journal {
    pub(super) fn new(plugin: &PluginName) -> Self {
        let left = Arc::new(AtomicU32::new(LOG_LINES));
        Self { plugin: plugin.clone(), left, last_words: Arc::default() }
    }

    /// A call begins: it has its own share of lines, and no last words yet.
    pub(crate) fn begin(&self) {
        self.left.store(LOG_LINES, Ordering::Relaxed);
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What the plugin last wrote to its standard error in this call.
    pub(crate) fn last_words(&self) -> String {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Logs a line, if the call has any left. It cannot forge another one: what would end a line is escaped.
    pub(crate) fn write(&self, level: tracing::Level, line: &str) {
        let plugin = &self.plugin;
        match self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        {
            Err(_) => return,
            Ok(1) => {
                tracing::warn!(target: "plugin", %plugin, "it logs too much; the rest of this call is dropped");
                return;
            }
            Ok(_) => {}
        }
        let line: String = line.trim_end().chars().take(LOG_LINE).flat_map(shown).collect();
        match level {
            tracing::Level::ERROR => tracing::error!(target: "plugin", %plugin, "{line}"),
            tracing::Level::WARN => tracing::warn!(target: "plugin", %plugin, "{line}"),
            tracing::Level::INFO => tracing::info!(target: "plugin", %plugin, "{line}"),
            tracing::Level::DEBUG => tracing::debug!(target: "plugin", %plugin, "{line}"),
            tracing::Level::TRACE => tracing::trace!(target: "plugin", %plugin, "{line}"),
        }
    }

    /// A standard stream, written to the log line by line; a line ends with the write at the latest.
    pub(super) fn sink(&self, stderr: bool) -> Sink {
        let journal = self.clone();
        let level = if stderr { tracing::Level::WARN } else { tracing::Level::INFO };
        Sink::new(move |bytes| {
            for line in
                String::from_utf8_lossy(bytes).lines().filter(|line| !line.trim().is_empty())
            {
                if stderr {
                    journal.remember(line);
                }
                journal.write(level, line);
            }
        })
    }

    /// Keeps a line as the last words; Rust's advice about backtraces is none.
    fn remember(&self, line: &str) {
        if line.starts_with("note: ") {
            return;
        }
        let mut last = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        *last = line.chars().take(LOG_LINE).collect();
    }
}

/// A character as it can stand in the log.
fn shown(character: char) -> impl Iterator<Item = char> {
    let escape = character.is_control() && character != '\t';
    let escaped = escape.then(|| character.escape_default());
    let plain = (!escape).then_some(character);
    escaped.into_iter().flatten().chain(plain)
}

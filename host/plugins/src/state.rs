//! What belongs to one live plugin instance on the host's side: its bounds, an empty WASI context, its log.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::names::PluginName;
use wasmtime_wasi::{
    Deterministic, HostWallClock, ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
};

use crate::limiter::Bounds;
use crate::pipe::{Queue, Sink, Source};

/// Lines that one call may log; the rest is dropped, and the log says so.
const LOG_LINES: u32 = 100;
/// Characters of a line that are logged.
const LOG_LINE: usize = 2_000;
/// Handles to host resources that an instance may hold.
const HANDLES: usize = 1_000;
/// Random bytes that WASI gives at once.
const RANDOM_BYTES: u64 = 64 << 10;

/// The host's side of an instance.
pub(crate) struct State {
    /// Its memory.
    pub(crate) bounds: Bounds,
    /// Its log.
    pub(crate) journal: Journal,
    /// When it was made; its monotonic clock counts from here.
    pub(crate) born: Instant,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    /// For a plugin with these grants.
    ///
    /// WASI gives nothing that a grant is asked for: without `clock` its wall clock stands at 1970,
    /// without `random` all its random numbers are the same fixed sequence (so a Rust `HashMap` works but
    /// is not seeded). The monotonic clock counts from the instance's start; the standard library needs it.
    pub(crate) fn new(plugin: &PluginName, granted: &[String], memory: usize) -> Self {
        let journal = Journal::new(plugin);
        let has = |grant: &str| granted.iter().any(|given| given == grant);
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdin(Source(Arc::new(Queue::closed())))
            .stdout(journal.sink(false))
            .stderr(journal.sink(true))
            .max_random_size(RANDOM_BYTES);
        if !has("clock") {
            wasi.wall_clock(Stopped);
        }
        if !has("random") {
            let fixed = || Deterministic::new((0..=u8::MAX).collect());
            wasi.secure_random(fixed()).insecure_random(fixed()).insecure_random_seed(0);
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let bounds = Bounds::new(memory);
        Self { bounds, journal, born: Instant::now(), wasi: wasi.build(), table }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A wall clock that always says 1970-01-01.
struct Stopped;

impl HostWallClock for Stopped {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

/// Writes what a plugin says to the log: so much per call, in lines, under its name.
#[derive(Clone)]
pub(crate) struct Journal {
    plugin: PluginName,
    left: Arc<AtomicU32>,
    last_words: Arc<Mutex<String>>,
}

impl Journal {
    fn new(plugin: &PluginName) -> Self {
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

    /// Logs a line, if the call has any left.
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
        let line: String = line.chars().take(LOG_LINE).collect();
        match level {
            tracing::Level::ERROR => tracing::error!(target: "plugin", %plugin, "{line}"),
            tracing::Level::WARN => tracing::warn!(target: "plugin", %plugin, "{line}"),
            tracing::Level::INFO => tracing::info!(target: "plugin", %plugin, "{line}"),
            tracing::Level::DEBUG => tracing::debug!(target: "plugin", %plugin, "{line}"),
            tracing::Level::TRACE => tracing::trace!(target: "plugin", %plugin, "{line}"),
        }
    }

    /// A standard stream, written to the log line by line; a line ends with the write at the latest.
    fn sink(&self, stderr: bool) -> Sink {
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

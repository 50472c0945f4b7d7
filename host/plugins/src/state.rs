//! What belongs to one live plugin instance on the host's side: its bounds, an empty WASI context, its log, and
//! what the call under way may read and do.

mod journal;
mod visit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime_wasi::{
    Deterministic, HostWallClock, ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
};

use crate::limiter::Bounds;
use crate::pipe::{Queue, Source};
use crate::rights::Rights;

pub(crate) use journal::Journal;
pub(crate) use visit::{Around, Visit};

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
    /// What it was granted.
    pub(crate) rights: Arc<Rights>,
    /// The call under way.
    pub(crate) visit: Visit,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    /// For an instance with these rights.
    ///
    /// WASI gives nothing that a grant is asked for: without `clock` its wall clock stands at 1970,
    /// without `random` all its random numbers are the same fixed sequence (so a Rust `HashMap` works but
    /// is not seeded). The monotonic clock counts from the instance's start; the standard library needs it.
    pub(crate) fn new(rights: Arc<Rights>, memory: usize) -> Self {
        let journal = Journal::new(rights.plugin());
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdin(Source(Arc::new(Queue::closed())))
            .stdout(journal.sink(false))
            .stderr(journal.sink(true))
            .max_random_size(RANDOM_BYTES);
        if !rights.has("clock") {
            wasi.wall_clock(Stopped);
        }
        if !rights.has("random") {
            let fixed = || Deterministic::new((0..=u8::MAX).collect());
            wasi.secure_random(fixed()).insecure_random(fixed()).insecure_random_seed(0);
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            bounds: Bounds::new(memory),
            journal,
            born: Instant::now(),
            rights,
            visit: Visit::default(),
            wasi: wasi.build(),
            table,
        }
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

//! The one wasmtime engine, and the clock that lets it stop a guest. What is run in it lives elsewhere.

mod ticker;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::{Config, OptLevel};

pub(crate) use ticker::Running;
use ticker::{TICK, Ticker};

/// Compiles and runs guests. Cheap to clone; the clones are one engine.
///
/// Instances are allocated on demand, not from a pool: a pool has a fixed number of places for every
/// kind of thing (instances, memories, tables), which a component from another language can overrun, and
/// what it saves, some 50 microseconds per instance, is paid here only after a trap, as instances are reused.
#[derive(Clone)]
pub struct Engine {
    wasm: wasmtime::Engine,
    ticker: Arc<Ticker>,
}

/// Why there is no engine: this machine lacks something that wasmtime needs.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the WebAssembly engine: {0}")]
pub struct EngineError(String);

impl Engine {
    /// Starts the engine and its clock, a thread that sleeps while no guest runs and ends with the
    /// engine's last clone.
    ///
    /// # Errors
    /// If the machine cannot run wasmtime's code, or no thread can be started.
    pub fn new() -> Result<Self, EngineError> {
        let mut config = Config::new();
        config
            .cranelift_opt_level(OptLevel::Speed)
            .epoch_interruption(true)
            .memory_init_cow(true)
            .concurrency_support(false)
            .wasm_memory64(false);
        let wasm =
            wasmtime::Engine::new(&config).map_err(|error| EngineError(format!("{error:#}")))?;
        let ticker = Ticker::start(wasm.clone()).map_err(|error| EngineError(error.to_string()))?;
        Ok(Self { wasm, ticker: Arc::new(ticker) })
    }

    /// The engine itself.
    pub(crate) const fn wasm(&self) -> &wasmtime::Engine {
        &self.wasm
    }

    /// Keeps the clock ticking while the value lives.
    pub(crate) fn enter(&self) -> Running<'_> {
        self.ticker.enter()
    }

    /// Keeps the clock ticking whenever this future is being polled.
    pub(crate) fn ticking<F: Future>(&self, future: F) -> Ticking<F> {
        Ticking { engine: self.clone(), future: Box::pin(future) }
    }

    /// How many ticks of the clock make up at least this time.
    pub(crate) fn ticks(time: Duration) -> u64 {
        let ticks = time.as_nanos().div_ceil(TICK.as_nanos());
        // The tick under way may be nearly over.
        u64::try_from(ticks).unwrap_or(u64::MAX / 2).min(u64::MAX / 2) + 1
    }
}

/// See [`Engine::ticking`].
pub(crate) struct Ticking<F> {
    engine: Engine,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Ticking<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let _running = this.engine.enter();
        this.future.as_mut().poll(context)
    }
}

//! The one wasmtime engine: its code, compiled once, and the clock that lets it stop a guest. What is run in it
//! lives elsewhere.

mod cache;
mod ticker;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, OptLevel};

use crate::state::State;
use crate::{v0_1, v0_2, wasi};

use cache::Cache;
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
    linker: Arc<Linker<State>>,
    cache: Option<Arc<Cache>>,
}

/// Why there is no engine: this machine lacks something that wasmtime needs.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the WebAssembly engine: {0}")]
pub struct EngineError(String);

impl Engine {
    /// Starts the engine and its clock, a thread that sleeps while no guest runs and ends with the
    /// engine's last clone. Compiled code is kept in the folder `cache`, which is made if it is not there, and
    /// has to be ours alone; `None`: all is compiled each time.
    ///
    /// # Errors
    /// If the machine cannot run wasmtime's code, or no thread can be started. A cache that cannot be used is
    /// none: the log says why.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let mut config = Config::new();
        config
            .cranelift_opt_level(OptLevel::Speed)
            .epoch_interruption(true)
            .memory_init_cow(true)
            .concurrency_support(false)
            .wasm_memory64(false);
        let wasm =
            wasmtime::Engine::new(&config).map_err(|error| EngineError(format!("{error:#}")))?;
        let mut linker = Linker::new(&wasm);
        wasi::link(&mut linker)
            .and_then(|()| v0_1::link(&mut linker))
            .and_then(|()| v0_2::link(&mut linker))
            .map_err(|error| EngineError(format!("{error:#}")))?;
        let ticker = Ticker::start(wasm.clone()).map_err(|error| EngineError(error.to_string()))?;
        let cache = cache.map(|folder| Arc::new(Cache::new(folder, &wasm)));
        Ok(Self { wasm, ticker: Arc::new(ticker), linker: Arc::new(linker), cache })
    }

    /// The code of a component with this SHA-256: from the cache, or compiled and kept there. Compiling takes up
    /// to a second for a component made from Rust, and a minute for one with an interpreter in it.
    ///
    /// # Errors
    /// The compiler's, if it is no valid component.
    pub(crate) fn compile(&self, bytes: &[u8], sha256: &str) -> wasmtime::Result<Code> {
        let kept = self.cache.as_ref().and_then(|cache| cache.load(&self.wasm, sha256));
        if let Some(component) = kept {
            return Ok(Code { component, cached: true });
        }
        let component = Component::from_binary(&self.wasm, bytes)?;
        if let Some(cache) = &self.cache {
            cache.keep(&component, sha256);
        }
        Ok(Code { component, cached: false })
    }

    /// What plugins may import, of all versions of the contract.
    pub(crate) fn linker(&self) -> &Linker<State> {
        &self.linker
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

/// Compiled code.
pub(crate) struct Code {
    /// The code.
    pub(crate) component: Component,
    /// Whether it was compiled before.
    pub(crate) cached: bool,
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

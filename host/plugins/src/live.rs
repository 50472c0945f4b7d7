//! Live instances of a plugin: making one, calling it under its limits, and keeping a few for the next call.

use std::pin::pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use mcpmux_core::ports::Pending;
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::engine::Engine;
use crate::state::{State, Visit};
use crate::world::Contract;
use crate::{cause, v0_1, v0_2};

/// What ends a guest that waits for something.
pub(crate) const WAITED: &str = "it wanted to wait, which a hook must not, and was stopped";
/// Handles of components, of which a guest can have many without asking the host.
const HANDLES: usize = 10_000;

/// Memory that no instance is dropped for.
const BLOWN_UP: usize = 16 << 20;

/// One instance. It is called by one at a time, and never again after it failed.
pub(crate) struct Live {
    /// What it lives in.
    pub(crate) store: Store<State>,
    /// Its hooks.
    pub(crate) guests: Guests,
}

/// The hooks of an instance, by the contract's version.
pub(crate) enum Guests {
    /// It has not been instantiated yet.
    Unborn,
    /// Version 0.1.
    V0_1(v0_1::Guests),
    /// Version 0.2.
    V0_2(v0_2::Guests),
}

impl Guests {
    /// Those of version 0.1.
    pub(crate) fn v0_1(&self) -> wasmtime::Result<&v0_1::Guests> {
        match self {
            Self::V0_1(guests) => Ok(guests),
            _ => wasmtime::bail!("it is of another version"),
        }
    }

    /// Those of version 0.2.
    pub(crate) fn v0_2(&self) -> wasmtime::Result<&v0_2::Guests> {
        match self {
            Self::V0_2(guests) => Ok(guests),
            _ => wasmtime::bail!("it is of another version"),
        }
    }
}

/// What a plugin exports, looked up once.
pub(crate) enum Exports {
    /// Version 0.1.
    V0_1(v0_1::Indices),
    /// Version 0.2.
    V0_2(Box<v0_2::Indices>),
}

impl Exports {
    /// Looks the hooks up; the error is about a missing function.
    pub(crate) fn new(
        contract: Contract,
        pre: &InstancePre<State>,
        hooks: &[&str],
    ) -> wasmtime::Result<Self> {
        Ok(match contract {
            Contract::V0_1 => Self::V0_1(v0_1::Indices::new(pre, hooks)?),
            Contract::V0_2 => Self::V0_2(Box::new(v0_2::Indices::new(pre, hooks)?)),
        })
    }
}

/// Why a call came to no answer.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// In words.
    pub(crate) why: String,
    /// It was not the plugin's fault but that of what it was shown.
    pub(crate) excused: bool,
}

/// Why there is no live instance.
#[derive(Debug)]
pub(crate) enum Stillborn {
    /// A hook has another type than the contract's.
    Mismatch(String),
    /// It trapped, or took too much.
    Start(String),
    /// It refuses its configuration.
    Config(String),
}

impl Live {
    /// Instantiates one, without calling anything but its start functions.
    pub(crate) fn new(
        engine: &Engine,
        pre: &InstancePre<State>,
        exports: &Exports,
        state: State,
        visit: Visit,
    ) -> Result<Self, Stillborn> {
        let mut store = Store::new(engine.wasm(), state);
        store.limiter(|state| &mut state.bounds);
        store.set_max_component_handles(HANDLES);
        let mut live = Self { store, guests: Guests::Unborn };
        let instance = live
            .run(engine, visit, async |live| pre.instantiate_async(&mut live.store).await)
            .map_err(|stopped| Stillborn::Start(stopped.why))?;
        let loaded = match exports {
            Exports::V0_1(found) => found.load(&mut live.store, &instance).map(Guests::V0_1),
            Exports::V0_2(found) => found.load(&mut live.store, &instance).map(Guests::V0_2),
        };
        live.guests = loaded.map_err(|error| Stillborn::Mismatch(format!("{error:#}")))?;
        Ok(live)
    }

    /// Initialises one.
    pub(crate) fn init(
        &mut self,
        engine: &Engine,
        visit: Visit,
        config: &str,
    ) -> Result<(), Stillborn> {
        self.run(engine, visit, async |live| match &live.guests {
            Guests::V0_1(_) => v0_1::init(live, config).await,
            _ => v0_2::init(live, config).await,
        })
        .map_err(|stopped| Stillborn::Start(stopped.why))?
        .map_err(Stillborn::Config)
    }

    /// Runs a call to its end on this thread. After an error the instance must be dropped.
    pub(crate) fn run<T>(
        &mut self,
        engine: &Engine,
        visit: Visit,
        call: impl AsyncFnOnce(&mut Self) -> wasmtime::Result<T>,
    ) -> Result<T, Stopped> {
        self.store.epoch_deadline_trap();
        self.store.set_epoch_deadline(Engine::ticks(visit.allowance().time));
        self.begin(visit);
        let running = engine.enter();
        // Nothing that such a call can do ever waits, so the first poll is the last; the future is there only
        // because WASI's streams are linked in their asynchronous form, which, unlike the other, never
        // blocks a thread.
        let polled = pin!(call(self)).poll(&mut Context::from_waker(Waker::noop()));
        drop(running);
        match polled {
            Poll::Ready(result) => self.end(result),
            Poll::Pending => Err(Stopped { why: WAITED.to_owned(), excused: false }),
        }
    }

    /// Runs a call that may wait, and yields while it computes. After an error, and if the future is dropped, the
    /// instance must be dropped.
    pub(crate) async fn run_waiting<T: Send>(
        &mut self,
        engine: &Engine,
        visit: Visit,
        call: impl for<'a> FnOnce(&'a mut Self) -> Pending<'a, wasmtime::Result<T>> + Send,
    ) -> Result<T, Stopped> {
        let time = visit.allowance().time;
        self.store.epoch_deadline_async_yield_and_update(1);
        self.store.set_epoch_deadline(1);
        self.begin(visit);
        let called = tokio::time::timeout(time, engine.ticking(call(self))).await;
        match called {
            Ok(result) => self.end(result),
            Err(_) => Err(Stopped { why: cause::too_long(time), excused: false }),
        }
    }

    fn begin(&mut self, visit: Visit) {
        // What one call may make the host copy; texts may overlap in the guest but not here.
        self.store.set_hostcall_fuel(visit.allowance().output);
        let state = self.store.data_mut();
        state.journal.begin();
        state.visit = visit;
    }

    fn end<T>(&mut self, result: wasmtime::Result<T>) -> Result<T, Stopped> {
        let state = self.store.data_mut();
        state.visit.end();
        result.map_err(|error| {
            let (visit, words) = (&state.visit, state.journal.last_words());
            let why = cause::say(&error, &state.bounds, Some(visit.allowance()), &words);
            let exhausted = visit.is_large() && cause::is_exhaustion(&error, &state.bounds);
            Stopped { why, excused: visit.excused() || exhausted }
        })
    }

    /// The bytes of all its linear memories.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().bounds.memory()
    }
}

/// Instances between two calls.
pub(crate) struct Pool {
    kept: Mutex<Vec<Live>>,
    /// How many are kept; there are as many at once as there are calls.
    places: usize,
    /// The most memory of one that is kept: what a large document has blown up is let go.
    memory: OnceLock<usize>,
}

impl Pool {
    /// With a place for each call that this machine can run at once.
    pub(crate) fn new() -> Self {
        let places = std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4));
        Self { kept: Mutex::default(), places, memory: OnceLock::new() }
    }

    /// One that is free.
    pub(crate) fn take(&self) -> Option<Live> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps one for later, or drops it if enough are kept or it has grown much. The first one is a fresh one.
    pub(crate) fn give(&self, live: Live) {
        let fresh = || live.memory().saturating_mul(2).max(BLOWN_UP);
        if live.memory() > *self.memory.get_or_init(fresh) {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < self.places {
            kept.push(live);
            return;
        }
        // Unmapping its memory takes a while; the others need not wait for it.
        drop(kept);
        drop(live);
    }

    /// The bytes of memory of the largest one that is kept.
    pub(crate) fn memory(&self) -> usize {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(Live::memory).max().unwrap_or(0)
    }
}

//! Live instances of a plugin: making one, calling it under a deadline, and keeping a few for the next call.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::cause;
use crate::engine::Engine;
use crate::state::State;
use crate::v0_1::bindings::exports::mcpmux::plugin::{catalog, lifecycle};

/// What ends a guest that waits for something.
pub(crate) const WAITED: &str = "it wanted to wait, which a hook must not, and was stopped";
/// Instances kept for the next call; there are as many at once as there are calls.
const KEPT: usize = 4;

/// One instance. It is called by one at a time, and never again after it failed.
pub(crate) struct Live {
    /// What it lives in.
    pub(crate) store: Store<State>,
    /// Its catalog hook, if it has one.
    pub(crate) catalog: Option<catalog::Guest>,
    lifecycle: Option<lifecycle::Guest>,
}

/// What a plugin exports, looked up once.
#[derive(Default)]
pub(crate) struct Exports {
    lifecycle: Option<lifecycle::GuestIndices>,
    catalog: Option<catalog::GuestIndices>,
}

impl Exports {
    /// Looks the hooks up; the error is about a missing function.
    pub(crate) fn new(pre: &InstancePre<State>, hooks: &[&str]) -> wasmtime::Result<Self> {
        let mut exports = Self::default();
        if hooks.contains(&"lifecycle") {
            exports.lifecycle = Some(lifecycle::GuestIndices::new(pre)?);
        }
        if hooks.contains(&"catalog") {
            exports.catalog = Some(catalog::GuestIndices::new(pre)?);
        }
        Ok(exports)
    }
}

/// Why there is no live instance.
pub(crate) enum Stillborn {
    /// A hook has another type than the contract's.
    Mismatch(String),
    /// It trapped, or took too much.
    Start(String),
    /// It refuses its configuration.
    Config(String),
}

impl Live {
    /// Instantiates and initialises one, within this time for each of the two.
    pub(crate) fn new(
        engine: &Engine,
        pre: &InstancePre<State>,
        exports: &Exports,
        state: State,
        config: &str,
        budget: Duration,
    ) -> Result<Self, Stillborn> {
        let mut store = Store::new(engine.wasm(), state);
        store.limiter(|state| &mut state.bounds);
        // What one call may make the host copy; texts may overlap in the guest but not here.
        store.set_hostcall_fuel(store.data().bounds.limit());
        let mut live = Self { store, catalog: None, lifecycle: None };
        let instance = live
            .run(engine, budget, async |live| pre.instantiate_async(&mut live.store).await)
            .map_err(Stillborn::Start)?;
        live.load(exports, &instance).map_err(|error| Stillborn::Mismatch(format!("{error:#}")))?;
        if let Some(guest) = live.lifecycle.clone() {
            live.run(engine, budget, async |live| guest.call_init(&mut live.store, config).await)
                .map_err(Stillborn::Start)?
                .map_err(Stillborn::Config)?;
        }
        Ok(live)
    }

    fn load(&mut self, exports: &Exports, instance: &Instance) -> wasmtime::Result<()> {
        if let Some(found) = &exports.lifecycle {
            self.lifecycle = Some(found.load(&mut self.store, instance)?);
        }
        if let Some(found) = &exports.catalog {
            self.catalog = Some(found.load(&mut self.store, instance)?);
        }
        Ok(())
    }

    /// Runs a call to its end on this thread. After an error the instance must be dropped.
    pub(crate) fn run<T>(
        &mut self,
        engine: &Engine,
        budget: Duration,
        call: impl AsyncFnOnce(&mut Self) -> wasmtime::Result<T>,
    ) -> Result<T, String> {
        self.store.set_epoch_deadline(Engine::ticks(budget));
        self.store.data().journal.begin();
        let running = engine.enter();
        // Nothing a plugin can import ever waits, so the first poll is the last; the future is there only
        // because WASI's streams are linked in their asynchronous form, which, unlike the other, never
        // blocks a thread.
        let polled = pin!(call(self)).poll(&mut Context::from_waker(Waker::noop()));
        drop(running);
        match polled {
            Poll::Ready(Ok(value)) => Ok(value),
            Poll::Ready(Err(error)) => {
                let state = self.store.data();
                Err(cause::say(&error, &state.bounds, Some(budget), &state.journal.last_words()))
            }
            Poll::Pending => Err(WAITED.to_owned()),
        }
    }
}

/// Instances between two calls.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<Live>>);

impl Pool {
    /// One that is free.
    pub(crate) fn take(&self) -> Option<Live> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps one for later, or drops it if enough are kept.
    pub(crate) fn give(&self, live: Live) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(live);
            return;
        }
        // Unmapping its memory takes a while; the others need not wait for it.
        drop(kept);
        drop(live);
    }
}

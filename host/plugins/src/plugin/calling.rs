//! Calling a plugin: leave from its crash budget, an instance, the call, and what its outcome means for both.

use std::sync::Arc;
use std::time::Instant;

use mcpmux_core::hook::HookKind;
use mcpmux_core::ports::Pending;

use super::Plugin;
use crate::limits::Step;
use crate::live::{Live, Stillborn, Stopped};
use crate::quarantine::Pass;
use crate::state::{Around, State, Visit};

/// Characters of a plugin's words that are passed on.
const WORDS: usize = 4_000;

impl Plugin {
    /// Calls a hook that must not wait, to its end, on this thread, and checks what it answers. It has an instance
    /// of its own meanwhile: one that is free, or a new one. After a trap the instance is dropped, so the next
    /// call meets a fresh one.
    ///
    /// # Errors
    /// Why there is no answer, with the names of the hook and the plugin.
    pub(crate) fn call<T, U>(
        &self,
        hook: HookKind,
        around: Around,
        call: impl AsyncFnOnce(&mut Live) -> wasmtime::Result<Result<T, String>>,
        check: impl FnOnce(T) -> Result<U, String>,
    ) -> Result<U, String> {
        let failed = |why: String| self.failed(hook, &why);
        let pass = self.quarantine.enter(Instant::now).map_err(failed)?;
        let called = self.free_instance().and_then(|mut live| {
            let answer = self.run_on(&mut live, Step::Hook(hook), around, call)?;
            Ok((live, answer))
        });
        let (live, answer) = self.judge(pass, called).map_err(failed)?;
        self.release(live);
        answer.and_then(check).map_err(failed)
    }

    /// Calls a hook that may wait.
    ///
    /// # Errors
    /// Why there is no answer, with the names of the hook and the plugin.
    pub(crate) async fn call_waiting<T: Send>(
        &self,
        hook: HookKind,
        around: Around,
        call: impl for<'a> FnOnce(&'a mut Live) -> Pending<'a, wasmtime::Result<T>> + Send,
    ) -> Result<T, String> {
        let failed = |why: String| self.failed(hook, &why);
        let pass = self.quarantine.enter(Instant::now).map_err(failed)?;
        let called = match self.free_instance() {
            Ok(live) => self.run_waiting_on(live, hook, around, call).await,
            Err(stopped) => Err(stopped),
        };
        let (live, answer) = self.judge(pass, called).map_err(failed)?;
        self.release(live);
        Ok(answer)
    }

    /// Calls a hook that may wait on one and the same instance each time, one call after the other.
    ///
    /// # Errors
    /// Why it could not take it, with the names of the hook and the plugin.
    pub(crate) async fn call_in_turn(
        &self,
        hook: HookKind,
        around: Around,
        call: impl for<'a> FnOnce(&'a mut Live) -> Pending<'a, wasmtime::Result<Result<(), String>>>
        + Send,
    ) -> Result<(), String> {
        let failed = |why: String| self.failed(hook, &why);
        let mut turn = self.observer.lock().await;
        let pass = self.quarantine.enter(Instant::now).map_err(failed)?;
        let live = match turn.take() {
            Some(live) => Ok(live),
            None => self.free_instance(),
        };
        let called = match live {
            Ok(live) => self.run_waiting_on(live, hook, around, call).await,
            Err(stopped) => Err(stopped),
        };
        let (live, answer) = self.judge(pass, called).map_err(failed)?;
        *turn = (!self.stateless).then_some(live);
        answer.map_err(failed)
    }

    /// Calls something on this instance, without leave.
    pub(crate) fn run_on<T>(
        &self,
        live: &mut Live,
        step: Step,
        around: Around,
        call: impl AsyncFnOnce(&mut Live) -> wasmtime::Result<T>,
    ) -> Result<T, Stopped> {
        live.run(&self.engine, Visit::new(step, self.bounds.of(step), around), call)
    }

    /// A failure of a hook in words. Those of the catalog hook are named where the catalog is built.
    pub(crate) fn failed(&self, hook: HookKind, why: &str) -> String {
        let plain = |letter: &char| !letter.is_control() || *letter == '\n';
        let why: String = why.chars().filter(plain).take(WORDS).collect();
        match hook {
            HookKind::Catalog => why,
            hook => format!("the {} hook of plugin `{}` failed: {why}", hook.as_str(), self.name),
        }
    }

    /// An instance that has been started. The first one may take its time; later ones, which calls wait for, about as
    /// long as that one took.
    pub(super) fn new_instance(&self) -> Result<Live, Stillborn> {
        let began = Instant::now();
        let allowance = match self.first_start.get() {
            Some(first) => self.bounds.of_start_after(*first),
            None => self.bounds.of(Step::Init),
        };
        let visit = || Visit::new(Step::Init, allowance, Around::default());
        let state = State::new(Arc::clone(&self.rights), self.bounds.memory);
        let mut live = Live::new(&self.engine, &self.pre, &self.exports, state, visit())?;
        live.init(&self.engine, visit(), &self.config)?;
        self.first_start.get_or_init(|| began.elapsed());
        Ok(live)
    }

    async fn run_waiting_on<T: Send>(
        &self,
        mut live: Live,
        hook: HookKind,
        around: Around,
        call: impl for<'a> FnOnce(&'a mut Live) -> Pending<'a, wasmtime::Result<T>> + Send,
    ) -> Result<(Live, T), Stopped> {
        let step = Step::Hook(hook);
        let visit = Visit::new(step, self.bounds.of(step), around);
        let answer = live.run_waiting(&self.engine, visit, call).await?;
        Ok((live, answer))
    }

    fn free_instance(&self) -> Result<Live, Stopped> {
        let kept = if self.stateless { None } else { self.pool.take() };
        let new = |why| match why {
            Stillborn::Mismatch(why) | Stillborn::Start(why) => {
                Stopped { why: format!("it did not start: {why}"), excused: false }
            }
            Stillborn::Config(why) => {
                Stopped { why: format!("it refuses its configuration: {why}"), excused: false }
            }
        };
        kept.map_or_else(|| self.new_instance().map_err(new), Ok)
    }

    /// Keeps an instance for the next call, unless each call is to have its own.
    pub(super) fn release(&self, live: Live) {
        if !self.stateless {
            self.pool.give(live);
        }
    }

    /// What a call says of how the plugin does.
    fn judge<T>(&self, pass: Pass<'_>, called: Result<T, Stopped>) -> Result<T, String> {
        match called {
            Ok(value) => {
                pass.good(Instant::now);
                Ok(value)
            }
            // Whoever shows it something odd must not be able to have it put away.
            Err(Stopped { why, excused: true }) => Err(why),
            Err(Stopped { why, excused: false }) => {
                if let Some(time) = pass.bad(Instant::now(), &why) {
                    let plugin = &self.name;
                    tracing::error!(%plugin, "it fails too often and is left alone for {time:?}: {why}");
                }
                Err(why)
            }
        }
    }
}

//! The thread that moves the engine's epoch forward while guests run, and sleeps while none does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How fine the clock is by which guests are stopped.
pub(super) const TICK: Duration = Duration::from_millis(2);
/// Ticks without a running guest after which the thread sleeps. Not at once, because waking it costs a
/// system call, and calls come in flocks.
const LINGER: u32 = 50;

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    closed: AtomicBool,
}

/// The thread; it ends when this is dropped.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A guest is running, for as long as this lives.
pub(crate) struct Running<'a>(&'a Shared);

impl Ticker {
    pub(super) fn start(engine: wasmtime::Engine) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let run = move || tick(&seen, || engine.increment_epoch());
        let thread = thread::Builder::new().name("wasm-epochs".to_owned()).spawn(run)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn enter(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        Running(&self.shared)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It cannot panic, and if it did, there is nobody to tell.
            let _ended = thread.join();
        }
    }
}

fn tick(shared: &Shared, advance: impl Fn()) {
    let mut idle = 0;
    while !shared.closed.load(Ordering::SeqCst) {
        if shared.running.load(Ordering::SeqCst) > 0 {
            idle = 0;
        } else {
            idle += 1;
        }
        if idle > LINGER {
            // First say it, then look again: who enters does it the other way round, so one of the two
            // sees the other.
            shared.asleep.store(true, Ordering::SeqCst);
            let awaited = || {
                shared.closed.load(Ordering::SeqCst) || shared.running.load(Ordering::SeqCst) > 0
            };
            while !awaited() {
                thread::park();
            }
            shared.asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
        thread::sleep(TICK);
        advance();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn wait(what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds() {
            assert!(Instant::now() < deadline, "{what}");
            thread::yield_now();
        }
    }

    #[test]
    fn the_clock_sleeps_while_nothing_runs_and_ends_when_it_is_dropped() {
        let ticker = Ticker::start(wasmtime::Engine::default()).unwrap();
        let shared = Arc::downgrade(&ticker.shared);
        let asleep = || ticker.shared.asleep.load(Ordering::SeqCst);
        wait("it goes to sleep", asleep);
        let running = ticker.enter();
        wait("it wakes up", || !asleep());
        drop(running);
        wait("it goes to sleep again", asleep);
        drop(ticker);
        assert!(shared.upgrade().is_none(), "the thread has ended");
    }
}

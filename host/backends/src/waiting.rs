//! Waiting for an answer: up to the idle limit after the last sign of life, never longer than the hard limit,
//! and without either clock while a person is being asked.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcpmux_core::config::Patience;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The clocks of one call.
pub(crate) struct Pulse {
    start: Instant,
    clocks: Mutex<Clocks>,
    resumed: Notify,
}

struct Clocks {
    /// The last sign of life.
    last: Instant,
    /// How many questions are with the client.
    asking: usize,
    /// When the first of them came.
    since: Instant,
    /// How long the client was asked, all in all.
    asked: Duration,
}

impl Pulse {
    /// Starts with the call.
    pub(crate) fn new() -> Self {
        let start = Instant::now();
        let clocks = Clocks { last: start, asking: 0, since: start, asked: Duration::ZERO };
        Self { start, clocks: Mutex::new(clocks), resumed: Notify::new() }
    }

    /// The backend is at work.
    pub(crate) fn beat(&self) {
        self.lock().last = Instant::now();
    }

    /// The client is being asked; both clocks stand until this is dropped.
    pub(crate) fn asking(&self) -> Asking<'_> {
        let mut clocks = self.lock();
        if clocks.asking == 0 {
            clocks.since = Instant::now();
        }
        clocks.asking += 1;
        Asking(self)
    }

    /// For how long the client has been asked without a break; `None`: it is not being asked.
    pub(crate) fn asked_for(&self) -> Option<Duration> {
        let clocks = self.lock();
        (clocks.asking > 0).then(|| clocks.since.elapsed())
    }

    /// When the waiting ends; `None`: not while the client is being asked.
    fn until(&self, patience: &Patience) -> Option<Instant> {
        let clocks = self.lock();
        let hard = self.start + patience.call_max + clocks.asked;
        (clocks.asking == 0).then(|| (clocks.last + patience.call).min(hard))
    }

    fn lock(&self) -> MutexGuard<'_, Clocks> {
        self.clocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is with the client.
pub(crate) struct Asking<'a>(&'a Pulse);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut clocks = self.0.lock();
        clocks.asking -= 1;
        if clocks.asking == 0 {
            let now = Instant::now();
            clocks.last = now;
            clocks.asked = clocks.asked.saturating_add(now - clocks.since);
            self.0.resumed.notify_one();
        }
    }
}

/// The future's output, or how long was waited for it in vain.
pub(crate) async fn within<F: Future>(
    patience: &Patience,
    pulse: &Pulse,
    future: F,
) -> Result<F::Output, Duration> {
    let mut future = pin!(future);
    loop {
        let Some(until) = pulse.until(patience) else {
            tokio::select! {
                output = future.as_mut() => return Ok(output),
                () = pulse.resumed.notified() => continue,
            }
        };
        if let Ok(output) = timeout_at(until, future.as_mut()).await {
            return Ok(output);
        }
        if pulse.until(patience).is_some_and(|extended| extended <= until) {
            return Err(until - pulse.start);
        }
    }
}

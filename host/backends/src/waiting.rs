//! Waiting for an answer: up to the idle limit after the last progress, and never longer than the hard limit.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mcpmux_core::call::{Event, Events};
use mcpmux_core::config::Patience;
use mcpmux_core::json::Object;
use tokio::time::{Instant, timeout_at};

/// Where the progress of one call goes, and when some came last.
pub(crate) struct Pulse {
    events: Arc<dyn Events>,
    start: Instant,
    /// Milliseconds from `start` to the last progress.
    last: AtomicU64,
}

impl Pulse {
    /// Starts with the call.
    pub(crate) fn new(events: Arc<dyn Events>) -> Self {
        Self { events, start: Instant::now(), last: AtomicU64::new(0) }
    }

    /// Progress came.
    pub(crate) fn beat(&self, params: Object) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed, Ordering::Relaxed);
        self.events.event(Event::Progress(params));
    }

    fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}

/// The future's output, or how long was waited for it in vain.
pub(crate) async fn within<F: Future>(
    patience: &Patience,
    pulse: Option<&Pulse>,
    future: F,
) -> Result<F::Output, Duration> {
    let mut future = pin!(future);
    let start = Instant::now();
    let hard = start + patience.call_max;
    let mut until = (start + patience.call).min(hard);
    loop {
        if let Ok(output) = timeout_at(until, future.as_mut()).await {
            return Ok(output);
        }
        let extended = pulse.map_or(until, |pulse| pulse.last() + patience.call).min(hard);
        if extended <= until {
            return Err(until - start);
        }
        until = extended;
    }
}

//! The crash budget of a plugin: one that fails too often is left alone for a while, and then tried again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::hook::PluginHealth;

/// Failures within [`WINDOW`] that are one too many.
const BUDGET: usize = 20;
/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(60);
/// The first quarantine; each one after it takes twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest one.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// How long a plugin has to do well for its earlier quarantines to be forgotten.
const FORGIVEN: Duration = Duration::from_secs(10 * 60);

/// How a plugin does, and whether it may be called.
#[derive(Default)]
pub(crate) struct Quarantine {
    calls: AtomicU64,
    failures: AtomicU64,
    /// Whether there is more to look at; while there is not, a call takes no lock.
    barred: AtomicBool,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    recent: VecDeque<Instant>,
    /// Quarantines in a row.
    times: u32,
    ended: Option<Instant>,
    until: Option<Instant>,
    why: String,
    /// A call is under way to see whether it does better.
    trial: bool,
}

/// Leave to call a plugin once. Dropped without a word, it counts for nothing.
pub(crate) struct Pass<'a> {
    quarantine: &'a Quarantine,
    trial: bool,
}

impl Quarantine {
    /// Leave for a call. The clock is only looked at if it matters: most calls are short.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn enter(&self, now: impl FnOnce() -> Instant) -> Result<Pass<'_>, String> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if !self.barred.load(Ordering::Acquire) {
            return Ok(Pass { quarantine: self, trial: false });
        }
        let mut record = self.record();
        let Some(until) = record.until else { return Ok(Pass { quarantine: self, trial: false }) };
        if now() < until || record.trial {
            return Err(format!("it is in quarantine: {}", record.why));
        }
        record.trial = true;
        Ok(Pass { quarantine: self, trial: true })
    }

    /// How it does.
    pub(crate) fn health(&self, now: Instant) -> PluginHealth {
        let record = self.record();
        let left = |until: Instant| {
            u64::try_from(until.saturating_duration_since(now).as_millis()).unwrap_or(u64::MAX)
        };
        PluginHealth {
            quarantined: record.until.map(|_| record.why.clone()),
            retry_ms: record.until.map(left),
            calls: self.calls.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            dropped: 0,
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn quarantine(&mut self, now: Instant, last: &str) -> Duration {
        if self.ended.is_some_and(|ended| now.saturating_duration_since(ended) > FORGIVEN) {
            self.times = 0;
        }
        let time = FIRST.saturating_mul(1 << self.times.min(16)).min(LONGEST);
        self.times = self.times.saturating_add(1);
        self.until = Some(now + time);
        self.why = format!("it failed too often, the last time because {last}");
        self.recent.clear();
        time
    }
}

impl Pass<'_> {
    /// It went well.
    pub(crate) fn good(mut self, now: impl FnOnce() -> Instant) {
        if self.trial {
            self.trial = false;
            let mut record = self.quarantine.record();
            record.trial = false;
            record.until = None;
            record.ended = Some(now());
            self.quarantine.barred.store(false, Ordering::Release);
        }
    }

    /// It failed. Returns how long the plugin is left alone, if that begins now.
    pub(crate) fn bad(mut self, now: Instant, why: &str) -> Option<Duration> {
        let trial = std::mem::take(&mut self.trial);
        self.quarantine.failures.fetch_add(1, Ordering::Relaxed);
        let mut record = self.quarantine.record();
        if trial {
            record.trial = false;
            return Some(record.quarantine(now, why));
        }
        if record.until.is_some() {
            return None;
        }
        record.recent.push_back(now);
        while record.recent.front().is_some_and(|at| now.saturating_duration_since(*at) > WINDOW) {
            record.recent.pop_front();
        }
        if record.recent.len() < BUDGET {
            return None;
        }
        self.quarantine.barred.store(true, Ordering::Release);
        Some(record.quarantine(now, why))
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.trial {
            self.quarantine.record().trial = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Fails until that leads to a quarantine.
    fn exhaust(quarantine: &Quarantine, now: Instant) -> Duration {
        for _ in 1..BUDGET {
            assert_eq!(quarantine.enter(|| now).unwrap().bad(now, "it trapped"), None);
        }
        quarantine.enter(|| now).unwrap().bad(now, "it trapped").unwrap()
    }

    #[test]
    fn too_many_failures_lead_to_a_quarantine_that_one_good_call_ends() {
        let (quarantine, start) = (Quarantine::default(), Instant::now());
        assert_eq!(exhaust(&quarantine, start), SECOND);
        let why = "it is in quarantine: it failed too often, the last time because it trapped";
        assert_eq!(quarantine.enter(|| start).err().as_deref(), Some(why));
        let health = quarantine.health(start);
        assert_eq!((health.retry_ms, health.failures), (Some(1_000), BUDGET as u64));

        let later = start + SECOND;
        let trial = quarantine.enter(|| later).unwrap();
        assert!(quarantine.enter(|| later).is_err(), "one call at a time tries it");
        trial.good(|| later);
        quarantine.enter(|| later).unwrap().good(|| later);
        assert_eq!(quarantine.health(later).quarantined, None);
    }

    #[test]
    fn each_quarantine_in_a_row_is_longer_and_the_count_is_forgotten_in_time() {
        let (quarantine, mut now) = (Quarantine::default(), Instant::now());
        let mut time = exhaust(&quarantine, now);
        for expected in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            now += time;
            time = quarantine.enter(|| now).unwrap().bad(now, "again").unwrap();
            assert_eq!(time, SECOND * expected);
        }
        now += time;
        quarantine.enter(|| now).unwrap().good(|| now);
        assert_eq!(exhaust(&quarantine, now + SECOND), LONGEST);
        now += LONGEST + SECOND;
        quarantine.enter(|| now).unwrap().good(|| now);
        assert_eq!(exhaust(&quarantine, now + FORGIVEN + SECOND), SECOND);
    }

    #[test]
    fn failures_far_apart_are_no_reason() {
        let (quarantine, mut now) = (Quarantine::default(), Instant::now());
        for _ in 0..BUDGET * 3 {
            assert_eq!(quarantine.enter(|| now).unwrap().bad(now, "it trapped"), None);
            now += WINDOW / 10;
        }
    }

    #[test]
    fn a_trial_that_was_cut_off_leaves_room_for_the_next() {
        let (quarantine, now) = (Quarantine::default(), Instant::now());
        let later = now + exhaust(&quarantine, now);
        drop(quarantine.enter(|| later).unwrap());
        assert!(quarantine.enter(|| later).is_ok());
    }
}

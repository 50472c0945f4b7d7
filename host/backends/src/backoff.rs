//! How long to wait before connecting again: longer each time, with jitter, and never giving up.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);
/// A link that lived this long was healthy: the next wait is the first again.
const HEALTHY: Duration = Duration::from_secs(60);

/// The waits of one backend.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A link ended that had been ready for `lived`.
    pub(crate) fn lived(&mut self, lived: Duration) {
        if lived >= HEALTHY {
            self.failures = 0;
        }
    }

    /// The next wait: twice the one before, up to 30 s, and up to a quarter more or less.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.failures.min(20)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        wait.mul_f64(0.75 + 0.5 * fastrand::f64()).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_start_over_after_health() {
        let mut backoff = Backoff::default();
        let first = backoff.next_wait();
        assert!((75..=125).contains(&first.as_millis()), "{first:?}");
        for _ in 0..100 {
            assert!(backoff.next_wait() <= LONGEST);
        }
        assert!(backoff.next_wait() >= LONGEST.mul_f64(0.75));
        backoff.lived(Duration::from_secs(59));
        assert!(backoff.next_wait() > Duration::from_secs(1));
        backoff.lived(HEALTHY);
        assert!(backoff.next_wait() < Duration::from_secs(1));
    }
}

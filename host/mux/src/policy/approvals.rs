//! What people have allowed when a plugin asked them, until it expires. Clients have no principal yet, so all of them
//! count as the same.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::names::PluginName;

/// How many answers are remembered; the one that would expire first goes first.
const KEPT: usize = 10_000;

/// The answers that were yes, by plugin and key.
#[derive(Default)]
pub(crate) struct Approvals(Mutex<HashMap<(PluginName, String), Instant>>);

impl Approvals {
    /// Remembers a yes for a while.
    pub(super) fn remember(&self, plugin: &PluginName, key: &str, time: Duration) {
        let now = Instant::now();
        let Some(until) = now.checked_add(time).filter(|_| !time.is_zero()) else { return };
        let mut kept = self.lock();
        let new = (plugin.clone(), key.to_owned());
        if kept.len() >= KEPT && !kept.contains_key(&new) {
            kept.retain(|_, until| *until > now);
            let first = kept.iter().min_by_key(|(_, until)| **until).map(|(key, _)| key.clone());
            if let Some(first) = first.filter(|_| kept.len() >= KEPT) {
                kept.remove(&first);
            }
        }
        kept.insert(new, until);
    }

    /// Whether one is remembered.
    pub(super) fn remembers(&self, plugin: &PluginName, key: &str) -> bool {
        let key = (plugin.clone(), key.to_owned());
        self.lock().get(&key).is_some_and(|until| *until > Instant::now())
    }

    pub(super) fn forget(&self, plugin: &PluginName, key: &str) {
        self.lock().remove(&(plugin.clone(), key.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(PluginName, String), Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_remembered_for_its_plugin_and_key_until_it_expires_or_is_forgotten() {
        let (a, b) = (PluginName::new("a").unwrap(), PluginName::new("b").unwrap());
        let approvals = Approvals::default();
        let hour = Duration::from_secs(3600);
        approvals.remember(&a, "k", hour);
        approvals.remember(&a, "gone", Duration::ZERO);
        approvals.remember(&a, "short", Duration::from_nanos(1));
        assert!(approvals.remembers(&a, "k"));
        while approvals.remembers(&a, "short") {
            std::thread::yield_now();
        }
        for (plugin, key) in [(&a, "other"), (&b, "k"), (&a, "gone")] {
            assert!(!approvals.remembers(plugin, key), "{key}");
        }
        approvals.forget(&b, "k");
        assert!(approvals.remembers(&a, "k"));
        approvals.forget(&a, "k");
        assert!(!approvals.remembers(&a, "k"));
    }

    #[test]
    fn the_one_that_would_expire_first_makes_room() {
        let a = PluginName::new("a").unwrap();
        let approvals = Approvals::default();
        for at in 0..=KEPT {
            let hours = u64::try_from(at).unwrap() + 1;
            approvals.remember(&a, &at.to_string(), Duration::from_secs(3600 * hours));
        }
        assert!(!approvals.remembers(&a, "0") && approvals.remembers(&a, "1"));
        assert_eq!(approvals.lock().len(), KEPT);
    }
}

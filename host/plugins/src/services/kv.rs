//! What plugins keep: for each of them keys with values, for a time or for good, up to a quota, in memory. It outlives
//! instances and swaps of the plugin, but not mcpmux.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::names::PluginName;

/// The quota of a plugin whose configuration names none, in bytes.
pub const QUOTA: usize = 1 << 20;
/// What an entry counts beside its key and value, in bytes.
pub const OVERHEAD: usize = 64;
/// How many expired entries one call clears away at most, unless it needs their room.
const SWEEP: usize = 32;

/// Tells the time; never goes back.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What all plugins of a host keep.
pub struct Store {
    clock: Clock,
    plugins: Mutex<HashMap<PluginName, Arc<Kv>>>,
}

/// What one plugin keeps.
pub struct Kv {
    clock: Clock,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    quota: usize,
    used: usize,
    entries: HashMap<Arc<str>, Entry>,
    /// When entries expire; those that do not are not here.
    due: BTreeSet<(Instant, Arc<str>)>,
}

struct Entry {
    value: String,
    expires: Option<Instant>,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(Arc::new(Instant::now))
    }
}

impl Store {
    /// An empty one with this clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, plugins: Mutex::default() }
    }

    /// What this plugin keeps, up to `quota` bytes unless that is said already.
    #[must_use]
    pub fn of(&self, plugin: &PluginName, quota: usize) -> Arc<Kv> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let kv = plugins.entry(plugin.clone()).or_insert_with(|| {
            let kv = Kv { clock: Arc::clone(&self.clock), table: Mutex::default() };
            kv.allow(quota);
            Arc::new(kv)
        });
        Arc::clone(kv)
    }
}

impl Kv {
    /// Says how many bytes may be kept from now on. If there are more already, they can be read, and what takes no more
    /// room than what it replaces can be set.
    pub fn allow(&self, quota: usize) {
        self.lock().quota = quota;
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        let table = self.swept();
        let now = (self.clock)();
        table.live(key, now).map(|entry| entry.value.clone())
    }

    /// Puts a value under a key, for `ttl` from now, or for good.
    ///
    /// # Errors
    /// If there is no room for it; what was there stays.
    pub fn set(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<(), String> {
        let mut table = self.swept();
        let now = (self.clock)();
        // A time beyond all clocks is for good.
        let expires = ttl.and_then(|ttl| now.checked_add(ttl));
        table.put(key, value.to_owned(), expires, now)
    }

    /// Forgets what is under a key.
    pub fn delete(&self, key: &str) {
        self.swept().remove(key);
    }

    /// Adds to the number under a key, from 0 if there is none, and returns the sum. If there was none it lasts for
    /// `ttl` from now, otherwise as long as before.
    ///
    /// # Errors
    /// If what is there is no number, the sum is too large for one, or there is no room; what was there stays.
    pub fn increment(&self, key: &str, by: i64, ttl: Option<Duration>) -> Result<i64, String> {
        let mut table = self.swept();
        let now = (self.clock)();
        let (before, expires) = match table.live(key, now) {
            None => (0, ttl.and_then(|ttl| now.checked_add(ttl))),
            Some(entry) => {
                let number = entry.value.parse::<i64>().map_err(|_| {
                    format!("what is under the key {key:?} is not a whole number, so nothing can be added")
                })?;
                (number, entry.expires)
            }
        };
        let sum = before.checked_add(by).ok_or_else(|| {
            format!("the number under the key {key:?} would be larger than 64 bits hold")
        })?;
        table.put(key, sum.to_string(), expires, now)?;
        Ok(sum)
    }

    fn swept(&self) -> MutexGuard<'_, Table> {
        let mut table = self.lock();
        table.sweep((self.clock)(), SWEEP);
        table
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn live(&self, key: &str, now: Instant) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| entry.expires.is_none_or(|expires| now < expires))
    }

    fn put(
        &mut self,
        key: &str,
        value: String,
        expires: Option<Instant>,
        now: Instant,
    ) -> Result<(), String> {
        let needed = cost(key, &value);
        let mut freed = self.cost_of(key);
        if self.used - freed + needed > self.quota {
            self.sweep(now, usize::MAX);
            freed = self.cost_of(key);
        }
        if needed > freed && self.used - freed + needed > self.quota {
            return Err(format!(
                "there is no room for {needed} more bytes: {} of {} are used; \
                 delete something, give entries a time to live, or raise `limits.kv` of this plugin",
                self.used - freed,
                self.quota
            ));
        }
        self.remove(key);
        let key: Arc<str> = key.into();
        self.used += needed;
        self.due.extend(expires.map(|expires| (expires, Arc::clone(&key))));
        self.entries.insert(key, Entry { value, expires });
        Ok(())
    }

    fn remove(&mut self, key: &str) {
        let Some((key, entry)) = self.entries.remove_entry(key) else { return };
        self.used -= cost(&key, &entry.value);
        if let Some(expires) = entry.expires {
            self.due.remove(&(expires, key));
        }
    }

    /// Clears away what has expired, up to `most` entries.
    fn sweep(&mut self, now: Instant, most: usize) {
        for _ in 0..most {
            match self.due.first() {
                Some((expires, key)) if *expires <= now => {
                    let key = Arc::clone(key);
                    self.remove(&key);
                }
                _ => return,
            }
        }
    }

    fn cost_of(&self, key: &str) -> usize {
        self.entries.get(key).map_or(0, |entry| cost(key, &entry.value))
    }
}

const fn cost(key: &str, value: &str) -> usize {
    key.len() + value.len() + OVERHEAD
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_map().entries(plugins.iter()).finish()
    }
}

impl fmt::Debug for Kv {
    /// How much there is; what it is, is the plugin's alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.lock();
        let (entries, used, quota) = (table.entries.len(), table.used, table.quota);
        write!(f, "Kv({entries} entries, {used} of {quota} bytes)")
    }
}

#[cfg(test)]
mod tests;

//! What the host does for a plugin, an interface each. A component imports of these only what it calls;
//! natively they are the mock's of `testing::Host`, in `native`.

pub mod approvals;
pub mod entries;
pub mod exec;
pub mod http;
pub mod kv;
pub mod secrets;

#[cfg(not(target_family = "wasm"))]
pub(crate) mod native;

#[cfg(target_family = "wasm")]
use crate::guest::wit;

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For following every step.
    Trace,
    /// Per call.
    Debug,
    /// Life cycle.
    Info,
    /// Something works less well than it should.
    Warn,
    /// Someone must act.
    Error,
}

/// Writes a line to the host's log, under the plugin's name. Needs no grant.
pub fn log(level: Level, message: &str) {
    #[cfg(target_family = "wasm")]
    wit::log::write(
        match level {
            Level::Trace => wit::log::Level::Trace,
            Level::Debug => wit::log::Level::Debug,
            Level::Info => wit::log::Level::Info,
            Level::Warn => wit::log::Level::Warn,
            Level::Error => wit::log::Level::Error,
        },
        message,
    );
    #[cfg(not(target_family = "wasm"))]
    native::current().log(level, message);
}

/// The wall clock. Needs the grant `clock`.
pub mod clock {
    use std::time::SystemTime;

    /// Now, to the millisecond; natively the clock of the machine, or what a test set.
    #[must_use]
    pub fn now() -> SystemTime {
        #[cfg(target_family = "wasm")]
        return SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(super::wit::clock::now());
        #[cfg(not(target_family = "wasm"))]
        return super::native::current().clock();
    }
}

/// Random numbers. Needs the grant `random`.
pub mod random {
    /// So many random bytes, at most 1024 of them; fit for keys in the host, natively only for tests.
    #[must_use]
    pub fn bytes(count: u32) -> Vec<u8> {
        #[cfg(target_family = "wasm")]
        return super::wit::random::bytes(count);
        #[cfg(not(target_family = "wasm"))]
        return super::native::current().random(count);
    }
}

/// A span as the host takes it: whole milliseconds, rounded up, at most about 49 days.
#[cfg(target_family = "wasm")]
pub(crate) fn millis(time: std::time::Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u32::MAX)
}

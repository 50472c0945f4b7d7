//! The log, the clock and random numbers.

use tracing::Level;

use crate::state::State;
use crate::v0_2::bindings::mcpmux::plugin::{clock, log, random};

/// The most random bytes at once, as the contract says.
const RANDOM_BYTES: u32 = 1_024;

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.visit.charge()?;
        let level = match level {
            log::Level::Trace => Level::TRACE,
            log::Level::Debug => Level::DEBUG,
            log::Level::Info => Level::INFO,
            log::Level::Warn => Level::WARN,
            log::Level::Error => Level::ERROR,
        };
        self.journal.write(level, &message);
        Ok(())
    }
}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.visit.charge()?;
        Ok((self.rights.need("clock")?.clock)())
    }
}

impl random::Host for State {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.visit.charge()?;
        self.rights.need("random")?;
        if count > RANDOM_BYTES {
            wasmtime::bail!(
                "it asked for {count} random bytes; at most {RANDOM_BYTES} are given at once"
            );
        }
        let mut bytes = vec![0; count as usize];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => wasmtime::bail!("there are no random numbers on this machine: {error}"),
        }
    }
}

//! The host's interfaces of version 0.1, on what is behind those of today.

use wasmtime::component::{HasSelf, Linker};

use super::bindings::mcpmux::plugin::{clock, log, random};
use crate::state::State;
use crate::v0_2;

/// Links everything a plugin may import. What it was not granted is refused before, by name.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    log::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    clock::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    random::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        use v0_2::bindings::mcpmux::plugin::log as now;
        let level = match level {
            log::Level::Trace => now::Level::Trace,
            log::Level::Debug => now::Level::Debug,
            log::Level::Info => now::Level::Info,
            log::Level::Warn => now::Level::Warn,
            log::Level::Error => now::Level::Error,
        };
        now::Host::write(self, level, message)
    }
}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        v0_2::bindings::mcpmux::plugin::clock::Host::now(self)
    }
}

impl random::Host for State {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        v0_2::bindings::mcpmux::plugin::random::Host::bytes(self, count)
    }
}

//! The host's interfaces of version 0.2, glued to what is behind them: one file per kind.

mod basics;
mod catalog;
mod documents;
mod keeping;
mod reaching;

use wasmtime::component::{HasSelf, Linker};

use super::bindings::mcpmux::plugin::{
    approvals, clock, entries, exec, http, kv, log, random, secrets, types,
};
use crate::state::State;

#[allow(unreachable_pub, reason = "the bindings name them as public")]
pub use documents::{Definitions, Document};

/// Links everything a plugin may import. What it was not granted is refused before, by name.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    log::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    clock::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    random::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    kv::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    secrets::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    http::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    exec::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    entries::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    approvals::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

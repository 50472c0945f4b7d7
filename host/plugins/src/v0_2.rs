//! Version 0.2 of the contract in `wit/`: its bindings, what the host offers, and its hooks as the traits of
//! `mcpmux_core::hook`.

pub(crate) mod bindings;
mod check;
mod convert;
mod guests;
mod hooks;
mod host;
mod lifecycle;

pub(crate) use guests::{Guests, Indices};
pub(crate) use hooks::{Hook, self_test};
pub(crate) use host::link;
pub(crate) use lifecycle::{describe, init};

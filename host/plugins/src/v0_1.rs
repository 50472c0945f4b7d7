//! Version 0.1 of the contract in `wit/`: its bindings, what the host offers, and its hooks.

pub(crate) mod bindings;
mod catalog;
mod host;

pub(crate) use catalog::Catalog;
pub(crate) use host::link;

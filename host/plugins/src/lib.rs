//! Where WebAssembly runs: the engine, plugins behind their WIT interfaces, and backends that are WASI
//! commands. What plugins decide, and how backends are spoken to, live elsewhere.
//!
//! Reading order: [`Engine`] is shared by all; `examine` reads a file and says what it is before
//! anything runs; [`Plugin`] checks it against the `world` and the grants, and keeps live instances;
//! `v0_1` is the contract of that version; [`WasiSandbox`] runs backends.
//!
//! `unsafe` is forbidden, as everywhere in the workspace; the bindings need none of ours.

mod cause;
mod engine;
mod examine;
mod grants;
mod inspect;
mod limiter;
mod live;
mod pipe;
mod plugin;
mod refusal;
mod sandbox;
pub mod services;
mod set;
mod state;
mod v0_1;
mod world;

pub use engine::{Engine, EngineError};
pub use grants::{Grants, Reach};
pub use inspect::{Inspection, inspect};
pub use plugin::Plugin;
pub use refusal::{LoadError, Refusal};
pub use sandbox::WasiSandbox;
pub use set::load_all;

//! Where WebAssembly runs: the engine, plugins behind their WIT interfaces, and backends that are WASI
//! commands. What plugins decide, and how backends are spoken to, live elsewhere.
//!
//! Reading order: [`Engine`] is shared by all; `examine` reads a file and says what it is before
//! anything runs; [`Plugin`] checks it against the `world` and what it `wants`, and keeps live instances;
//! `v0_1` and `v0_2` are the contract of those versions, with the hooks as `mcpmux_core::hook` knows them;
//! `grants` is what they are allowed, `services` what stands behind that; `limits` is what a call may take, `quarantine` what happens to a plugin that fails too often;
//! [`WasiSandbox`] runs backends.
//!
//! `unsafe` is denied but for one line, in `engine/cache`; the bindings need none of ours.

mod cause;
mod description;
mod engine;
mod examine;
mod grants;
mod inspect;
mod limiter;
mod limits;
mod live;
mod pipe;
mod plugin;
mod quarantine;
mod refusal;
mod rights;
mod sandbox;
mod schema;
pub mod services;
mod set;
mod state;
mod v0_1;
mod v0_2;
mod wants;
mod wasi;
mod world;

pub use description::{Description, Want};
pub use engine::{Engine, EngineError};
pub use examine::core_imports;
pub use grants::{Grants, Reach};
pub use inspect::{Inspection, describe, inspect};
pub use plugin::{Loading, Plugin};
pub use refusal::{LoadError, Refusal};
pub use sandbox::WasiSandbox;
pub use set::load_all;

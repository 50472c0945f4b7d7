//! Write a plugin for mcpmux: a struct, the [`Plugin`] trait, and the [`plugin`] attribute.
//!
//! A plugin is a WebAssembly component. The host gives it its configuration once, then calls the hooks that it writes;
//! the attribute exports these and no others. An example of each hook stands at its method of [`Plugin`].
//!
//! ```
//! use mcpmux_sdk::{Call, Doc, Plugin, Result, Verdict, deny, plugin};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! pub struct Config {
//!     /// Paths have to start with one of these.
//!     roots: Vec<String>,
//! }
//!
//! pub struct Guard {
//!     config: Config,
//! }
//!
//! #[plugin]
//! impl Plugin for Guard {
//!     type Config = Config;
//!
//!     fn new(config: Config) -> Result<Self> {
//!         Ok(Self { config })
//!     }
//!
//!     fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
//!         let Some(path) = arguments.str("/path") else { return Ok(Verdict::Allow) };
//!         if self.config.roots.iter().any(|root| path.starts_with(root)) {
//!             return Ok(Verdict::Allow);
//!         }
//!         Ok(deny("guard.path", format!("`{}` may not touch {path}", call.name)))
//!     }
//! }
//!
//! // Natively the same struct runs under `cargo test`:
//! use mcpmux_sdk::serde_json::json;
//! use mcpmux_sdk::testing::Host;
//!
//! let mut host = Host::<Guard>::new(r#"{ "roots": ["/srv/"] }"#)?;
//! let read = Call::tool("files", "read");
//! assert_eq!(host.authorize(&read, json!({"path": "/srv/a"}))?, Verdict::Allow);
//! let verdict = host.authorize(&read, json!({"path": "/etc/passwd"}))?;
//! assert_eq!(verdict, deny("guard.path", "`read` may not touch /etc/passwd"));
//!
//! // What the operator reads if the configuration is wrong:
//! let error = Host::<Guard>::new(r#"{ "roots": 5 }"#).unwrap_err();
//! assert_eq!(error.to_string(), "roots: invalid type: integer `5`, expected a sequence");
//! # Ok::<(), mcpmux_sdk::Error>(())
//! ```
//!
//! Documents stay in the host: a policy that looks at two fields pays for two fields ([`Doc`]). What a plugin may do
//! beside computing: [`log`], which is free, and [`clock`], [`random`], [`kv`], [`secrets`], [`http`], [`exec`],
//! [`entries`] and [`approvals`], which have to be wanted ([`Plugin::describe`]) and granted. A component imports of
//! these only what it calls.

extern crate self as mcpmux_sdk;

mod plugin;

pub mod catalog;
pub mod config;
pub mod credentials;
pub mod description;
pub mod doc;

mod call;
mod error;
mod host;
mod outcome;
mod verdict;

#[cfg(not(target_family = "wasm"))]
mod definition;
#[doc(hidden)]
#[cfg(target_family = "wasm")]
pub mod guest;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use call::{Call, Client, Era, Kind, Method};
pub use catalog::{Annotations, Catalog, Entry, Tool, VirtualTool};
pub use config::NoConfig;
pub use credentials::{Grant, Problem, Query, Reason};
pub use description::{Description, Want};
pub use doc::Doc;
pub use error::{Error, Result};
pub use host::{Level, approvals, clock, entries, exec, http, kv, log, random, secrets};
pub use mcpmux_sdk_macros::plugin;
pub use outcome::{Decision, ListEntry, Notice, Outcome, Status};
pub use plugin::Plugin;
pub use serde_json;
pub use verdict::{
    Action, Delivery, Denial, Obligations, Question, Reply, Source, Verdict, ask, deny, refuse,
    withhold,
};

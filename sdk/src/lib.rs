//! Write a plugin for mcpmux: a struct, the [`Plugin`] trait, and the [`plugin`] attribute.
//!
//! A plugin is a WebAssembly component. The host gives it its configuration once, then calls the hooks
//! it implements. There is one hook so far: [`Plugin::catalog`], which renames, hides and re-describes
//! tools. The attribute exports the hooks that are written, and no others.
//!
//! ```
//! use mcpmux_sdk::{Catalog, Plugin, Result, plugin};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! pub struct Config {
//!     /// The backend whose tools are to be marked as read-only.
//!     backend: String,
//! }
//!
//! pub struct ReadOnly {
//!     config: Config,
//! }
//!
//! #[plugin]
//! impl Plugin for ReadOnly {
//!     type Config = Config;
//!
//!     fn new(config: Config) -> Result<Self> {
//!         Ok(Self { config })
//!     }
//!
//!     fn catalog(&mut self, tools: &mut Catalog) -> Result<()> {
//!         for tool in tools.iter_mut() {
//!             if tool.backend() != self.config.backend {
//!                 continue;
//!             }
//!             if tool.name().starts_with("delete_") {
//!                 tool.hide();
//!             } else {
//!                 tool.set_read_only(true);
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! // Natively the same struct runs under `cargo test`:
//! use mcpmux_sdk::Tool;
//! use mcpmux_sdk::testing::Host;
//!
//! let mut host = Host::<ReadOnly>::new(r#"{ "backend": "files" }"#)?;
//! let tools = host.catalog(vec![Tool::new("files", "read"), Tool::new("files", "delete_all")])?;
//! assert_eq!(tools.names(), ["files__read"]);
//!
//! // What the operator reads if the configuration is wrong:
//! let error = Host::<ReadOnly>::new(r#"{ "backend": 5 }"#).err().unwrap();
//! assert_eq!(error.to_string(), "backend: invalid type: integer `5`, expected a string");
//! # Ok::<(), mcpmux_sdk::Error>(())
//! ```
//!
//! Build it as a `cdylib` with `cargo build --target wasm32-wasip2`. What the plugin may do beside
//! computing is in [`log`], [`clock`] and [`random`]; the component imports only those that it uses, and
//! the host links the last two only if the configuration grants them.

extern crate self as mcpmux_sdk;

mod plugin;

pub mod catalog;
pub mod config;

mod error;
mod host;

#[doc(hidden)]
#[cfg(target_family = "wasm")]
pub mod guest;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use catalog::{Catalog, Tool};
pub use config::NoConfig;
pub use error::{Error, Result};
pub use host::{Level, clock, log, random};
pub use mcpmux_sdk_macros::plugin;
pub use plugin::Plugin;
pub use serde_json;

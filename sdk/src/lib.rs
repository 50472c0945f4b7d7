//! Write a plugin for mcpmux: a struct, the [`Plugin`] trait, and the [`plugin`] attribute.

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

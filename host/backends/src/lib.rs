//! The MCP servers that mcpmux connects to: the pool, what keeps each of them connected, and the links.
//!
//! Reading order: `pool` starts and stops backends, `slot` is one of them as callers see it, `supervise`
//! the task that owns it, `listing` what it answers to lists; `link` is a live connection, with one file
//! for each way to have one. What a message looks like is `mcpmux-protocol`'s affair.

mod backoff;
mod faults;
mod link;
mod listing;
mod memory;
mod pool;
mod slot;
mod supervise;
mod waiting;

pub use pool::{Deps, Pool};

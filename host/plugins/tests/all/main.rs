//! Plugins and sandboxed backends as the floors above see them, with guests made on the spot.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod cache;
mod call;
mod guests;
mod hooks;
mod hostile;
mod load;
mod sandbox;
mod services;
mod stage;
mod start;
mod waiting;

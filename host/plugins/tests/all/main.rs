//! Plugins and sandboxed backends as the floors above see them, with guests made on the spot.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod call;
mod guests;
mod load;
mod sandbox;

//! The ways into mcpmux. What clients send is decoded here, and only here is anything written to them.
//!
//! Reading order: [`door`] is what all frontends share, [`http`] and [`stdio`] are the frontends.

mod door;
pub mod http;
pub mod stdio;

pub use door::Door;

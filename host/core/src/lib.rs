//! The pure domain of mcpmux: no I/O, no clock, no tasks; what every floor above speaks in.
//!
//! Reading order: [`json`] and [`names`] are the vocabulary, [`call`] and [`gate`] the rooms a call
//! passes, [`hook`] where plugins act on it, [`peer`] the client beside it, [`catalog`] what clients see, [`ports`] the traits by which the floors above meet.

pub mod address;
pub mod call;
pub mod catalog;
pub mod challenge;
pub mod client;
pub mod config;
pub mod era;
pub mod fault;
pub mod gate;
pub mod headers;
pub mod hook;
pub mod json;
pub mod level;
pub mod names;
pub mod pattern;
pub mod peer;
pub mod ports;
pub mod process;
pub mod uri;

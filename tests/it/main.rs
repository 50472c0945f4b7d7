//! The tests of mcpmux through its outermost interfaces: the real binary, real servers, real clients.
#![allow(missing_docs, unreachable_pub, reason = "a test binary")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
#![allow(clippy::indexing_slicing, clippy::string_slice, reason = "a test may fail")]

mod auth;
mod clients;
mod command_line;
mod config;
mod conformance;
mod examples;
mod faults;
mod first_party;
mod harness;
mod hooks;
mod input;
mod languages;
mod load;
mod lossless;
mod matrix;
mod peers;
mod plugins;
mod readme;
mod registry;
mod schemas;
mod shipped;
mod stopping;
mod sturdy;
mod swap;
mod ten_minutes;
mod vault;

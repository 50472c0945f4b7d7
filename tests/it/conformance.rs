//! The official conformance suite: what passes against a backend alone passes through mcpmux with two behind it.

mod clients;
mod expected;
mod not_yet;
mod servers;
mod suite;
mod surface;

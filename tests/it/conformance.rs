//! The official conformance suite: what passes against a backend alone passes through mcpmux with two behind it.

mod clients;
mod expected;
mod servers;
mod suite;
mod surface;

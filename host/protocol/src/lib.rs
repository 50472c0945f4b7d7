//! The wire of MCP, sans I/O: what messages look like in each era, and how they are framed.
//!
//! Reading order: [`envelope`] reads a message, [`write`] writes one, [`meta`] is what the modern era
//! puts into `_meta`, [`request`] a call on its way to a backend, [`answer`] one on its way back;
//! [`lines`], [`sse`] and [`headers`] are the framing of the transports, [`probe`] finds a backend's era.

pub mod answer;
pub mod depth;
pub mod envelope;
pub mod headers;
pub mod lines;
pub mod meta;
pub mod names;
pub mod probe;
pub mod request;
pub mod sse;
pub mod write;

pub use envelope::{Message, Rejected};

//! What must hold for any input: the properties here are also what the fuzz targets run.

pub mod cut;
pub mod envelope;
pub mod headers;
pub mod lines;
pub mod object;
pub mod sse;

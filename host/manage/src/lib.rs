//! How a person runs mcpmux: the grammar of its command line, and the texts that are printed.

pub mod cli;
pub mod print;
pub mod reference;

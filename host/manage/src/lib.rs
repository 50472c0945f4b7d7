//! How a person runs mcpmux: the grammar of its command line, the texts that are printed, and what is asked of an
//! mcpmux that runs.

pub mod admin;
pub mod cli;
pub mod print;
pub mod prompt;
pub mod reference;

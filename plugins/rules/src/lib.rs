//! What the rules of mcpmux's own policies are made of: patterns, units, JSON Pointers, and tables of a configuration
//! that report all their mistakes at once. Not a component; it knows no hook.

pub mod entry;
pub mod glob;
pub mod pointer;
pub mod table;
pub mod units;

pub use entry::Pattern;
pub use glob::{Glob, Name, Reach};
pub use table::{Mistakes, Table};

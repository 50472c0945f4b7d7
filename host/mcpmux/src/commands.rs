//! The commands, one a file.

pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod reference;
pub(crate) mod serve;
mod visit;

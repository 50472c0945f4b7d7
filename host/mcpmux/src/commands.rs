//! The commands, one a file.

pub(crate) mod auth;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod list;
pub(crate) mod plugin;
pub(crate) mod reference;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod status;
mod visit;

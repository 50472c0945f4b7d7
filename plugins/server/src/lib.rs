//! A small MCP server over standard input and output, in both eras: what the demo backends have in common.
//!
//! A backend names itself, lists its [`Tool`]s and calls [`Server::run`]. There is no state, so a legacy
//! client that skips the handshake is served all the same.

mod message;
mod server;
mod tool;

mod testing;

pub use server::Server;
pub use tool::{Code, Failure, Tool};

//! What a backend asks of its client: only `ping` is answered; sampling, roots and elicitation are declined.

use mcpmux_core::json::Raw;
use mcpmux_protocol::names::{METHOD_NOT_FOUND, PING};
use mcpmux_protocol::write;

/// The answer to a backend's request.
pub(crate) fn answer(id: &Raw, method: &str) -> Vec<u8> {
    if method == PING {
        return write::result(id, Raw::literal("{}"));
    }
    write::error(Some(id), METHOD_NOT_FOUND, "Method not found", None)
}

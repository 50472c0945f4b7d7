//! Which headers of a request to a backend are mcpmux's own, and so nobody else's to write.

/// Headers that mcpmux writes for every request, or that belong to one connection; in lower case.
const OURS: [&str; 13] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What the names of MCP's own headers start with.
const PROTOCOL: &str = "mcp-";

/// Whether mcpmux writes the header of this name, in lower case, itself.
#[must_use]
pub fn is_ours(name: &str) -> bool {
    OURS.contains(&name) || name.starts_with(PROTOCOL)
}

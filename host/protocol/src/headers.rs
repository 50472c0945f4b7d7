//! The HTTP headers of MCP, and how a value that headers cannot hold is put into one.

pub mod mirror;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The revision spoken.
pub const VERSION: &str = "mcp-protocol-version";
/// The session, in the legacy era.
pub const SESSION: &str = "mcp-session-id";
/// The event after which a stream is to go on, in the legacy era.
pub const LAST_EVENT: &str = "last-event-id";
/// The method, in the modern era.
pub const METHOD: &str = "mcp-method";
/// The entry asked for, in the modern era.
pub const NAME: &str = "mcp-name";

const OPEN: &str = "=?base64?";
const CLOSE: &str = "?=";

/// A value as a header can hold it: itself, or its UTF-8 in Base64 between `=?base64?` and `?=`
/// (2026-07-28, transports/streamable-http, value encoding).
#[must_use]
pub fn encode(value: &str) -> String {
    let plain = value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        && value.trim() == value
        && !(value.starts_with(OPEN) && value.ends_with(CLOSE));
    if plain { value.to_owned() } else { format!("{OPEN}{}{CLOSE}", STANDARD.encode(value)) }
}

/// The value that a header holds; `None` if it is not what [`encode`] writes.
#[must_use]
pub fn decode(header: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(header).ok()?.trim();
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t') {
        return None;
    }
    let Some(encoded) = text.strip_prefix(OPEN).and_then(|text| text.strip_suffix(CLOSE)) else {
        return Some(text.to_owned());
    };
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives() {
        for value in ["files__read", "späße", " padded ", "a\r\nb: c", "", "=?base64?x?=", "日本"]
        {
            let header = encode(value);
            assert!(header.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{header}");
            assert_eq!(decode(header.as_bytes()).as_deref(), Some(value));
        }
        assert_eq!(encode("files__read"), "files__read");
    }

    #[test]
    fn what_no_header_may_hold_is_refused() {
        for wrong in [&b"\xff"[..], b"=?base64?%%?=", b"=?base64?/w==?=", "ä".as_bytes()] {
            assert_eq!(decode(wrong), None);
        }
    }
}

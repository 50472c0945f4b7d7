//! Values in headers: every text survives, a header holds nothing that could end it, and reading refuses calmly.

use mcpmux_protocol::headers::{decode, encode};

/// Returns whether it was read as a header.
pub fn hold(input: &[u8]) -> bool {
    let value = String::from_utf8_lossy(input);
    let header = encode(&value);
    assert!(header.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{header:?}");
    assert_eq!(header.trim(), header);
    assert_eq!(decode(header.as_bytes()).as_deref(), Some(&*value), "{header:?}");
    let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && !value.starts_with("=?") {
        assert_eq!(header, value, "what needs no encoding has none");
    }
    let read = decode(input);
    assert_eq!(read.as_ref().and_then(|read| decode(encode(read).as_bytes())), read);
    read.is_some()
}

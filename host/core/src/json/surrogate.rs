//! Escapes of half a surrogate pair (RFC 8259, section 8.2): JSON's grammar allows them, but they stand for no text, and
//! readers differ in what they make of them.

/// Whether a JSON text holds one.
#[must_use]
pub fn is_in(text: &[u8]) -> bool {
    next(text, 0).is_some()
}

/// The text with an escape of U+FFFD in the place of each.
pub(super) fn replaced(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut done = 0;
    while let Some(at) = next(text, done) {
        out.extend_from_slice(text.get(done..at).unwrap_or_default());
        out.extend_from_slice(b"\\ufffd");
        done = at + ESCAPE;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    out
}

/// The length of `\uXXXX`.
const ESCAPE: usize = 6;

/// Where the first one begins, at or after an index that is not within an escape.
fn next(text: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr::memchr(b'\\', text.get(from..)?)?;
        match half(text, at) {
            None => from = at + 2,
            Some(Half::First) if matches!(half(text, at + ESCAPE), Some(Half::Second)) => {
                from = at + 2 * ESCAPE;
            }
            Some(_) => return Some(at),
        }
    }
}

/// A half of a pair.
enum Half {
    First,
    Second,
}

/// Which half is escaped here; `None`: something else is.
fn half(text: &[u8], at: usize) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', digit, _, _] = text.get(at..at + ESCAPE)? else { return None };
    match digit {
        b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::First),
        b'c'..=b'f' | b'C'..=b'F' => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_without_the_other_are_found() {
        for (text, expected) in [
            (r#""\ud83d\ude00""#, false),
            (r#""\uD83D\uDE00 \u00e9 \\ud800 \ue000""#, false),
            (r#""\ud83d""#, true),
            (r#""\ud83dx\ude00""#, true),
            (r#""\ude00\ud83d""#, true),
            (r#""\\\ud83d\ud83d\ude00""#, true),
            (r#""\ud8"#, false),
        ] {
            assert_eq!(is_in(text.as_bytes()), expected, "{text}");
        }
    }
}

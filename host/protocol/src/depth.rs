//! How deeply a JSON text is nested: a bound that keeps a hostile message from overrunning a peer's parser.

/// The deepest nesting that is passed on, which is also the default of many parsers.
pub const LIMIT: usize = 128;

/// Whether no value of a JSON text lies deeper than `limit` arrays and objects. Texts that are no JSON are
/// judged somehow; the parser refuses them.
#[must_use]
pub fn is_within(text: &[u8], limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => rest = after_string(after),
            _ => {}
        }
    }
    true
}

/// What follows a string whose opening quote is behind us.
fn after_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', text) {
        let closes = text.get(at) == Some(&b'"');
        // A backslash takes the byte after it along.
        let skip = if closes { at + 1 } else { at + 2 };
        text = text.get(skip..).unwrap_or_default();
        if closes {
            return text;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings() {
        let check = |text: &str, limit, expected| {
            assert_eq!(is_within(text.as_bytes(), limit), expected, "{text}")
        };
        check("[[]]", 2, true);
        check("[[]]", 1, false);
        check("[][][]", 1, true);
        check(r#"{"a\"[[[":"\\"}"#, 1, true);
        check(r#"{"a":"[","b":[{}]}"#, 2, false);
        check("\"[[[", 1, true);
        check(&"[".repeat(100_000), LIMIT, false);
    }
}

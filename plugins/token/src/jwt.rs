//! What a JSON Web Token (RFC 7519) says of its own end. Whether it is genuine is for the backend to say.

use mcpmux_sdk::serde_json::{self, Value};

/// Seconds since 1970 after which the token must not be accepted (`exp`, RFC 7519, section 4.1.4); none if it does not
/// say, or is no such token.
pub(crate) fn expiry(token: &str) -> Option<f64> {
    let mut parts = token.split('.');
    let (header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let object = |part| serde_json::from_slice::<Value>(&decode(part)?).ok();
    object(header)?.get("alg")?;
    object(payload)?.get("exp")?.as_f64().filter(|seconds| *seconds >= 0.0)
}

/// Base64 for URLs, without padding (RFC 4648, section 5).
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_token_is_read_without_checking_it() {
        let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
        // {"sub":"x","exp":1767225600}
        let with = "eyJzdWIiOiJ4IiwiZXhwIjoxNzY3MjI1NjAwfQ";
        assert_eq!(expiry(&format!("{header}.{with}.c2ln")), Some(1_767_225_600.0));
        // {"sub":"x"}
        assert_eq!(expiry(&format!("{header}.eyJzdWIiOiJ4In0.c2ln")), None);
        for other in [
            "",
            "opaque",
            "a.b.c",
            &format!("{header}.{with}"),
            &format!("{header}.{with}.x.y"),
            &format!("{with}.{with}.x"),
            &format!("{header}.{with}=.x"),
        ] {
            assert_eq!(expiry(other), None, "{other}");
        }
    }

    #[test]
    fn the_alphabet_for_urls_is_decoded() {
        assert_eq!(decode("-_-_").unwrap(), [0xfb, 0xff, 0xbf]);
        assert_eq!(decode("YQ").unwrap(), b"a");
        assert_eq!(decode("YWI").unwrap(), b"ab");
        assert_eq!(decode("a+b/"), None);
    }
}

//! What a plugin gave as a credential, made sure of before any of it is sent. No text here holds a value.

use http::{HeaderName, HeaderValue};
use mcpmux_core::config::Secret;
use mcpmux_core::headers::is_ours;
use mcpmux_core::ports::Shown;

/// The most headers of a credential.
const COUNT: usize = 16;
/// The most bytes of their names and values; many servers refuse more.
const SIZE: usize = 16 << 10;

/// The headers with their names in lower case; an error says which cannot be sent.
pub(crate) fn headers(given: Vec<(String, Secret)>) -> Result<Shown, String> {
    let size: usize = given.iter().map(|(name, value)| name.len() + value.reveal().len()).sum();
    if given.len() > COUNT || size > SIZE {
        return Err(format!("it has more than {COUNT} headers, or {SIZE} bytes of them"));
    }
    let mut headers = Shown::with_capacity(given.len());
    for (name, value) in given {
        let shown = name.chars().take(64).collect::<String>().escape_debug().to_string();
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(format!("`{shown}` cannot be the name of a header"));
        };
        let name = name.as_str().to_owned();
        if is_ours(&name) {
            return Err(format!("the header `{shown}` is written by mcpmux"));
        }
        if headers.iter().any(|(before, _)| *before == name) {
            return Err(format!("the header `{shown}` is there twice"));
        }
        let text = value.reveal();
        if !text.is_ascii() || HeaderValue::from_str(text).is_err() {
            return Err(format!(
                "the value of the header `{shown}` holds a character that no header can"
            ));
        }
        headers.push((name, value));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)]) -> Result<Shown, String> {
        let secret = |text: &str| Secret::new(text.to_owned());
        headers(pairs.iter().map(|(name, value)| ((*name).to_owned(), secret(value))).collect())
    }

    #[test]
    fn names_are_taken_in_any_case() {
        let headers = check(&[("Authorization", "Bearer a"), ("X-Team", "")]).unwrap();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["authorization", "x-team"]);
        assert_eq!(check(&[]), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_sent_is_named_and_its_value_is_not() {
        let long = "s3cret".repeat(SIZE);
        for (name, value, part) in [
            ("authorization", "s3cret\r\nX-Evil: 1", "`authorization` holds a character"),
            ("authorization", "s3cret\n", "`authorization` holds"),
            ("authorization", "s3cret\u{e4}", "`authorization` holds"),
            ("authorization", "s3cret\0", "`authorization` holds"),
            ("x y", "s3cret", "`x y` cannot be the name"),
            ("", "s3cret", "`` cannot be the name"),
            ("x\r\n", "s3cret", "`x\\r\\n` cannot be the name"),
            ("Host", "s3cret", "`Host` is written by mcpmux"),
            ("content-length", "0", "is written by mcpmux"),
            ("Mcp-Session-Id", "s3cret", "is written by mcpmux"),
            ("authorization", &long, "16384 bytes"),
        ] {
            let why = check(&[(name, value)]).unwrap_err();
            assert!(why.contains(part) && !why.contains("s3cret"), "{name}: {why}");
        }
        assert!(check(&[("x-a", "1"), ("X-A", "2")]).unwrap_err().contains("twice"));
        assert!(check(&[("x", ""); 17]).unwrap_err().contains("more than 16"));
    }
}

//! JSON Pointers (RFC 6901) as a configuration writes them: only whether they are any; following them is the host's.

/// Checks that a text is a JSON Pointer.
///
/// # Errors
/// Why it is none.
pub fn check(text: &str) -> Result<(), String> {
    if !text.is_empty() && !text.starts_with('/') {
        return Err(format!("`{text}` is no JSON Pointer; it starts with `/`, as in `/path`"));
    }
    let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if escapes {
        Ok(())
    } else {
        Err(format!("`{text}` is no JSON Pointer; a `~` is written `~0`, a `/` within a key `~1`"))
    }
}

/// A key as it stands within a pointer.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_start_with_a_slash_and_escape_two_characters() {
        for right in ["", "/", "/a/0", "/a~1b/c~0d"] {
            assert_eq!(check(right), Ok(()));
        }
        assert!(check("path").unwrap_err().contains("starts with `/`"));
        for wrong in ["/a~", "/a~2", "/~/b"] {
            assert!(check(wrong).unwrap_err().contains("`~0`"), "{wrong}");
        }
        assert_eq!(escape("a/b~c"), "a~1b~0c");
    }
}

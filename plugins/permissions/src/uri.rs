//! The ways in which a URI can be read: as it stands, and as those read it who decode it and walk its steps.

use mcpmux_plugin_rules::Name;

/// All readings of a URI that differ; none if it is written so that nobody can say how it is read.
pub(crate) fn readings(uri: &str) -> Option<Vec<Name>> {
    let Some((scheme, rest)) = uri.split_once("://") else {
        return (!holds_escape(uri)).then(|| vec![Name::exact(uri)]);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, query) = rest.split_at_checked(end)?;
    let path = decode(path)?.replace('\\', "/");
    if holds_escape(&path) || path.chars().any(char::is_control) {
        return None;
    }
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let walked = format!("{scheme}://{authority}{}{query}", walk(&path));
    let mut readings = vec![Name::exact(uri)];
    if walked != uri {
        readings.push(Name::exact(&walked));
    }
    Some(readings)
}

/// Whether decoding once more would find a step in it.
fn holds_escape(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|escape| text.contains(escape))
}

/// The path with its `%XX` decoded; what is no text then cannot be compared.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The path without `.`, `..` and empty steps.
fn walk(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    let mut walked = String::new();
    for step in &steps {
        walked.push('/');
        walked.push_str(step);
    }
    let is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if is_folder {
        walked.push('/');
    }
    walked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, expected: &[&str]) {
        let expected: Vec<Name> = expected.iter().map(|name| Name::exact(name)).collect();
        assert_eq!(readings(uri), Some(expected), "{uri}");
    }

    #[test]
    fn a_uri_in_its_plain_form_has_one_reading() {
        for uri in [
            "file:///data/x",
            "file:///data/",
            "repo://owner/name?x=/../",
            "test://a",
            "urn:x:y",
            "plain",
        ] {
            check(uri, &[uri]);
        }
    }

    #[test]
    fn steps_and_escapes_make_a_second_reading() {
        check("file:///a/../b", &["file:///a/../b", "file:///b"]);
        check("FILE:///a//./b/", &["FILE:///a//./b/", "file:///a/b/"]);
        check("file:///a/%2e%2E/b%2Fc", &["file:///a/%2e%2E/b%2Fc", "file:///b/c"]);
        check("file:///a\\..\\b", &["file:///a\\..\\b", "file:///b"]);
        check("file:///a%20b", &["file:///a%20b", "file:///a b"]);
        check("repo://Owner/x", &["repo://Owner/x", "repo://owner/x"]);
    }

    #[test]
    fn what_decodes_twice_or_to_no_text_cannot_be_read() {
        for uri in
            ["file:///%252e%252e/x", "file:///%ff", "file:///%2", "file:///%00", "urn:%2e%2e/x"]
        {
            assert_eq!(readings(uri), None, "{uri}");
        }
    }
}

//! What a backend says when it refuses: the `Bearer` challenge of `WWW-Authenticate` (RFC 9110, section 11.6.1), and what a
//! scope is.

/// The most scopes that are taken of a peer.
const SCOPES: usize = 128;
/// The most bytes of them.
const LENGTH: usize = 4 << 10;

/// The parameters of a `Bearer` challenge that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Where the protected resource's metadata is (RFC 9728, section 5.1).
    pub resource_metadata: Option<String>,
    /// The scopes that are wanted, with a space between two, as [`scopes`] lets them pass; `None`: it names none.
    pub scope: Option<String>,
    /// The error's code (RFC 6750, section 3.1).
    pub error: Option<String>,
}

/// Whether a text is one scope (`scope-token` of RFC 6749, section 3.3).
#[must_use]
pub fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '!' | '#'..='[' | ']'..='~'))
}

/// The scopes among a peer's words: what is none is left out, and so is what comes after 128 of them or 4 KiB.
pub fn scopes<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut length = 0;
    let fits = |word: &&str| {
        length += word.len() + 1;
        length <= LENGTH
    };
    let words = words.into_iter().filter(|word| is_scope(word));
    words.take(SCOPES).take_while(fits).map(str::to_owned).collect()
}

impl Challenge {
    /// Whether more scopes would help.
    #[must_use]
    pub fn wants_scopes(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }

    /// Reads the first `Bearer` challenge of a header's value, or of several joined by commas.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut bearer = false;
        let mut seen = false;
        let mut rest = text;
        while let Some((word, after)) = token(rest) {
            let after = after.trim_start_matches([' ', '\t']);
            let Some(value) = after.strip_prefix('=').filter(|value| !is_padding(value)) else {
                // A scheme, or what follows one in a single piece.
                if seen {
                    break;
                }
                bearer = word.eq_ignore_ascii_case("bearer");
                rest = after.trim_start_matches('=');
                continue;
            };
            let Some((value, after)) = value_of(value.trim_start_matches([' ', '\t'])) else {
                break;
            };
            rest = after;
            if !bearer {
                continue;
            }
            seen = true;
            let place = match word.to_ascii_lowercase().as_str() {
                "resource_metadata" => &mut found.resource_metadata,
                "scope" => &mut found.scope,
                "error" => &mut found.error,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        let scope = found.scope.map(|scope| scopes(scope.split_ascii_whitespace()).join(" "));
        found.scope = scope.filter(|scope| !scope.is_empty());
        found
    }
}

/// Whether `=` belongs to a `token68` instead of standing between a name and its value.
fn is_padding(after: &str) -> bool {
    let after = after.trim_start_matches('=').trim_start();
    after.is_empty() || after.starts_with(',')
}

/// The next token, and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c);
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    (!word.is_empty()).then_some((word, rest))
}

/// A value in quotes or not, and what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text)?;
        return Some((word.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: [Option<&str>; 3]) {
        let Challenge { resource_metadata, scope, error } = Challenge::parse(text);
        let found = [resource_metadata.as_deref(), scope.as_deref(), error.as_deref()];
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_bearer_challenge_is_found_among_others() {
        check(
            r#"Bearer resource_metadata="https://h/x?a=b,c", scope="a b", error="insufficient_scope""#,
            [Some("https://h/x?a=b,c"), Some("a b"), Some("insufficient_scope")],
        );
        check(r#"Basic realm="x, Bearer scope=no", bearer scope=one"#, [None, Some("one"), None]);
        check(
            r#"Negotiate abc==, Bearer error="invalid_token""#,
            [None, None, Some("invalid_token")],
        );
        check(r#"Bearer, Basic scope="no""#, [None, None, None]);
        check(r#"Bearer scope="a", Digest scope="c", error=x"#, [None, Some("a"), None]);
        check(r#"DPoP algs="ES256", Bearer scope = "a""#, [None, Some("a"), None]);
    }

    #[test]
    fn what_is_no_scope_is_left_out() {
        check(r#"Bearer scope="a\"b c\\d  e \"; rm""#, [None, Some("e rm"), None]);
        check("Bearer scope=\"\u{e4} \t \u{7f}\"", [None, None, None]);
        check(r#"Bearer realm="error=insufficient_scope, scope=no""#, [None, None, None]);
        let many = vec!["s"; SCOPES + 1];
        assert_eq!(scopes(many).len(), SCOPES);
        let long = "s".repeat(LENGTH);
        assert_eq!(scopes(["a", long.as_str(), "b"]), ["a"]);
    }

    #[test]
    fn what_is_no_challenge_says_nothing() {
        for text in
            ["", "=", "Bearer", "Bearer scope=", "Bearer scope=\"a", "\u{0}", ",,,", "Bearer \"x\""]
        {
            check(text, [None, None, None]);
        }
    }
}

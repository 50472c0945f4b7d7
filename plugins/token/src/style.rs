//! How a token is shown: in which header, after which word.

use mcpmux_plugin_rules::{Mistakes, Table};
use mcpmux_sdk::Grant;

/// The longest value of a header that is handed on, in bytes.
const LONGEST: usize = 16 << 10;

/// A header and what stands in it before the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    header: String,
    scheme: String,
}

impl Style {
    /// Takes `header` and `scheme`; `authorization` and `Bearer` if they are not given.
    pub fn read(table: &mut Table, mistakes: &mut Mistakes) -> Self {
        let own = table.has("header");
        let header =
            table.checked("header", |name| name_of(name).map(|()| name.to_owned()), mistakes);
        let header = header.unwrap_or_else(|| "authorization".to_owned());
        let scheme = |text: &str| {
            let fits = text.is_empty() || is_token(text);
            let why = || format!("`{text}` is no scheme; write one word, as `Bearer`, or nothing");
            if fits { Ok(text.to_owned()) } else { Err(why()) }
        };
        let usual =
            if own && !header.eq_ignore_ascii_case("authorization") { "" } else { "Bearer" };
        let scheme = table.checked("scheme", scheme, mistakes);
        Self { header, scheme: scheme.unwrap_or_else(|| usual.to_owned()) }
    }

    /// The header with the token.
    ///
    /// # Errors
    /// If the token cannot stand in one; the text does not show it.
    pub fn grant(&self, token: &str) -> Result<Grant, String> {
        let value = match self.scheme.as_str() {
            "" => token.to_owned(),
            scheme => format!("{scheme} {token}"),
        };
        check_value(token)?;
        Ok(Grant::header(self.header.as_str(), value))
    }
}

/// Checks that a text can be the name of a header.
///
/// # Errors
/// If it cannot.
pub fn name_of(name: &str) -> Result<(), String> {
    if is_token(name) {
        Ok(())
    } else {
        Err(format!("`{}` is no name of a header", name.escape_debug()))
    }
}

/// Checks that a text can be the value of a header.
///
/// # Errors
/// Why it cannot, without showing it.
pub fn check_value(value: &str) -> Result<(), String> {
    let why = if value.is_empty() {
        "it is empty"
    } else if value.len() > LONGEST {
        "it is longer than 16 KiB"
    } else if value.contains(['\n', '\r']) {
        "it has several lines"
    } else if !value.bytes().all(|c| c == b' ' || c.is_ascii_graphic()) {
        "it holds characters that no header can"
    } else {
        return Ok(());
    };
    Err(why.to_owned())
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpmux_sdk::serde_json::{Value, json};

    fn style(config: Value) -> Result<Style, String> {
        let mut mistakes = Mistakes::default();
        let mut table = Table::new("b", config, &mut mistakes).unwrap();
        let style = Style::read(&mut table, &mut mistakes);
        mistakes.or(Some(style)).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check(config: Value, header: &str, value: &str) {
        let grant = style(config).unwrap().grant("t").unwrap();
        assert_eq!(grant.headers, [(header.to_owned(), value.to_owned())]);
    }

    #[test]
    fn a_token_stands_in_the_header_that_is_configured() {
        check(json!({}), "authorization", "Bearer t");
        check(json!({"scheme": "token"}), "authorization", "token t");
        check(json!({"header": "X-Api-Key"}), "X-Api-Key", "t");
        check(json!({"header": "Authorization"}), "Authorization", "Bearer t");
        check(json!({"header": "x-key", "scheme": "Key"}), "x-key", "Key t");
        check(json!({"scheme": ""}), "authorization", "t");
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_refused_without_showing_it() {
        let style = style(json!({})).unwrap();
        let long = "x".repeat(17 << 10);
        for (token, why) in [
            ("", "empty"),
            ("secret\r\nx: y", "several lines"),
            ("secret\0", "characters"),
            ("sécret", "characters"),
            (long.as_str(), "16 KiB"),
        ] {
            let error = style.grant(token).unwrap_err();
            assert!(
                error.contains(why) && !error.contains("cret") && !error.contains("xxx"),
                "{error}"
            );
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            style(json!({"header": "a b"})).unwrap_err(),
            "b.header: `a b` is no name of a header"
        );
        let error = style(json!({"scheme": "a b"})).unwrap_err();
        assert_eq!(error, "b.scheme: `a b` is no scheme; write one word, as `Bearer`, or nothing");
    }
}

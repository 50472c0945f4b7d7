//! The client credentials grant of OAuth 2.0 (RFC 6749, section 4.4), as a request.

use mcpmux_plugin_rules::{Mistakes, Table};
use mcpmux_sdk::{Problem, http};

use crate::template::{Filling, Template};

/// What the token endpoint is told.
#[derive(Debug)]
pub(crate) struct Oauth {
    client_id: Template,
    client_secret: Template,
    /// `scope`, `audience`, `resource`: those that are given.
    fields: Vec<(&'static str, Template)>,
    /// Whether id and secret stand in the body; else in the `Authorization` header (section 2.3.1).
    in_body: bool,
}

impl Oauth {
    /// Reads the table `oauth`; the endpoint's URL is beside it.
    pub(crate) fn read(mut table: Table, mistakes: &mut Mistakes) -> Option<(Self, String)> {
        let before = mistakes.count();
        for key in ["token_url", "client_id", "client_secret"] {
            if !table.has(key) {
                mistakes.add(table.place(), format_args!("missing key `{key}`"));
            }
        }
        let token_url = table.take::<String>("token_url", mistakes);
        let client_id = table.checked("client_id", Template::new, mistakes);
        let at = table.at("client_secret");
        let client_secret = table.checked("client_secret", Template::new, mistakes);
        if client_secret.as_ref().is_some_and(|secret| !secret.is_secret()) {
            mistakes
                .add(&at, "stands in the open; put it into `secrets` and write `{secret:NAME}`");
        }
        let mut fields = Vec::new();
        for key in ["scope", "audience", "resource"] {
            fields.extend(table.checked(key, Template::new, mistakes).map(|text| (key, text)));
        }
        let place = |text: &str| match text {
            "basic" => Ok(false),
            "body" => Ok(true),
            _ => Err(format!("`{text}` is neither `basic` nor `body`")),
        };
        let in_body = table.checked("auth", place, mistakes).unwrap_or_default();
        table.end(mistakes);
        if mistakes.count() > before {
            return None;
        }
        let oauth = Self { client_id: client_id?, client_secret: client_secret?, fields, in_body };
        Some((oauth, token_url?))
    }

    /// The request with what it is told.
    pub(crate) fn put(
        &self,
        request: http::Request,
        filling: &mut Filling<'_>,
    ) -> Result<http::Request, Problem> {
        let id = self.client_id.fill(filling)?;
        let secret = self.client_secret.fill(filling)?;
        let mut fields = vec![("grant_type", "client_credentials".to_owned())];
        for (key, template) in &self.fields {
            fields.push((key, template.fill(filling)?));
        }
        let mut request = request;
        if self.in_body {
            fields.push(("client_id", id));
            fields.push(("client_secret", secret));
        } else {
            let pair = format!("{}:{}", encoded(&id), encoded(&secret));
            request = request.header("authorization", format!("Basic {}", base64(pair.as_bytes())));
        }
        let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        Ok(request.form(&fields))
    }
}

/// As forms write it (RFC 6749, appendix B).
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_usize {
            let index = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap_or_default();
            let letter = LETTERS.get(index).copied().filter(|_| at <= chunk.len());
            text.push(char::from(letter.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        for (text, expected) in
            [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("id:s?>", "aWQ6cz8+")]
        {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn what_a_form_gives_a_meaning_to_is_encoded() {
        assert_eq!(encoded("a:b c%ä"), "a%3Ab%20c%25%C3%A4");
    }
}

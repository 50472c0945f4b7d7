//! Passwords in URLs, and URLs that are a password themselves.

use super::Findings;
use super::random::is_placeholder;
use crate::bytes::{byte, follows, is_word, part, span, span_back};
use crate::kind::Kind;

const WEBHOOK: &[u8] = b"//hooks.slack.com/";

/// Looks at the `:` of a URL's scheme.
pub(super) fn credentials(text: &[u8], at: usize, findings: &mut Findings) {
    if !follows(text, at, b"://") {
        return;
    }
    if follows(text, at + 1, WEBHOOK) {
        let path = at + 1 + WEBHOOK.len();
        let end = span(text, path, |byte| is_word(byte) || byte == b'/');
        if end - path >= 30 {
            findings.add(Kind::SLACK, path, end);
        }
    }
    if !findings.wants(Kind::URL_PASSWORD)
        || span_back(text, at, 1, |byte| byte.is_ascii_alphanumeric()) == at
    {
        return;
    }
    let user = at + 3;
    let colon = span(text, user, |byte| is_userinfo(byte) && byte != b':');
    if byte(text, colon) != b':' || colon - user > 256 {
        return;
    }
    let password = colon + 1;
    let limit = text.len().min(password + 256);
    // A password may hold an `@` that should have been escaped: the last one is the end.
    let end =
        password + span(part(text, password, limit), 0, |byte| is_userinfo(byte) || byte == b'@');
    let Some(length) = part(text, password, end).iter().rposition(|byte| *byte == b'@') else {
        return;
    };
    let secret = part(text, password, password + length);
    if !secret.is_empty() && !is_placeholder(secret) && is_host(byte(text, password + length + 1)) {
        findings.add(Kind::URL_PASSWORD, password, password + length);
    }
}

fn is_userinfo(byte: u8) -> bool {
    byte > b' '
        && !matches!(byte, b'/' | b'?' | b'#' | b'@' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\')
}

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'['
}

//! Resource URIs of several backends in one list: telling apart those that two backends claim, and templates.
//!
//! A URI that one backend offers stays as it is. Where a second backend offers the same one, its own is qualified:
//! `mcpmux+BACKEND+` before it, or, for `ui://`, whose scheme hosts look at, `ui://mcpmux.BACKEND/` in place of
//! `ui://`. Both can be undone, and what is qualified is still a URI (RFC 3986) or a template (RFC 6570).

use crate::names::BackendName;

/// Before a qualified URI: scheme characters only.
const PREFIX: &str = "mcpmux+";
/// The scheme of MCP Apps, which has to stay in front.
const UI: &str = "ui://";
/// Before the backend in a qualified `ui://` URI.
const UI_PREFIX: &str = "ui://mcpmux.";

/// The URI, or template, as a client sees it when another backend's has the plain form.
#[must_use]
pub fn qualify(backend: &BackendName, uri: &str) -> String {
    uri.strip_prefix(UI).map_or_else(
        || format!("{PREFIX}{}+{uri}", backend.as_str()),
        |rest| format!("{UI_PREFIX}{}/{rest}", backend.as_str()),
    )
}

/// Undoes [`qualify`]; `None` if the URI is not qualified.
#[must_use]
pub fn unqualify(uri: &str) -> Option<(BackendName, String)> {
    if let Some(rest) = uri.strip_prefix(UI_PREFIX) {
        let (backend, rest) = rest.split_once('/')?;
        return Some((BackendName::new(backend).ok()?, format!("{UI}{rest}")));
    }
    let (backend, rest) = uri.strip_prefix(PREFIX)?.split_once('+')?;
    Some((BackendName::new(backend).ok()?, rest.to_owned()))
}

/// Whether a URI may have come out of a template (RFC 6570). A simple expression stands for at least one character
/// of one path segment; one with an operator for anything. Takes time proportional to both lengths.
#[must_use]
pub fn matches(template: &str, uri: &str) -> bool {
    let text = uri.as_bytes();
    // Most templates are told apart by how they begin.
    let begin = template.split_once('{').map_or(template, |(literal, _)| literal);
    if !uri.starts_with(begin) {
        return false;
    }
    // At which places of the URI the part of the template that was looked at can end.
    let mut ends = vec![false; text.len() + 1];
    if let Some(start) = ends.first_mut() {
        *start = true;
    }
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((expression, after)) = after.split_once('}') else { break };
        ends = after_literal(&ends, literal.as_bytes(), text);
        let any = expression.starts_with(['+', '#', '.', '/', ';', '?', '&']);
        ends = after_expression(&ends, any, text);
        rest = after;
    }
    after_literal(&ends, rest.as_bytes(), text).last().copied().unwrap_or(false)
}

fn after_literal(ends: &[bool], literal: &[u8], text: &[u8]) -> Vec<bool> {
    let mut next = vec![false; ends.len()];
    for (at, _) in ends.iter().enumerate().filter(|(_, end)| **end) {
        if text.get(at..).is_some_and(|rest| rest.starts_with(literal))
            && let Some(end) = next.get_mut(at + literal.len())
        {
            *end = true;
        }
    }
    next
}

fn after_expression(ends: &[bool], any: bool, text: &[u8]) -> Vec<bool> {
    let mut next = if any { ends.to_vec() } else { vec![false; ends.len()] };
    let mut inside = false;
    for (at, byte) in text.iter().enumerate() {
        inside = (inside || ends.get(at) == Some(&true)) && (any || *byte != b'/');
        if inside && let Some(end) = next.get_mut(at + 1) {
            *end = true;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qualified_uri_can_be_undone() {
        let backend = BackendName::new("git-hub").unwrap();
        for (uri, expected) in [
            ("file:///a b", "mcpmux+git-hub+file:///a b"),
            ("test://t/{id}", "mcpmux+git-hub+test://t/{id}"),
            ("ui://w/view.html", "ui://mcpmux.git-hub/w/view.html"),
            ("mcpmux+x+a+b:c", "mcpmux+git-hub+mcpmux+x+a+b:c"),
        ] {
            assert_eq!(qualify(&backend, uri), expected);
            assert_eq!(unqualify(expected), Some((backend.clone(), uri.to_owned())));
        }
        for plain in ["file:///a", "mcpmux+", "mcpmux+x", "mcpmux+A+x", "ui://mcpmux.x", "ui://x/y"]
        {
            assert_eq!(unqualify(plain), None, "{plain}");
        }
    }

    #[track_caller]
    fn check(template: &str, uri: &str, expected: bool) {
        assert_eq!(matches(template, uri), expected, "{template} {uri}");
    }

    #[test]
    fn templates_match_what_can_come_out_of_them() {
        check("test://t/{id}/data", "test://t/7/data", true);
        check("test://t/{id}/data", "test://t/7/8/data", false);
        check("test://t/{id}/data", "test://t//data", false);
        check("file:///{+path}", "file:///a/b/c", true);
        check("x://{a}{?q}", "x://1?q=/2", true);
        check("x://{a}-{b}", "x://1-2-3", true);
        check("x://plain", "x://plain", true);
        check("x://{broken", "x://{broken", true);
        check("x://{a}", "y://1", false);
    }
}

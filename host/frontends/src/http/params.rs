//! `Mcp-Param-*`: headers that mirror arguments which a tool's schema marks, held against the body
//! (2026-07-28, transports/streamable-http, custom headers from tool parameters).

use hyper::header::{HeaderMap, HeaderName};
use mcpmux_core::call::Method;
use mcpmux_core::catalog::EntryKind;
use mcpmux_core::json::Raw;
use mcpmux_protocol::headers::{self, mirror};

use crate::door::{Door, Request};

/// What marks a property in a schema.
const MARK: &[u8] = b"x-mcp-header";

/// Whether the headers of a `tools/call` mirror its arguments, as the tool's schema wants it.
///
/// # Errors
/// Which one does not.
pub(super) fn check(door: &Door, headers: &HeaderMap, request: &Request) -> Result<(), String> {
    if request.method != Method::ToolsCall.as_str() {
        return Ok(());
    }
    let name = request.params.get("name").and_then(Raw::as_string);
    let tool = name.and_then(|name| door.mux.definition(&request.client, EntryKind::Tool, &name));
    let Some(tool) = tool else {
        return Ok(());
    };
    // Nearly no tool has the mark, and then nothing has to be read; it may be written with escapes.
    let holds = |text: &[u8]| memchr::memmem::find(tool.as_bytes(), text).is_some();
    if !holds(MARK) && !holds(b"\\u") {
        return Ok(());
    }
    let schema = tool.object().ok().and_then(|mut tool| tool.take("inputSchema"));
    let wanted = schema.and_then(|schema| mirror::wanted(&schema).ok()).unwrap_or_default();
    let nothing = Raw::literal("{}");
    compare(headers, &wanted, request.params.get("arguments").unwrap_or(&nothing))
}

/// Holds each marked argument against its header; what is absent or `null` has none.
fn compare(
    headers: &HeaderMap,
    wanted: &[mirror::Mirrored],
    arguments: &Raw,
) -> Result<(), String> {
    let expected = mirror::headers(wanted, arguments);
    for mirror::Mirrored { header, .. } in wanted {
        let body = expected.iter().find(|(name, _)| name == header).map(|(_, value)| value);
        let body = body.and_then(|value| headers::decode(value.as_bytes()));
        let name = HeaderName::from_bytes(header.as_bytes()).map_err(|error| error.to_string())?;
        let mut values = headers.get_all(name).iter();
        match (values.next(), body) {
            (None, None) => {}
            (None, Some(_)) => return Err(format!("the header `{header}` is missing")),
            (Some(value), Some(body))
                if values.next().is_none()
                    && headers::decode(value.as_bytes()).is_some_and(|said| same(&said, &body)) => {
            }
            _ => return Err(format!("the header `{header}` does not mirror the body")),
        }
    }
    Ok(())
}

/// Whether two texts mean the same: numbers may be written in several ways.
fn same(said: &str, body: &str) -> bool {
    let number = |text: &str| serde_json::from_str::<serde_json::Number>(text).ok()?.as_f64();
    said == body || number(said).is_some_and(|said| number(body) == Some(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &'static str, headers: &[(&'static str, &str)], expected: bool) {
        let schema = Raw::literal(
            r#"{"properties":{"s":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"N"}}}"#,
        );
        let wanted = mirror::wanted(&schema).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let verdict = compare(&map, &wanted, &Raw::literal(arguments));
        assert_eq!(verdict.is_ok(), expected, "{arguments} {headers:?} {verdict:?}");
    }

    #[test]
    fn a_marked_argument_and_its_header_must_agree() {
        let (region, n) = ("mcp-param-region", "mcp-param-n");
        check(r#"{"other":1}"#, &[], true);
        check(r#"{"s":null,"n":null}"#, &[], true);
        check(r#"{"s":"Hello"}"#, &[(region, "Hello")], true);
        check(r#"{"s":"Hello"}"#, &[(region, " Hello ")], true);
        check(r#"{"s":"Hello"}"#, &[(region, "=?base64?SGVsbG8=?=")], true);
        check(r#"{"s":"SGVsbG8="}"#, &[(region, "SGVsbG8=")], true);
        check(r#"{"s":"=?base64?SGVsbG8="}"#, &[(region, "=?base64?SGVsbG8=")], true);
        check(r#"{"n":42}"#, &[(n, "42")], true);
        check(r#"{"n":42}"#, &[(n, "42.0")], true);
        check(r#"{"s":"Hello"}"#, &[], false);
        check(r#"{"s":"Hello"}"#, &[(region, "hello")], false);
        check(r#"{"s":"Hello"}"#, &[(region, "=?base64?SGVsbG8?=")], false);
        check(r#"{"s":"Hello"}"#, &[(region, "=?base64?SGVs!!!bG8=?=")], false);
        check(r#"{"s":"Hello"}"#, &[(region, "Hello"), (region, "Hello")], false);
        check(r#"{"s":null}"#, &[(region, "Hello")], false);
        check(r#"{"n":42}"#, &[(n, "43")], false);
        check(r#"{"n":42}"#, &[(n, "x")], false);
    }
}

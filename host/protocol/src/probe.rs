//! Finding out which era a backend speaks, from how it answers `server/discover`; asking is the link's.

use mcpmux_core::call::Body;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};

use crate::meta;
use crate::names::{HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION};
use crate::request::own_info;

/// What an answer to `server/discover` tells (2026-07-28, basic/versioning, backward compatibility).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The backend speaks this revision, without a handshake.
    Modern(Revision),
    /// The backend is modern, and speaks no modern revision that we speak.
    TooNew(Vec<String>),
    /// The backend has to be greeted with `initialize`.
    Legacy,
}

/// `params` of `server/discover`.
#[must_use]
pub fn discover_params() -> Raw {
    let mut inner = Object::default();
    meta::put_client(&mut inner, Revision::NEWEST_MODERN, &own_info(), &Raw::literal("{}"));
    let mut params = Object::default();
    params.set("_meta", inner.to_raw());
    params.to_raw()
}

/// What a legacy backend may ask for. It is told once, before any client is known; what the client of a call
/// cannot answer is refused then, with an error that says so.
const CAPABILITIES: Raw = Raw::literal(
    r#"{"roots":{"listChanged":true},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}},"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}"#,
);

/// `params` of `initialize`.
#[must_use]
pub fn initialize_params() -> Raw {
    let mut params = Object::default();
    params.set("protocolVersion", Raw::string(Revision::NEWEST_LEGACY.as_str()));
    params.set("capabilities", CAPABILITIES);
    params.set("clientInfo", own_info());
    params.to_raw()
}

/// Judges the answer. Only what no legacy backend says counts as modern; every other error is legacy.
#[must_use]
pub fn judge(body: &Body) -> Finding {
    match body {
        Body::Result(result) => {
            result.object().ok().and_then(|result| versions(&result, "supportedVersions"))
        }
        Body::Error(error) => error.object().ok().and_then(|error| {
            let code = error.get("code")?.read::<i64>().ok()?;
            match code {
                UNSUPPORTED_VERSION => versions(&error.get("data")?.object().ok()?, "supported"),
                HEADER_MISMATCH | MISSING_CAPABILITY => {
                    Some(Finding::Modern(Revision::NEWEST_MODERN))
                }
                _ => None,
            }
        }),
    }
    .unwrap_or(Finding::Legacy)
}

/// The newest modern revision of a list that we speak too.
fn versions(object: &Object, key: &str) -> Option<Finding> {
    let versions: Vec<String> = object.get(key)?.read().ok()?;
    let modern =
        |version: &String| Revision::parse(version).filter(|known| known.era() == Era::Modern);
    if let Some(revision) = versions.iter().filter_map(modern).max() {
        return Some(Finding::Modern(revision));
    }
    let legacy = versions.iter().any(|version| Revision::parse(version).is_some());
    Some(if legacy { Finding::Legacy } else { Finding::TooNew(versions) })
}

/// The revision of an `initialize` result.
///
/// # Errors
/// What is wrong with it, or that its revision is not spoken.
pub fn initialized(result: &Raw) -> Result<Revision, String> {
    let object = result
        .object()
        .map_err(|error| format!("its answer to `initialize` is no object: {error}"))?;
    let version = object.get("protocolVersion").and_then(Raw::as_string);
    let version = version.ok_or("its answer to `initialize` has no `protocolVersion`")?;
    Revision::parse(&version).filter(|revision| revision.era() == Era::Legacy).ok_or_else(|| {
        format!("it wants protocol version `{version}`, which mcpmux does not speak")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: Body, expected: Finding) {
        assert_eq!(judge(&body), expected);
    }

    #[test]
    fn only_a_modern_answer_makes_a_backend_modern() {
        let modern = Finding::Modern(Revision::V2026_07_28);
        let result = |text| Body::Result(Raw::literal(text));
        let error = |text| Body::Error(Raw::literal(text));
        check(result(r#"{"supportedVersions":["2025-11-25","2026-07-28"]}"#), modern.clone());
        check(result(r#"{"supportedVersions":["2025-11-25"]}"#), Finding::Legacy);
        check(
            result(r#"{"supportedVersions":["2031-01-01"]}"#),
            Finding::TooNew(vec!["2031-01-01".into()]),
        );
        check(error(r#"{"code":-32022,"data":{"supported":["2026-07-28"]}}"#), modern.clone());
        check(error(r#"{"code":-32020}"#), modern);
        for code in ["-32601", "-32602", "-32000", "0", "\"x\""] {
            check(
                error(Box::leak(format!("{{\"code\":{code}}}").into_boxed_str())),
                Finding::Legacy,
            );
        }
        check(result("null"), Finding::Legacy);
    }
}

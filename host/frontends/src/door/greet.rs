//! Getting to know each other: `initialize` of the legacy era and `server/discover` of the modern one.

use std::sync::Arc;

use mcpmux_core::client::Client;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::answer::own;
use mcpmux_protocol::names::UNSUPPORTED_VERSION;
use mcpmux_protocol::request::own_info;
use mcpmux_protocol::write;

use super::{Reply, Request};

/// What mcpmux offers.
const CAPABILITIES: Raw = Raw::literal(r#"{"tools":{"listChanged":true}}"#);

/// Opens a session: the client as it presents itself, and the answer. A revision that is not spoken is
/// answered with the newest that is (2025-11-25, basic/lifecycle, version negotiation).
pub(crate) fn initialize(
    params: &Object,
    session: Arc<str>,
) -> Result<(Client, Raw), &'static str> {
    let wanted = params.get("protocolVersion").and_then(Raw::as_string);
    let wanted = wanted.ok_or("`params.protocolVersion` must be a string")?;
    let revision = Revision::parse(&wanted)
        .filter(|revision| revision.era() == Era::Legacy)
        .unwrap_or(Revision::NEWEST_LEGACY);
    let capabilities = params.get("capabilities").cloned().unwrap_or(Raw::literal("{}"));
    let info = params.get("clientInfo").cloned();
    let mut result = Object::default();
    result.set("protocolVersion", Raw::string(revision.as_str()));
    result.set("capabilities", CAPABILITIES);
    result.set("serverInfo", own_info());
    Ok((Client { revision, info, capabilities, session: Some(session) }, result.to_raw()))
}

/// Says what is spoken and offered here.
pub(super) fn discover(request: &Request) -> Reply {
    if request.client.era() == Era::Legacy {
        return super::unserved(&request.id, &request.method);
    }
    let mut result = Object::default();
    result.set("supportedVersions", Raw::of(&supported()));
    result.set("capabilities", CAPABILITIES);
    result.set("ttlMs", Raw::literal("300000"));
    result.set("cacheScope", Raw::literal("\"public\""));
    Reply::answer(write::result(&request.id, own(result, Era::Modern, &own_info())))
}

/// The answer to a revision that is not spoken (2026-07-28, `UnsupportedProtocolVersionError`).
pub(crate) fn unsupported(id: &Raw, version: &str) -> Vec<u8> {
    let data = serde_json::json!({ "requested": version, "supported": supported() });
    let why = format!("Unsupported protocol version: {version}");
    write::error(Some(id), UNSUPPORTED_VERSION, &why, Some(&data))
}

/// The revisions spoken here, newest first.
fn supported() -> Vec<&'static str> {
    Revision::ALL.into_iter().map(Revision::as_str).collect()
}

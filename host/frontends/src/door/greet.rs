//! Getting to know each other: `initialize` of the legacy era and `server/discover` of the modern one.

use std::sync::Arc;

use mcpmux_core::client::Client;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::answer::own;
use mcpmux_protocol::names::UNSUPPORTED_VERSION;
use mcpmux_protocol::request::own_info;
use mcpmux_protocol::write;

use super::calls::TASKS;
use super::lists::kept;
use super::{Door, Reply, Request};

/// How long a client may keep what is offered, in milliseconds, if the backends say no less of their lists.
const TTL: u64 = 300_000;

impl Door {
    /// Answers `initialize`: the client as it presents itself, and the result. A revision that is not spoken is
    /// answered with the newest that is (2025-11-25, basic/lifecycle, version negotiation).
    ///
    /// # Errors
    /// What is wrong with the parameters.
    pub(crate) async fn initialize(
        &self,
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
        let offer = self.mux.offer().await;
        let mut result = Object::default();
        result.set("protocolVersion", Raw::string(revision.as_str()));
        result.set("capabilities", offered(offer.capabilities, revision).to_raw());
        result.set("serverInfo", own_info());
        if let Some(instructions) = offer.instructions {
            result.set("instructions", Raw::string(&instructions));
        }
        // It stays for the session, and the message it came in need not.
        let client = Client { revision, info, capabilities, session: Some(session) }.detached();
        Ok((client, result.to_raw()))
    }

    /// Says what is spoken and offered here.
    pub(super) async fn discover(&self, request: &Request) -> Reply {
        let offer = self.mux.offer().await;
        let capabilities = offered(offer.capabilities, request.client.revision);
        let mut result = Object::default();
        result.set("supportedVersions", Raw::of(&supported()));
        result.set("capabilities", capabilities.to_raw());
        if let Some(instructions) = offer.instructions {
            result.set("instructions", Raw::string(&instructions));
        }
        kept(&mut result, offer.caching, offer.settled, TTL);
        Reply::answer(write::result(&request.id, own(result, Era::Modern, &own_info())))
    }
}

/// The capabilities without those that a revision has no methods for. What no revision names stays: the set is open.
fn offered(mut capabilities: Object, revision: Revision) -> Object {
    capabilities.retain(|member| match member.key.as_str() {
        "completions" => revision >= Revision::V2025_03_26,
        "tasks" => revision == Revision::V2025_11_25,
        _ => true,
    });
    // Tasks are an extension in the modern era only.
    if revision.era() == Era::Legacy
        && let Some(Ok(mut extensions)) = capabilities.get("extensions").map(Raw::object)
        && extensions.take(TASKS).is_some()
    {
        if extensions.is_empty() {
            capabilities.take("extensions");
        } else {
            capabilities.set("extensions", extensions.to_raw());
        }
    }
    capabilities
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(revision: Revision, expected: &str) {
        let all = r#"{"tools":{},"completions":{},"tasks":{"cancel":{}},"extensions":{"v":{},"io.modelcontextprotocol/tasks":{}}}"#;
        let offered = offered(Raw::literal(all).object().unwrap(), revision);
        let keys: Vec<&str> = offered.iter().map(|member| member.key.as_str()).collect();
        assert_eq!(keys.join(" "), expected, "{revision}");
    }

    #[test]
    fn a_revision_is_offered_what_it_knows() {
        check(Revision::V2024_11_05, "tools extensions");
        check(Revision::V2025_03_26, "tools completions extensions");
        check(Revision::V2025_06_18, "tools completions extensions");
        check(Revision::V2025_11_25, "tools completions tasks extensions");
        check(Revision::V2026_07_28, "tools completions extensions");
    }
}

//! A permitted call as its backend is to read it: native name, the backend's era, an id and token of the link's.

use mcpmux_core::call::Routed;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Raw, write_key};

use crate::meta;

/// mcpmux as a client: what it says of itself where no client's word is at hand.
#[must_use]
pub fn own_info() -> Raw {
    Raw::literal(concat!(r#"{"name":"mcpmux","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#))
}

/// The numbers a link gives a request.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// Its JSON-RPC id.
    pub id: u64,
    /// Its progress token, if the client wants progress; unique on the link.
    pub progress: Option<u64>,
}

/// Writes the request.
#[must_use]
pub fn call(routed: &Routed, revision: Revision, numbers: Numbers) -> Vec<u8> {
    let call = &routed.call;
    let mut out = Vec::with_capacity(call.params.len_hint() + call.meta.len_hint() + 320);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(itoa::Buffer::new().format(numbers.id).as_bytes());
    out.extend_from_slice(b",\"method\":\"");
    out.extend_from_slice(call.method.as_str().as_bytes());
    out.extend_from_slice(b"\",\"params\":{");
    write_key("name", &mut out);
    out.extend_from_slice(Raw::string(routed.entry.native.as_str()).as_bytes());
    if !call.params.is_empty() {
        out.push(b',');
        call.params.write_members(&mut out);
    }
    write_meta(routed, revision, numbers, &mut out);
    out.extend_from_slice(b"}}");
    out
}

fn write_meta(routed: &Routed, revision: Revision, numbers: Numbers, out: &mut Vec<u8>) {
    let call = &routed.call;
    let modern = revision.era() == Era::Modern;
    let mut meta = std::borrow::Cow::Borrowed(&call.meta);
    if !modern && meta.get(meta::LOG_LEVEL).is_some() {
        meta.to_mut().take(meta::LOG_LEVEL);
    }
    if meta.is_empty() && numbers.progress.is_none() && !modern {
        return;
    }
    out.push(b',');
    write_key("_meta", out);
    out.push(b'{');
    meta.write_members(out);
    let mut first = meta.is_empty();
    let mut member = |key: &str, value: &[u8]| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        write_key(key, out);
        out.extend_from_slice(value);
    };
    if let Some(token) = numbers.progress {
        member(meta::PROGRESS_TOKEN, itoa::Buffer::new().format(token).as_bytes());
    }
    if modern {
        member(meta::VERSION, Raw::string(revision.as_str()).as_bytes());
        let client = &call.client;
        let info = client.info.clone().unwrap_or_else(own_info);
        member(meta::CLIENT_INFO, info.as_bytes());
        // A legacy client's capabilities belong to its session: what a modern backend may ask for in a
        // result, only a modern client can answer.
        let capabilities: &[u8] =
            if client.era() == Era::Modern { client.capabilities.as_bytes() } else { b"{}" };
        member(meta::CAPABILITIES, capabilities);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mcpmux_core::call::{Call, Method};
    use mcpmux_core::catalog::Entry;
    use mcpmux_core::client::Client;
    use mcpmux_core::names::{BackendName, ExposedName, NativeName};

    use super::*;

    #[track_caller]
    fn check(
        meta: &'static str,
        client: Revision,
        backend: Revision,
        progress: Option<u64>,
        expected: &str,
    ) {
        let client = Client {
            revision: client,
            info: Some(Raw::literal(r#"{"name":"c","version":"1"}"#)),
            capabilities: Raw::literal(r#"{"roots":{}}"#),
            session: None,
        };
        let call = Call {
            method: Method::ToolsCall,
            name: "b__t".into(),
            params: Raw::literal(r#"{"arguments":{ "x" : 1.0 }}"#).object().unwrap(),
            meta: Raw::literal(meta).object().unwrap(),
            client: Arc::new(client),
        };
        let entry = Arc::new(Entry {
            exposed: ExposedName::new("b__t").unwrap(),
            backend: BackendName::new("b").unwrap(),
            native: NativeName::new("t\"t"),
            definition: Raw::literal("{}"),
        });
        let text = super::call(&Routed { call, entry }, backend, Numbers { id: 9, progress });
        let params = String::from_utf8(text).unwrap();
        let head = r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"t\"t","arguments":{ "x" : 1.0 }"#;
        assert_eq!(params.strip_prefix(head), Some(expected));
    }

    #[test]
    fn each_era_gets_what_it_needs_and_no_more() {
        use Revision::{V2025_11_25 as LEGACY, V2026_07_28 as MODERN};
        check("{}", LEGACY, LEGACY, None, "}}");
        check(r#"{"v":1}"#, LEGACY, LEGACY, Some(4), r#","_meta":{"v":1,"progressToken":4}}}"#);
        let client = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":"#;
        check("{}", MODERN, MODERN, None, &format!(r#","_meta":{{{client}{{"roots":{{}}}}}}}}}}"#));
        check("{}", LEGACY, MODERN, None, &format!(r#","_meta":{{{client}{{}}}}}}}}"#));
        check("{}", MODERN, LEGACY, Some(1), r#","_meta":{"progressToken":1}}}"#);
        check(r#"{"io.modelcontextprotocol/logLevel":"info"}"#, MODERN, LEGACY, None, "}}");
    }
}

//! A permitted call as its backend is to read it: native name, the backend's era, an id and token of the link's.

use mcpmux_core::call::{Call, NamedBy, Routed};
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

/// Writes the request. Of [`Method::Complete`], `ref` is written as it stands in the parameters.
#[must_use]
pub fn call(routed: &Routed, revision: Revision, numbers: Numbers) -> Vec<u8> {
    let call = &routed.call;
    let mut out = Vec::with_capacity(call.params.len_hint() + call.meta.len_hint() + 320);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(itoa::Buffer::new().format(numbers.id).as_bytes());
    out.extend_from_slice(b",\"method\":\"");
    out.extend_from_slice(call.method.as_str().as_bytes());
    out.extend_from_slice(b"\",\"params\":{");
    let mut first = true;
    let named_by = call.method.named_by();
    if named_by != NamedBy::Reference {
        write_key(named_by.key(), &mut out);
        out.extend_from_slice(Raw::string(routed.to.native.as_str()).as_bytes());
        first = false;
    }
    if !call.params.is_empty() {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        call.params.write_members(&mut out);
    }
    write_meta(call, revision, numbers, first, &mut out);
    out.extend_from_slice(b"}}");
    out
}

fn write_meta(call: &Call, revision: Revision, numbers: Numbers, first: bool, out: &mut Vec<u8>) {
    let modern = revision.era() == Era::Modern;
    if call.meta.is_empty() && numbers.progress.is_none() && !modern {
        return;
    }
    if !first {
        out.push(b',');
    }
    write_key("_meta", out);
    out.push(b'{');
    call.meta.write_members(out);
    let mut first = call.meta.is_empty();
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
        // What a modern backend asks for in a result, a legacy client is asked for by mcpmux.
        member(meta::CAPABILITIES, client.capabilities.as_bytes());
        if let Some(level) = call.level {
            member(meta::LOG_LEVEL, Raw::string(level.as_str()).as_bytes());
        }
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mcpmux_core::call::{Method, Target};
    use mcpmux_core::client::Client;
    use mcpmux_core::level::Level;
    use mcpmux_core::names::{BackendName, NativeName};

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
            level: (backend == Revision::V2026_07_28).then_some(Level::Info),
            client: Arc::new(client),
        };
        let to =
            Target { backend: BackendName::new("b").unwrap(), native: NativeName::new("t\"t") };
        let text = super::call(&Routed { call, to }, backend, Numbers { id: 9, progress });
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
        let asked = format!(
            r#","_meta":{{{client}{{"roots":{{}}}},"io.modelcontextprotocol/logLevel":"info"}}}}}}"#
        );
        check("{}", MODERN, MODERN, None, &asked);
        check("{}", LEGACY, MODERN, None, &asked);
        check("{}", MODERN, LEGACY, Some(1), r#","_meta":{"progressToken":1}}}"#);
    }
}

//! Writing JSON-RPC messages of our own: answers, errors, notifications; the parts come as bytes.

use mcpmux_core::call::Body;
use mcpmux_core::era::Era;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::Raw;
use serde::Serialize;

/// An answer to the request of this id.
#[must_use]
pub fn response(id: &Raw, body: &Body) -> Vec<u8> {
    answer(Some(id), body)
}

fn answer(id: Option<&Raw>, body: &Body) -> Vec<u8> {
    let (key, value): (&[u8], &Raw) = match body {
        Body::Result(value) => (b",\"result\":", value),
        Body::Error(value) => (b",\"error\":", value),
    };
    let (id, value) = (id.map_or(&b""[..], Raw::as_bytes), value.as_bytes());
    let mut out = Vec::with_capacity(id.len() + value.len() + 40);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    if !id.is_empty() {
        out.extend_from_slice(b",\"id\":");
        out.extend_from_slice(id);
    }
    out.extend_from_slice(key);
    out.extend_from_slice(value);
    out.push(b'}');
    out
}

/// A successful answer.
#[must_use]
pub fn result(id: &Raw, value: Raw) -> Vec<u8> {
    response(id, &Body::Result(value))
}

/// An error answer; without an id, it answers what could not be read. No `id` is written then: the schemas of MCP
/// (2025-11-25 and later, `JSONRPCErrorResponse`) have no `null` there.
#[must_use]
pub fn error(
    id: Option<&Raw>,
    code: i64,
    message: &str,
    data: Option<&serde_json::Value>,
) -> Vec<u8> {
    #[derive(Serialize)]
    struct Error<'a> {
        code: i64,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a serde_json::Value>,
    }
    let body = Raw::of(&Error { code, message, data });
    answer(id, &Body::Error(body))
}

/// A fault as the client reads it: its data says that it is ours, and whether the call was delivered.
#[must_use]
pub fn fault(id: &Raw, fault: &Fault, client: Era) -> Vec<u8> {
    let code = fault.kind.code_in(client);
    if code < 0 {
        let data = fault.uri.as_ref().map(|uri| serde_json::json!({ "uri": uri }));
        return error(Some(id), code, &fault.public, data.as_ref());
    }
    let mut data = serde_json::Map::new();
    data.insert("source".into(), "mcpmux".into());
    if let Some(backend) = &fault.backend {
        data.insert("backend".into(), backend.as_str().into());
    }
    data.insert("outcome".into(), fault.kind.delivery().as_str().into());
    if let Some(reason) = &fault.code {
        data.insert("code".into(), reason.as_str().into());
    }
    error(Some(id), code, &fault.public, Some(&data.into()))
}

/// A notification.
#[must_use]
pub fn notification(method: &str, params: Option<&Raw>) -> Vec<u8> {
    let mut out =
        Vec::with_capacity(method.len() + params.map_or(0, |raw| raw.as_bytes().len()) + 48);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    out.extend_from_slice(Raw::string(method).as_bytes());
    if let Some(params) = params {
        out.extend_from_slice(b",\"params\":");
        out.extend_from_slice(params.as_bytes());
    }
    out.push(b'}');
    out
}

/// A request with a number of ours.
#[must_use]
pub fn request(id: u64, method: &str, params: &Raw) -> Vec<u8> {
    let mut out = Vec::with_capacity(method.len() + params.as_bytes().len() + 56);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
    out.extend_from_slice(b",\"method\":");
    out.extend_from_slice(Raw::string(method).as_bytes());
    out.extend_from_slice(b",\"params\":");
    out.extend_from_slice(params.as_bytes());
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    use mcpmux_core::fault::Kind;
    use mcpmux_core::hook::Denial;
    use mcpmux_core::names::BackendName;

    use super::*;

    #[test]
    fn a_fault_says_that_it_is_ours_and_whether_the_call_was_delivered() {
        let backend = BackendName::new("b").unwrap();
        let text = fault(
            &Raw::literal("7"),
            &Fault::at(&backend, Kind::OutcomeUnknown, "gone").because("x"),
            Era::Modern,
        );
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":1002,"message":"gone","data":{"backend":"b","outcome":"unknown","source":"mcpmux"}}}"#
        );
    }

    #[test]
    fn a_plugins_refusal_says_its_reason() {
        let denial = Denial { code: "policy.no".to_owned(), message: "not today".to_owned() };
        let backend = BackendName::new("b").unwrap();
        let refused = Fault::refused(Kind::PolicyDenied, &backend, denial).because("plugin `p`");
        let text = fault(&Raw::literal("7"), &refused, Era::Legacy);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":1006,"message":"not today","data":{"backend":"b","code":"policy.no","outcome":"not_delivered","source":"mcpmux"}}}"#
        );
    }

    #[test]
    fn parts_keep_their_bytes() {
        assert_eq!(
            request(3, "x", &Raw::literal("{ }")),
            br#"{"jsonrpc":"2.0","id":3,"method":"x","params":{ }}"#
        );
        assert_eq!(notification("x", None), br#"{"jsonrpc":"2.0","method":"x"}"#);
        assert_eq!(
            error(None, -32700, "no", None),
            br#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}"#
        );
    }
}

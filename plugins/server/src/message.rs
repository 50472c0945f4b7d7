//! JSON-RPC: a line in, what it asks; an outcome, the line out.

use serde_json::{Map, Value, json};

/// A request, with an id to answer to.
pub(crate) struct Request {
    /// What the answer carries back.
    pub(crate) id: Value,
    /// What is asked.
    pub(crate) method: String,
    /// Its parameters; empty if there are none.
    pub(crate) params: Map<String, Value>,
}

/// What a request came to: a result, or an error of the protocol.
pub(crate) type Outcome = Result<Map<String, Value>, Error>;

/// An error of the protocol.
pub(crate) struct Error {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl Error {
    /// -32700: the line is no JSON.
    pub(crate) fn parse(why: &serde_json::Error) -> Self {
        Self { code: -32700, message: format!("the message is no JSON: {why}"), data: None }
    }

    /// -32600: it is JSON, but no message.
    pub(crate) fn request(why: &str) -> Self {
        Self { code: -32600, message: why.to_owned(), data: None }
    }

    /// -32601: no such method in this era.
    pub(crate) fn method(method: &str) -> Self {
        Self { code: -32601, message: format!("there is no method `{method}`"), data: None }
    }

    /// -32602: the parameters do not fit the method.
    pub(crate) fn params(why: impl Into<String>) -> Self {
        Self { code: -32602, message: why.into(), data: None }
    }

    /// -32022: a version that is not served (2026-07-28, `UnsupportedProtocolVersionError`).
    pub(crate) fn version(requested: &str, supported: &[&str]) -> Self {
        let data = json!({ "requested": requested, "supported": supported });
        let message = format!("protocol version `{requested}` is not supported");
        Self { code: -32022, message, data: Some(data) }
    }

    /// The answer to the request of this id; null if that could not be read.
    pub(crate) fn answer(self, id: &Value) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(data), Some(error)) = (self.data, error.as_object_mut()) {
            error.insert("data".to_owned(), data);
        }
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    }
}

/// Reads a message; `None` is one that gets no answer: a notification or an answer.
pub(crate) fn read(message: Value) -> Option<Result<Request, (Value, Error)>> {
    let Value::Object(mut message) = message else {
        return Some(Err((Value::Null, Error::request("a message is a JSON object"))));
    };
    let id = message.remove("id");
    let method = match message.remove("method") {
        Some(Value::String(method)) => method,
        None if message.contains_key("result") || message.contains_key("error") => return None,
        _ => {
            let id = id.filter(is_id).unwrap_or(Value::Null);
            return Some(Err((id, Error::request("a request has a method, which is a string"))));
        }
    };
    let id = id?;
    if !is_id(&id) {
        return Some(Err((Value::Null, Error::request("an id is a string or an integer"))));
    }
    match message.remove("params") {
        None => Some(Ok(Request { id, method, params: Map::new() })),
        Some(Value::Object(params)) => Some(Ok(Request { id, method, params })),
        Some(_) => Some(Err((id, Error::params("`params` is an object")))),
    }
}

/// The answer with this outcome.
pub(crate) fn answer(id: &Value, outcome: Outcome) -> Value {
    match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => error.answer(id),
    }
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

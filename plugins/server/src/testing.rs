//! For the tests of backends: asks a server in both eras and checks what any answer must have.

use serde_json::{Value, json};

use crate::Server;

impl Server {
    /// Sends one line and returns the answer; null if there is none.
    #[must_use]
    pub fn ask(&self, line: &str) -> Value {
        let mut output = Vec::new();
        let served = self.serve(format!("{line}\n").as_bytes(), &mut output);
        served.ok().and_then(|()| serde_json::from_slice(&output).ok()).unwrap_or_default()
    }

    /// Calls a tool: its structured result, or its failure's text.
    ///
    /// # Errors
    /// The text of a result with `isError`, or of an error of the protocol, or of a result that does not
    /// hold exactly the members its schema names.
    pub fn call_tool(&self, name: &str, arguments: Value) -> Result<Value, String> {
        let params = json!({ "name": name, "arguments": arguments });
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = self.ask(&request.to_string());
        let text = |pointer: &str| {
            answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        if answer.get("error").is_some() {
            return Err(text("/error/message"));
        }
        if answer.pointer("/result/isError") != Some(&json!(false)) {
            return Err(text("/result/content/0/text"));
        }
        let result = answer.pointer("/result/structuredContent").cloned().unwrap_or_default();
        let tool = self.tools.iter().find(|tool| tool.name == name);
        match tool.map(|tool| mismatch(&tool.output_schema, &result)) {
            Some(None) => Ok(result),
            Some(Some(key)) => Err(format!("`{key}` is not as the output schema says: {result}")),
            None => Err(format!("there is no tool `{name}`")),
        }
    }
}

/// The first member that is missing, not in the schema, or of another type than that says.
fn mismatch(schema: &Value, result: &Value) -> Option<String> {
    let (Some(properties), Some(members)) =
        (schema.get("properties").and_then(Value::as_object), result.as_object())
    else {
        return Some("/".to_owned());
    };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let missing = required
        .filter_map(Value::as_str)
        .find(|key| !members.contains_key(*key))
        .map(str::to_owned);
    let fits = |key: &str, value: &Value| match properties
        .get(key)
        .and_then(|property| property.get("type"))
        .and_then(Value::as_str)
    {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        _ => false,
    };
    missing.or_else(|| {
        members.iter().find(|(key, value)| !fits(key, value)).map(|(key, _)| key.clone())
    })
}

//! One tool: how it is listed and what it runs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A tool of the server.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// What people see.
    pub title: &'static str,
    /// What models see.
    pub description: &'static str,
    /// The JSON Schema of its arguments; an object's.
    pub input_schema: Value,
    /// The JSON Schema of its structured result; an object's.
    pub output_schema: Value,
    /// Whether calling it again with the same arguments gives the same result.
    pub idempotent: bool,
    /// Its code; made by [`Tool::code`].
    pub code: Code,
}

/// Arguments in, structured result out.
pub type Code = Box<dyn Fn(Value) -> Result<Value, Failure>>;

/// Why a tool has no result, as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

impl Tool {
    /// Makes typed code callable with JSON. Arguments that do not fit the type are a failure of the tool,
    /// not of the request, so that the model can correct itself (2025-11-25, server/tools, error handling).
    pub fn code<A, R>(code: impl Fn(A) -> Result<R, Failure> + 'static) -> Code
    where
        A: DeserializeOwned,
        R: Serialize,
    {
        Box::new(move |arguments| {
            let arguments = serde_path_to_error::deserialize(arguments).map_err(|error| {
                let path = error.path().to_string();
                let path = if path == "." { String::new() } else { format!(" `{path}`") };
                Failure(format!("wrong arguments{path}: {}", error.inner()))
            })?;
            serde_json::to_value(code(arguments)?).map_err(|error| Failure(error.to_string()))
        })
    }

    /// As `tools/list` shows it. The tools of this library only compute: they change nothing.
    pub(crate) fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": {
                "title": self.title,
                "readOnlyHint": true,
                "destructiveHint": false,
                "idempotentHint": self.idempotent,
                "openWorldHint": false,
            },
        })
    }

    /// Runs it.
    pub(crate) fn call(&self, arguments: Value) -> Result<Value, Failure> {
        (self.code)(arguments)
    }
}

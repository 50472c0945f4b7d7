//! A tool that a plugin adds to the catalog and answers itself.

use serde_json::{Value, json};

/// A tool of the plugin's own; its `request` hook answers calls to it. Their [`backend`](crate::Call::backend) is then
/// the plugin's name in the configuration, and their [`name`](crate::Call::name) the tool's.
#[derive(Debug, Clone, PartialEq)]
pub struct VirtualTool {
    name: String,
    definition: Value,
}

impl VirtualTool {
    /// A tool of this whole name that takes no arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), definition: json!({"inputSchema": {"type": "object"}}) }
    }

    /// With a title.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        self.with("title", title.into())
    }

    /// With a description; the model chooses by it.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        self.with("description", description.into())
    }

    /// With the JSON Schema of its arguments.
    #[must_use]
    pub fn input_schema(self, schema: impl Into<Value>) -> Self {
        self.with("inputSchema", schema)
    }

    /// With the JSON Schema of its structured content.
    #[must_use]
    pub fn output_schema(self, schema: impl Into<Value>) -> Self {
        self.with("outputSchema", schema)
    }

    /// With any other member of MCP's `Tool`.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        if let Some(members) = self.definition.as_object_mut() {
            members.insert(member.to_owned(), value.into());
        }
        self
    }

    /// What clients call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its definition, a `Tool` of MCP but for its name.
    #[must_use]
    pub const fn definition(&self) -> &Value {
        &self.definition
    }
}

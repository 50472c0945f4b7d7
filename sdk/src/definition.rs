//! Definitions of entries as MCP writes them, made up for tests from what is known of an entry.

use serde_json::{Value, json};

use crate::Kind;

/// The least that a definition holds.
pub(crate) fn of(kind: Kind, name: &str) -> Value {
    match kind {
        Kind::Tool => json!({"name": name, "inputSchema": {"type": "object"}}),
        Kind::Prompt => json!({"name": name}),
        Kind::Resource => json!({"name": name, "uri": name}),
        Kind::Template => json!({"name": name, "uriTemplate": name}),
    }
}

/// Sets a member, leaving out what is null in it.
pub(crate) fn add(definition: &mut Value, member: &str, value: Option<impl Into<Value>>) {
    let mut value: Value = value.map(Into::into).unwrap_or_default();
    if let Value::Object(members) = &mut value {
        if member == "annotations" {
            members.retain(|_, value| !value.is_null());
        }
        if member == "annotations" && members.is_empty() {
            return;
        }
    }
    if let (Some(definition), false) = (definition.as_object_mut(), value.is_null()) {
        definition.insert(member.to_owned(), value);
    }
}

impl crate::entries::Entry {
    /// The definition, made up of what is known.
    pub(crate) fn to_definition(&self) -> Value {
        let mut definition = of(self.kind, &self.name);
        add(&mut definition, "title", self.title.clone());
        add(&mut definition, "description", self.description.clone());
        definition
    }
}

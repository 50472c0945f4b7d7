//! Compacting a tool's schemas: what only people read is dropped or shortened; what is valid stays the same.

use mcpmux_sdk::serde_json::Value;
use mcpmux_sdk::{Entry, Result};

use crate::config::Compaction;
use crate::cut;

/// A change to a definition: a text to set, or to take away.
type Change = (String, Option<String>);

/// Compacts the schemas and the description of a tool.
///
/// # Errors
/// If its definition cannot be read.
pub(crate) fn tool(tool: &mut Entry, rule: &Compaction) -> Result<()> {
    if let Some(most) = rule.tool_description
        && let Some(short) = tool.description().and_then(|text| cut::sentence(text, most))
    {
        tool.set_description(short);
    }
    for at in ["/inputSchema", "/outputSchema"] {
        let Some(schema) = tool.definition::<Value>(at)? else { continue };
        let mut changes = Vec::new();
        let walk = Walk { rule, drops: !refers_to_annotations(&schema) };
        walk.schema(&schema, at, &mut changes);
        for (at, text) in changes {
            match text {
                Some(text) => tool.set(&at, text),
                None => tool.remove(&at),
            }
        }
    }
    Ok(())
}

/// Keywords that hold schemas by name.
const MAPS: [&str; 6] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];
/// Keywords that hold schemas in a list.
const LISTS: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords that hold a schema.
const SCHEMAS: [&str; 12] = [
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
];

struct Walk<'a> {
    rule: &'a Compaction,
    /// Whether keywords may be dropped.
    drops: bool,
}

impl Walk<'_> {
    /// Collects the changes to the schema at `at`. Only where schemas are: `title` can be a property's name as well.
    fn schema(&self, schema: &Value, at: &str, changes: &mut Vec<Change>) {
        let Some(members) = schema.as_object() else { return };
        for (name, value) in members {
            let place = || format!("{at}/{}", escaped(name));
            let name = name.as_str();
            if self.drops && self.rule.drop.contains(&name) && is_annotation(name, value) {
                changes.push((place(), None));
            } else if name == "description" {
                let short = value.as_str().zip(self.rule.description);
                if let Some(short) = short.and_then(|(text, most)| cut::sentence(text, most)) {
                    changes.push((place(), Some(short)));
                }
            } else if MAPS.contains(&name) {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    self.schema(inner, &format!("{}/{}", place(), escaped(key)), changes);
                }
            } else {
                if LISTS.contains(&name) {
                    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                        self.schema(inner, &format!("{}/{index}", place()), changes);
                    }
                }
                if SCHEMAS.contains(&name) {
                    self.schema(value, &place(), changes);
                }
            }
        }
    }
}

/// Whether a keyword is used as JSON Schema has it.
fn is_annotation(name: &str, value: &Value) -> bool {
    if name == "examples" { value.is_array() } else { value.is_string() }
}

/// Whether a schema refers to something within what would be dropped.
fn refers_to_annotations(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let refers = |path: &str| {
                path.split('/')
                    .any(|part| matches!(part, "title" | "examples" | "$comment" | "%24comment"))
            };
            (matches!(name.as_str(), "$ref" | "$dynamicRef") && value.as_str().is_some_and(refers))
                || refers_to_annotations(value)
        }),
        Value::Array(elements) => elements.iter().any(refers_to_annotations),
        _ => false,
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;

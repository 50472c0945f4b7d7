//! The JSON Schema of the TOML configuration, for editors; made from the table of keys.

use serde_json::{Map, Value, json};

use crate::keys::{Absent, Key, Kind, ROOT, Table};
use crate::units;

/// What a string with a variable in it looks like; it may stand where a pattern is asked for.
const VARIABLE: &str = r"\$\{";

/// The JSON Schema (2020-12) of `mcpmux.toml`. `host/docs/mcpmux.schema.json` holds its pretty-printed text
/// and a line end.
#[must_use]
pub fn schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), "The configuration of mcpmux".into());
    schema.extend(table(&ROOT));
    Value::Object(schema)
}

fn table(table: &Table) -> Map<String, Value> {
    let mut schema = Map::new();
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    let required: Vec<&str> =
        table.keys.iter().filter(|key| key.absent == Absent::Mistake).map(|key| key.name).collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    if !table.one_of.is_empty() {
        schema.insert("oneOf".to_owned(), table.one_of.iter().map(|name| requires(name)).collect());
    }
    let beside = |key: &Key| {
        let any: Vec<Value> = key.beside.iter().map(|name| requires(name)).collect();
        (key.name.to_owned(), json!({ "anyOf": any }))
    };
    let dependent: Map<String, Value> =
        table.keys.iter().filter(|key| !key.beside.is_empty()).map(beside).collect();
    if !dependent.is_empty() {
        schema.insert("dependentSchemas".to_owned(), dependent.into());
    }
    schema
}

fn requires(name: &str) -> Value {
    json!({ "required": [name] })
}

fn property(key: &Key) -> Value {
    let mut schema = kind(&key.kind);
    schema.insert("description".to_owned(), key.doc.into());
    if let Some(example) = key.json() {
        schema.insert("examples".to_owned(), json!([example]));
    }
    if let Absent::Default(default) = key.absent
        && let Some(default) = key.json_of(&format!("{} = {default}", key.name))
    {
        schema.insert("default".to_owned(), default);
    }
    Value::Object(schema)
}

fn kind(kind: &Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Text | Kind::Secret => json!({ "type": "string" }),
        Kind::Path | Kind::Address => json!({ "type": "string", "minLength": 1 }),
        Kind::Url => json!({ "type": "string", "pattern": format!("^https?://|{VARIABLE}") }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Duration(..) => {
            json!({ "type": "string", "pattern": format!("^[0-9]+(ms|s|m|h)$|{VARIABLE}") })
        }
        Kind::Size(least, most) => json!({
            "type": ["integer", "string"],
            "minimum": least,
            "maximum": most,
            "pattern": format!("^[0-9]+(B|KiB|MiB|GiB)$|{VARIABLE}"),
        }),
        Kind::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::List(least) => {
            json!({ "type": "array", "items": { "type": "string" }, "minItems": least })
        }
        Kind::Texts | Kind::Secrets => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        Kind::Table(inner) => Value::Object(table(inner)),
        Kind::Tables(inner) => json!({ "type": "array", "items": table(inner) }),
        Kind::Named(inner) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9-]+$" },
            "additionalProperties": table(inner),
        }),
        Kind::WordOr(words, inner) => json!({ "anyOf": [{ "enum": words }, table(inner)] }),
        Kind::Free => json!({ "type": "object" }),
    };
    let Value::Object(mut schema) = schema else { return Map::new() };
    if let Kind::Duration(least, most) = kind {
        let (least, most) = (units::show_duration(*least), units::show_duration(*most));
        schema.insert("$comment".to_owned(), format!("from {least} to {most}").into());
    }
    schema
}

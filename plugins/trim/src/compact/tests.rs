//! What is left of schemas.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::Host;
use mcpmux_sdk::{Entry, Error};

use crate::Trim;

/// The definition of one tool after the catalog hook.
fn compacted(schemas: &Value, definition: &Value) -> Result<Value, Error> {
    let tool = Entry::new("files", "read").with_definition(definition.clone());
    let mut host = Host::<Trim>::new(&json!({ "schemas": schemas }).to_string())?;
    let catalog = host.catalog(vec![tool])?;
    let tool = catalog.tools().next().ok_or_else(|| Error::new("no tool"))?;
    Ok(tool.definition("")?.unwrap_or_default())
}

#[track_caller]
fn check(schemas: &Value, schema: &Value, expected: &Value) {
    let definition = compacted(schemas, &json!({ "inputSchema": schema })).unwrap();
    assert_eq!(definition["inputSchema"], *expected);
}

#[test]
fn annotations_are_dropped_wherever_schemas_are() {
    check(
        &json!({}),
        &json!({
            "title": "T", "$comment": "c", "type": "object", "examples": [1],
            "properties": {"a": {"title": "A", "type": "array", "items": {"examples": [], "anyOf": [{"title": "x"}, {"type": "null"}]}}},
            "$defs": {"d/~": {"$comment": "c", "not": {"title": "n"}}},
            "additionalProperties": {"title": "more"}
        }),
        &json!({
            "type": "object",
            "properties": {"a": {"type": "array", "items": {"anyOf": [{}, {"type": "null"}]}}},
            "$defs": {"d/~": {"not": {}}},
            "additionalProperties": {}
        }),
    );
}

#[test]
fn what_only_has_such_a_name_stays() {
    let schema = json!({
        "type": "object",
        "properties": {"title": {"type": "string"}, "examples": {"type": "array"}, "$comment": true},
        "required": ["title", "examples"],
        "const": {"title": "x"},
        "enum": [{"examples": [1]}],
        "default": {"$comment": "x", "title": "y"},
        "x-other": {"title": "z"}
    });
    check(&json!({}), &schema, &schema);
    let odd = json!({"title": {"type": "string"}, "examples": "none", "type": "object"});
    check(&json!({}), &odd, &odd);
}

#[test]
fn what_is_referred_to_stays() {
    let schema = json!({"examples": [{"type": "string"}], "properties": {"a": {"$ref": "#/examples/0"}}, "title": "T"});
    check(&json!({}), &schema, &schema);
}

#[test]
fn descriptions_are_shortened_at_a_sentence() {
    let long = "The path of the file to read. It may be relative to the root of the workspace.";
    check(
        &json!({"drop": [], "description": 40}),
        &json!({"title": "T", "properties": {"path": {"description": long}, "description": {"type": "string"}}}),
        &json!({"title": "T", "properties": {"path": {"description": "The path of the file to read."}, "description": {"type": "string"}}}),
    );
    let mut host = Host::<Trim>::new(r#"{"schemas": {"tool_description": 40}}"#).unwrap();
    let catalog = host.catalog(vec![Entry::new("a", "b").with_description(long)]).unwrap();
    let described = catalog.tools().next().and_then(Entry::description);
    assert_eq!(described, Some("The path of the file to read."));
}

#[test]
fn numbers_stay_to_the_last_digit() {
    let text = r#"{"title": "T", "maximum": 123456789012345678901234567890, "multipleOf": 0.10}"#;
    let schema: Value = mcpmux_sdk::serde_json::from_str(text).unwrap();
    let tool = Entry::new("a", "b").with_definition(json!({ "inputSchema": schema }));
    let mut host = Host::<Trim>::new(r#"{"schemas": {}}"#).unwrap();
    let edits = host.catalog(vec![tool]).unwrap().edits();
    let shown = format!("{:?}", edits[0]);
    assert!(shown.contains("/inputSchema/title") && !shown.contains("maximum"), "{shown}");
}

#[test]
fn without_the_table_no_tool_changes() {
    let tool = Entry::new("a", "b").with_definition(json!({"inputSchema": {"title": "T"}}));
    let mut host = Host::<Trim>::new("{}").unwrap();
    assert_eq!(host.catalog(vec![tool]).unwrap().edits().len(), 1, "only the tool that reads on");
}

//! Messages made from the definitions of the schemas in the folder that `MCPMUX_SCHEMAS` names: every member that a
//! definition knows, every alternative in a list, and a vendor's members in every object that may have them.

use std::path::Path;

use serde_json::{Map, Value};

use super::Case;
use super::Kind::{Ask, Request};

/// Methods that mcpmux answers itself, or which are compared entry by entry.
const OWN: [&str; 8] = [
    "initialize",
    "ping",
    "server/discover",
    "subscriptions/listen",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
];
/// Members that mean something to mcpmux, which no made-up value can stand for.
const NOT_DRAWN: [&str; 4] = ["_meta", "cursor", "requestState", "inputResponses"];
/// How deep optional members are drawn; definitions can name themselves.
const DEEP: usize = 9;

/// A case for each method of the revision that is passed on.
pub fn cases(folder: &Path, revision: &str) -> Vec<Case> {
    let file = folder.join(format!("mcp-{revision}.schema.json"));
    let text =
        std::fs::read_to_string(&file).unwrap_or_else(|it| panic!("{}: {it}", file.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    let key = if schema["$defs"].is_object() { "$defs" } else { "definitions" };
    let definitions = schema[key].as_object().unwrap();
    let mut cases = Vec::new();
    for (union, asks) in [("ClientRequest", false), ("ServerRequest", true)] {
        let members = definitions.get(union).and_then(|union| union["anyOf"].as_array());
        for name in members.into_iter().flatten().filter_map(|it| it["$ref"].as_str()) {
            let name = name.rsplit('/').next().unwrap();
            let definition = &definitions[name]["properties"];
            let method = definition["method"]["const"].as_str().unwrap();
            if OWN.contains(&method) || (asks && method.starts_with("tasks/")) {
                continue;
            }
            let result = format!("{}Result", name.trim_end_matches("Request"));
            let result = definitions.get(&result).unwrap_or(&Value::Null);
            let draw = Draw { definitions, entry: entry(method) };
            let params = draw.members(&definition["params"]);
            let result = if result.is_null() { "{}".to_owned() } else { draw.value(result, 0) };
            let [case, params, result] = [format!("{method} drawn"), params, result]
                .map(|text| -> &'static str { text.leak() });
            let kind =
                if asks { Ask { params, result } } else { Request { params, meta: "", result } };
            cases.push(Case { name: case, since: "2024-11-05", until: "2026-07-28", kind });
        }
    }
    assert!(cases.len() > 3, "{revision} has few methods");
    cases
}

/// An entry that the backend lists and that a request of this method can be about.
fn entry(method: &str) -> &'static str {
    if method == "tools/call" { "echo" } else { "hello" }
}

struct Draw<'a> {
    definitions: &'a Map<String, Value>,
    entry: &'static str,
}

impl Draw<'_> {
    /// The members of `params`, without what is not drawn.
    fn members(&self, schema: &Value) -> String {
        let mut schema = self.resolved(schema);
        if let Some(first) = schema["anyOf"].get(0) {
            schema = self.resolved(first);
        }
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.retain(|name, _| !NOT_DRAWN.contains(&name.as_str()));
        }
        let object = self.value(&schema, 0);
        object[1..object.len() - 1].to_owned()
    }

    fn resolved(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        while let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
            schema = self.definitions[name].clone();
        }
        schema
    }

    fn value(&self, schema: &Value, depth: usize) -> String {
        let schema = self.resolved(schema);
        let fixed = schema.get("const").or_else(|| schema["enum"].as_array()?.last());
        if let Some(fixed) = fixed {
            return fixed.to_string();
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            return self.value(&alternatives[0], depth + 1);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        match kind.unwrap_or_default() {
            "object" => self.object(&schema, depth),
            "array" => {
                let items = self.resolved(&schema["items"]);
                let one = vec![items.clone()];
                let items = items["anyOf"].as_array().filter(|_| depth < DEEP).unwrap_or(&one);
                let items: Vec<String> = items.iter().map(|it| self.value(it, depth + 1)).collect();
                format!("[{}]", items.join(", "))
            }
            "string" => match schema["format"].as_str() {
                Some("uri") => r#""https:\/\/example.test/a%20b""#,
                Some("byte") => r#""AA==""#,
                _ => r#""s \u00e9 \/""#,
            }
            .to_owned(),
            "integer" => schema["maximum"].as_i64().unwrap_or(9_007_199_254_740_991).to_string(),
            "number" => "0.123456789012".to_owned(),
            "boolean" => "true".to_owned(),
            "null" => "null".to_owned(),
            _ => r#"{ "any":[1.50] }"#.to_owned(),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> String {
        let required = schema["required"].as_array();
        let is_required =
            |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let mut members = Vec::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if depth > DEEP && !is_required(name) {
                continue;
            }
            let text = match name.as_str() {
                "name" => format!("\"{}\"", self.entry),
                "uri" if depth < 2 => r#""test://one""#.to_owned(),
                "taskId" => r#""task-1""#.to_owned(),
                // What is completed is named too, and is no entry.
                "argument" => Draw { entry: "who", ..*self }.value(property, depth + 1),
                "resultType" => r#""complete""#.to_owned(),
                _ => self.value(property, depth + 1),
            };
            members.push(format!("\"{name}\":{text}"));
        }
        match &schema["additionalProperties"] {
            Value::Bool(false) => {}
            more if more["type"].is_string() => {
                members.push(format!("\"x-drawn\":{}", self.value(more, depth + 1)));
            }
            _ => members.push(r#""x-vendor":{ "kept":[1E+2,"\ud83d\ude00",null] }"#.to_owned()),
        }
        format!("{{{}}}", members.join(","))
    }
}

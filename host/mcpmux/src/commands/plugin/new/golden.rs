//! The first golden calls of a project: what its examples answer, whatever they are written in.

use mcpmux_manage::cli::plugin::Hook;
use serde_json::{Value, json};

use super::Project;

/// `golden/first.json`.
pub(super) fn first(project: &Project) -> String {
    let calls: Vec<Value> = project.hooks.iter().flat_map(|hook| calls(*hook)).collect();
    let mut out = String::from("{\n  \"config\": { \"word\": \"delete\" },\n");
    if project.has(Hook::Credentials) {
        out.push_str("  \"mock\": { \"secrets\": { \"TOKEN\": \"t0ken\" } },\n");
    }
    let calls: Vec<String> = calls.iter().map(|call| format!("    {call}")).collect();
    out.push_str(&format!("  \"calls\": [\n{}\n  ]\n}}\n", calls.join(",\n")));
    out
}

fn calls(hook: Hook) -> Vec<Value> {
    let call = |name: &str| json!({ "backend": "files", "name": name });
    let entry = |name: &str| json!({ "kind": "tool", "backend": "files", "name": name, "exposed": format!("files__{name}") });
    let listed = |name: &str| {
        let definition = json!({ "name": name, "inputSchema": { "type": "object" } });
        json!({ "kind": "tool", "backend": "files", "definition": definition })
    };
    let text = |text: &str| json!({ "content": [{ "type": "text", "text": text }] });
    match hook {
        Hook::Catalog => vec![json!({
            "hook": "catalog",
            "entries": [listed("read_file"), listed("delete_file")],
            "expect": [{ "hide": 1 }],
        })],
        Hook::Request => vec![
            json!({ "hook": "request", "call": call("search"), "arguments": {}, "expect": "forward" }),
            json!({
                "hook": "request", "call": call("search"), "arguments": { "text": "a", "limit": 500 },
                "expect": { "change": { "text": "a", "limit": 100 } },
            }),
        ],
        Hook::Authorize => vec![
            json!({ "hook": "authorize", "call": call("read_file"), "arguments": {}, "expect": "allow" }),
            json!({
                "hook": "authorize", "call": call("delete_file"), "arguments": {},
                "expect": { "deny": { "code": "policy.word" } },
            }),
        ],
        Hook::AuthorizeList => vec![json!({
            "hook": "authorize-list",
            "entries": [entry("read_file"), entry("delete_file")],
            "expect": [true, false],
        })],
        Hook::Response => vec![
            json!({ "hook": "response", "call": call("read_file"), "document": text("a"), "expect": "deliver" }),
            json!({
                "hook": "response", "call": call("read_file"), "document": text("delete it"),
                "expect": { "change": text("**** it") },
            }),
        ],
        Hook::Notify => vec![json!({
            "hook": "notify",
            "notice": { "backend": "files", "method": "notifications/message" },
            "params": { "level": "info", "data": "will delete" },
            "expect": "drop",
        })],
        Hook::Observe => vec![json!({
            "hook": "observe", "call": call("delete_file"),
            "outcome": { "status": "success", "micros": 900 },
            "expect": "ok",
        })],
        Hook::Credentials => vec![json!({
            "hook": "credentials",
            "query": { "backend": "files", "url": "https://example.com/mcp" },
            "expect": { "grant": { "headers": [["authorization", "Bearer t0ken"]] } },
        })],
    }
}

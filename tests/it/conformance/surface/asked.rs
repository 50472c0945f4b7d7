//! What a client asks of the fixture, and everything that it gets; comparing is done elsewhere.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::conformance::suite::Revision;
use crate::harness::http::Client;

/// Tools that need nothing of the client, with arguments.
const CALLS: [(&str, &str); 15] = [
    ("get_structured_content", r#"{"q": "why"}"#),
    ("json_schema_2020_12_tool", r#"{"name": "a", "contactMethod": "phone", "phone": "1"}"#),
    ("json_schema_2020_12_tool", r#"{"undeclared": 12345678901234567890}"#),
    ("no_such_tool", "{}"),
    ("test_audio_content", "{}"),
    ("test_embedded_resource", "{}"),
    ("test_error_handling", "{}"),
    ("test_image_content", "{}"),
    ("test_logging_tool", "{}"),
    ("test_missing_capability", "{}"),
    ("test_multiple_content_types", "{}"),
    ("test_simple_text", "{}"),
    ("test_tool_with_logging", "{}"),
    ("test_tool_with_progress", "{}"),
    ("test_x_mcp_header", r#"{"note": "\u00e9"}"#),
];

/// Tools whose result asks the client for something, in the modern era.
const ASKING: [&str; 5] =
    ["elicitation", "list_roots", "multiple_inputs", "request_state", "sampling"];

const RESOURCES: [&str; 4] = [
    "test://no-such-resource",
    "test://static-binary",
    "test://static-text",
    "test://template/7/data",
];

const PROMPTS: [(&str, &str); 5] = [
    ("no_such_prompt", "{}"),
    ("test_prompt_with_arguments", r#"{"arg1": "a", "arg2": "b"}"#),
    ("test_prompt_with_embedded_resource", r#"{"resourceUri": "test://example"}"#),
    ("test_prompt_with_image", "{}"),
    ("test_simple_prompt", "{}"),
];

/// What is listed, under which key, and what an entry is known by.
const LISTS: [(&str, &str, &str); 4] = [
    ("prompts/list", "prompts", "name"),
    ("resources/list", "resources", "uri"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate"),
    ("tools/list", "tools", "name"),
];

/// What came, by what was asked.
pub(super) type Answers = BTreeMap<String, Value>;

/// All messages of all answers, each under what was asked; the entries of lists each by themselves.
pub(super) async fn everything(client: Revision, url: &str) -> Answers {
    let mut all = Answers::new();
    let speaker = match client {
        Revision::Legacy => Client::legacy(url).await,
        Revision::Modern => Client::modern(url),
    };
    for (what, method, params) in asks(client) {
        // It opens a session of its own.
        let fresh = (method == "initialize").then(|| Client::modern(url));
        let mut messages = answer(fresh.as_ref().unwrap_or(&speaker), client, method, params).await;
        for (_, key, id) in LISTS.iter().filter(|(list, ..)| *list == method) {
            let listed = messages["answer"]["result"][*key].take();
            for entry in listed.as_array().into_iter().flatten() {
                all.insert(format!("{what} {}", entry[*id].as_str().unwrap()), entry.clone());
            }
        }
        all.insert(what, messages);
    }
    all
}

/// What is asked: under which name it is compared, the method, and the parameters.
fn asks(client: Revision) -> Vec<(String, &'static str, Value)> {
    let mut all = Vec::new();
    let mut ask = |what: &str, method: &'static str, params: Value| {
        all.push((format!("{method} {what}").trim_end().to_owned(), method, params));
    };
    for (method, ..) in LISTS {
        ask("", method, json!({}));
    }
    for (tool, arguments) in CALLS {
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        let mut meta = json!({"progressToken": "mine"});
        if client == Revision::Modern {
            meta["io.modelcontextprotocol/logLevel"] = "debug".into();
        }
        let what = format!("{tool} {arguments}");
        ask(&what, "tools/call", json!({"name": tool, "arguments": arguments, "_meta": meta}));
    }
    for uri in RESOURCES {
        ask(uri, "resources/read", json!({ "uri": uri }));
    }
    for (prompt, arguments) in PROMPTS {
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        ask(prompt, "prompts/get", json!({"name": prompt, "arguments": arguments}));
    }
    for reference in [
        json!({"type": "ref/prompt", "name": "test_prompt_with_arguments"}),
        json!({"type": "ref/resource", "uri": "test://template/{id}/data"}),
    ] {
        let argument = json!({"name": "arg1", "value": "t"});
        let params = json!({"ref": reference, "argument": argument});
        ask(reference["type"].as_str().unwrap(), "completion/complete", params);
    }
    match client {
        Revision::Legacy => {
            let hello = json!({"protocolVersion": client.name(), "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"}});
            ask("", "initialize", hello);
            ask("", "ping", json!({}));
            ask("", "logging/setLevel", json!({"level": "info"}));
            for method in ["resources/subscribe", "resources/unsubscribe"] {
                ask("", method, json!({"uri": "test://watched-resource"}));
            }
        }
        Revision::Modern => {
            ask("", "server/discover", json!({}));
            for tool in ASKING.map(|tool| format!("test_input_required_result_{tool}")) {
                ask(&tool, "tools/call", json!({"name": tool, "arguments": {}}));
            }
        }
    }
    ask("", "no/such_method", json!({}));
    all
}

/// Sends a request as the era wants it: the status, the answer, and what came before it.
async fn answer(client: &Client, era: Revision, method: &str, mut params: Value) -> Value {
    let mut headers = Vec::new();
    if era == Revision::Modern {
        let named = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = era.name().into();
        meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "test", "version": "1"});
        meta["io.modelcontextprotocol/clientCapabilities"] =
            json!({"elicitation": {}, "roots": {}, "sampling": {}});
        headers.push(("mcp-method", method.to_owned()));
        headers.extend(named.map(|name| ("mcp-name", name)));
    }
    if method != "initialize" {
        headers.push(("mcp-protocol-version", era.name().to_owned()));
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = json!({"jsonrpc": "2.0", "id": "mine", "method": method, "params": params});
    let response = client.post(&body.to_string(), &headers).await;
    // The first event of a stream that can be resumed is empty.
    let events = response.text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = events.filter(|text| !text.is_empty()).map(serde_json::from_str);
    let mut messages: Vec<Value> = events.map(Result::unwrap).collect();
    let last = messages.pop().unwrap_or_else(|| response.message());
    json!({"status": response.status, "answer": last, "before": messages})
}

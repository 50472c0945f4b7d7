//! The protocol, line by line, in both eras.

use serde_json::{Value, json};

use super::{LEGACY, MODERN, Server};
use crate::{Failure, Tool};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Half {
    of: i64,
}

fn server() -> Server {
    let half = |Half { of }| {
        if of % 2 == 0 {
            Ok(json!({ "half": of / 2 }))
        } else {
            Err(Failure(format!("{of} is odd")))
        }
    };
    Server {
        name: "math",
        title: "Math",
        version: "1.2.3",
        instructions: "halves",
        tools: vec![Tool {
            name: "half",
            title: "Half",
            description: "Halves an even number.",
            input_schema: json!({ "type": "object", "properties": { "of": { "type": "integer" } } }),
            output_schema: json!({
                "type": "object",
                "properties": { "half": { "type": "integer" } },
                "required": ["half"],
            }),
            idempotent: true,
            code: Tool::code(half),
        }],
    }
}

fn meta(version: &str) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// Asks with id 7, and returns the result or the error.
#[track_caller]
fn ask(method: &str, params: Value) -> Result<Value, Value> {
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let answer = server().ask(&request.to_string());
    assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(7)), "{answer}");
    match answer.get("result") {
        Some(result) => Ok(result.clone()),
        None => Err(answer["error"].clone()),
    }
}

#[track_caller]
fn check_error(method: &str, params: Value, code: i32) -> Value {
    let error = ask(method, params).unwrap_err();
    assert_eq!(error["code"], code, "{error}");
    error
}

#[test]
fn the_handshake_takes_the_client_s_version_or_the_newest() {
    for version in LEGACY {
        let result = ask("initialize", json!({ "protocolVersion": version })).unwrap();
        assert_eq!(result["protocolVersion"], version);
    }
    let result = ask("initialize", json!({ "protocolVersion": "1999-01-01" })).unwrap();
    assert_eq!(result["protocolVersion"], "2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "math");
    assert_eq!(result["capabilities"], json!({ "tools": {} }));
    check_error("initialize", json!({}), -32602);
}

#[test]
fn a_legacy_client_pings_lists_and_calls() {
    assert_eq!(ask("ping", json!({})).unwrap(), json!({}));
    let list = ask("tools/list", json!({})).unwrap();
    assert_eq!(list["tools"][0]["name"], "half");
    assert_eq!(list["tools"][0]["annotations"]["readOnlyHint"], true);
    assert_eq!(list.get("resultType"), None);
    let result = ask("tools/call", json!({ "name": "half", "arguments": { "of": 4 } })).unwrap();
    let content = json!([{ "type": "text", "text": "{\"half\":2}" }]);
    assert_eq!(
        result,
        json!({ "content": content, "structuredContent": { "half": 2 }, "isError": false })
    );
}

#[test]
fn a_modern_client_needs_no_handshake() {
    let discovered = ask("server/discover", json!({ "_meta": meta(MODERN) })).unwrap();
    assert_eq!(discovered["supportedVersions"], json!([MODERN]));
    let list = ask("tools/list", json!({ "_meta": meta(MODERN) })).unwrap();
    for cached in [&discovered, &list] {
        assert!(cached["ttlMs"].is_u64(), "{cached}");
        assert_eq!(cached["cacheScope"], "public");
    }
    let params = json!({ "name": "half", "arguments": { "of": 4 }, "_meta": meta(MODERN) });
    let result = ask("tools/call", params).unwrap();
    assert_eq!(result["structuredContent"]["half"], 2);
    for result in [discovered, list, result] {
        assert_eq!(result["resultType"], "complete");
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["version"], "1.2.3");
    }
}

#[test]
fn a_modern_request_is_refused_by_the_modern_rules() {
    let error = check_error("tools/list", json!({ "_meta": meta("2099-01-01") }), -32022);
    assert_eq!(error["data"], json!({ "requested": "2099-01-01", "supported": [MODERN] }));
    check_error("server/discover", json!({}), -32602);
    let half = json!({ "io.modelcontextprotocol/protocolVersion": MODERN });
    check_error("tools/list", json!({ "_meta": half }), -32602);
    for gone in ["ping", "initialize", "logging/setLevel"] {
        check_error(gone, json!({ "_meta": meta(MODERN), "protocolVersion": MODERN }), -32601);
    }
}

#[test]
fn what_the_client_got_wrong_is_an_error_of_the_protocol() {
    check_error("tools/destroy", json!({}), -32601);
    check_error("tools/call", json!({}), -32602);
    check_error("tools/call", json!({ "name": "third" }), -32602);
    check_error("tools/call", json!({ "name": "half", "arguments": [4] }), -32602);
    check_error("tools/list", json!({ "cursor": "x" }), -32602);
    check_error("tools/list", json!([]), -32602);
}

#[test]
fn what_the_model_got_wrong_is_told_to_the_model() {
    #[track_caller]
    fn check(arguments: Value, text: &str) {
        assert_eq!(server().call_tool("half", arguments).unwrap_err(), text);
    }
    check(json!({ "of": 3 }), "3 is odd");
    check(json!({}), "wrong arguments: missing field `of`");
    check(json!({ "of": "4" }), "wrong arguments `of`: invalid type: string \"4\", expected i64");
}

#[test]
fn garbage_is_answered_and_the_next_line_served() {
    let ping = r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#;
    let deep = "[".repeat(100_000);
    let lines =
        [b"{nope\n\n\xff\xfe\n".as_slice(), deep.as_bytes(), b"\n", ping.as_bytes()].concat();
    let mut output = Vec::new();
    server().serve(lines.as_slice(), &mut output).unwrap();
    let answers: Vec<Value> =
        serde_json::Deserializer::from_slice(&output).into_iter().map(Result::unwrap).collect();
    let [broken, binary, deep, pong] = answers.as_slice() else { panic!("{answers:?}") };
    for error in [broken, binary, deep] {
        assert_eq!((&error["error"]["code"], &error["id"]), (&json!(-32700), &Value::Null));
    }
    assert_eq!(*pong, json!({ "jsonrpc": "2.0", "id": "a", "result": {} }));
}

#[test]
fn what_is_no_request_is_refused_or_left_alone() {
    for (line, id) in
        [("5", "null"), ("[]", "null"), (r#"{"id":3}"#, "3"), (r#"{"id":3,"method":1}"#, "3")]
    {
        let answer = server().ask(line);
        assert_eq!(
            (&answer["error"]["code"], answer["id"].to_string().as_str()),
            (&json!(-32600), id)
        );
    }
    let odd_id = server().ask(r#"{"id":{},"method":"ping"}"#);
    assert_eq!((&odd_id["error"]["code"], &odd_id["id"]), (&json!(-32600), &Value::Null));
    for quiet in [r#"{"method":"notifications/initialized"}"#, r#"{"id":1,"result":{}}"#, ""] {
        assert_eq!(server().ask(quiet), Value::Null, "{quiet}");
    }
}

#[test]
fn a_batch_is_answered_as_one() {
    let ping = |id: u8| format!(r#"{{"id":{id},"method":"ping"}}"#);
    let answer = server().ask(&format!(r#"[{},{{"method":"x"}},{}]"#, ping(1), ping(2)));
    let ids: Vec<_> = answer.as_array().unwrap().iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2)]);
    assert_eq!(server().ask(r#"[{"method":"x"}]"#), Value::Null);
}

//! Wrong lines on standard input: each is answered, and the next one is read.

use serde_json::{Value, json};

use super::home;
use crate::harness::lines::Process;

/// Writes a wrong line, and then a good request.
async fn check(process: &mut Process, line: &str, code: i64, id: Value) {
    process.write(line).await;
    let answer = process.read().await;
    assert_eq!((&answer["error"]["code"], &answer["id"]), (&code.into(), &id), "{line}: {answer}");
    let params = json!({"name": "ok__echo", "arguments": {"a": 1}, "_meta": Process::meta()});
    let good = process.request(77, "tools/call", params).await;
    assert_eq!(good["result"]["content"][0]["text"], r#"{"a": 1}"#, "after {line}: {good}");
}

#[tokio::test]
async fn a_wrong_line_is_answered_and_the_next_one_read() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let long = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"{}"}}"#, "x".repeat(2000));
    let longer = "y".repeat(200_000);
    for (line, code) in [
        ("{nope", -32700),
        ("GET /mcp HTTP/1.1", -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":"\udc00"}}"#, -32700),
        ("\u{1b}[31mred\u{1b}[0m", -32700),
        ("[]", -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"ping"}"#, -32600),
        (&long, -32600),
        (&longer, -32600),
    ] {
        check(&mut process, line, code, Value::Null).await;
    }
    let twice = r#"{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{"a":1,"a":2}}"#;
    check(&mut process, twice, -32602, json!(9)).await;
    assert_eq!(process.close().await, 0);
}

#[tokio::test]
async fn a_request_that_cannot_be_served_says_why() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let strange = r#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#;
    check(&mut process, strange, -32602, json!("a")).await;
    let mut meta = Process::meta();
    meta["io.modelcontextprotocol/protocolVersion"] = "2099-01-01".into();
    let future =
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}});
    check(&mut process, &future.to_string(), -32022, json!(2)).await;
    let params = json!({"name": "x", "_meta": Process::meta()});
    let unknown = process.request(3, "tools/call", params).await;
    assert_eq!(unknown["error"]["message"], "Unknown tool: x", "{unknown}");
    process.initialize().await;
    for (method, code) in [("tools/bogus", -32601), ("server/discover", -32601)] {
        let answer = process.request(4, method, json!({})).await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    let bad = process.request(5, "tools/list", json!({"cursor": "nonsense"})).await;
    assert_eq!(bad["error"]["code"], -32602, "{bad}");
    assert_eq!(process.close().await, 0);
}

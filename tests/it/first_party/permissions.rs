//! `permissions`: what is denied by name is not there, what is denied by its arguments is refused, and others may.

use serde_json::{Value, json};

use super::{BACKENDS, Stage, Tool, backend, check_refused, check_unknown, first, plugin};
use crate::harness::http::LEGACY;
use crate::harness::lines::Process;
use crate::harness::peer::{Over, part};
use crate::harness::{Home, PATIENCE};

const RULES: &str = r#"
[plugins.config]
deny = ["*/drop_*"]

[[plugins.config.rules]]
effect = "deny"
entries = ["*/write"]
arguments = [{ at = "/path", path_within = "/data", not = true }]
code = "policy.path"
message = "only `/data` may be written to"

[[plugins.config.rules]]
effect = "deny"
entries = ["new/deploy"]
clients = ["te*"]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_sees_and_calls_what_the_rules_allow_it() {
    let tools = ["deploy", "drop_table", "read", "write"].map(Tool::new);
    let stage = Stage::new(&tools, &plugin("permissions", RULES)).await;
    for client in stage.clients().await {
        let names = ["new__read", "new__write", "old__deploy", "old__read", "old__write"];
        assert_eq!(super::names(&client).await, names);
        for hidden in ["new__deploy", "new__drop_table", "old__drop_table"] {
            check_unknown(&client.call(hidden, json!({})).await, hidden);
        }
        for backend in BACKENDS {
            let write = format!("{backend}__write");
            for path in [json!("/etc/passwd"), json!("/data/../etc"), json!(["/data"]), json!(5)] {
                let answer = client.call(&write, json!({ "path": path })).await;
                check_refused(&answer, "policy.path", "only `/data` may be", "not_delivered");
            }
            let allowed = client.call(&write, json!({"path": "/data/x"})).await;
            assert_eq!(first(&allowed), r#"{"path":"/data/x"}"#);
            assert_eq!(first(&client.call(&format!("{backend}__read"), json!({})).await), "{}");
        }
    }
    for mut other in stage.strangers().await {
        let id = other.request("tools/list", "", "").await;
        let list = other.answer(&id, PATIENCE).await.unwrap();
        assert!(part(&list, "result.tools").contains(r#""new__deploy""#), "{list}");
        assert!(!list.contains("drop_table"), "{list}");
        let id =
            other.request("tools/call", r#""name":"new__deploy","arguments":{"n":1.50}"#, "").await;
        let answer = other.answer(&id, PATIENCE).await.unwrap();
        assert!(part(&answer, "result.content").contains(r#"{\"n\":1.50}"#), "{answer}");
    }
    stage.stop().await;
}

const OBLIGED: &str = r#"
[plugins.config]
allow = ["*/plain"]

[[plugins.config.rules]]
effect = "allow"
entries = ["*/owned"]
redact = ["/structuredContent/owner"]

[[plugins.config.rules]]
effect = "allow"
entries = ["*/long"]
max_bytes = "1KiB"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rule_takes_out_or_finds_too_long_does_not_reach_the_client() {
    let owned = json!({"content": [], "structuredContent": {"owner": "jane", "n": 1}});
    let tools = [
        Tool::new("plain"),
        Tool::new("unnamed"),
        Tool::says("owned", owned),
        Tool::says("long", super::text(&"x".repeat(2 << 10))),
    ];
    let stage = Stage::new(&tools, &plugin("permissions", OBLIGED)).await;
    for client in stage.clients().await {
        for backend in BACKENDS {
            let call =
                async |tool: &str| client.call(&format!("{backend}__{tool}"), json!({})).await;
            assert_eq!(call("owned").await["result"]["structuredContent"], json!({"n": 1}));
            let long = call("long").await;
            assert_eq!(long["error"]["code"], 1006, "{long}");
            assert!(!long.to_string().contains("xxxx"), "{long}");
            assert_eq!(first(&call("plain").await), "{}");
            // As soon as anything is allowed, nothing else is.
            check_unknown(&call("unnamed").await, &format!("{backend}__unnamed"));
        }
    }
    stage.stop().await;
}

const ASKED: &str = r#"
[[plugins.config.rules]]
effect = "ask"
entries = ["old/write"]
arguments = [{ at = "/path", path_within = "/data" }]
question = "May {client} write {/path}?"
remember = "10m"
"#;

/// Calls `write`, a question answered with this: what was asked, and the answer.
async fn write(client: &mut Process, id: u64, path: &str, says: &str) -> (Vec<Value>, Value) {
    let params = json!({"name": "old__write", "arguments": {"path": path}});
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    client.write(&call.to_string()).await;
    let mut questions = Vec::new();
    loop {
        let message = client.read().await;
        if message["method"] == "elicitation/create" {
            questions.push(message["params"]["message"].clone());
            let result = json!({"action": "accept", "content": {"answer": says}});
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
            client.write(&answer.to_string()).await;
        } else if message["id"] == id {
            return (questions, message);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked_with_the_words_of_the_rule_and_not_twice_for_the_same() {
    let section = backend("old", LEGACY, Over::Lines, &[Tool::new("write")]).await;
    let home = Home::new(&format!("{section}{}", plugin("permissions", ASKED)));
    let mut client = Process::start(home.mcpmux(&["serve", "--stdio"]));
    client.initialize_able(json!({"elicitation": {}})).await;
    let (questions, answer) = write(&mut client, 1, "/data/a", "no").await;
    assert_eq!(questions, ["May test write /data/a?"]);
    assert_eq!(answer["error"]["code"], 1006, "{answer}");
    for (id, path, asked) in [(2, "/data/a", 1), (3, "/data/a", 0), (4, "/data/b", 1)] {
        let (questions, answer) = write(&mut client, id, path, "yes").await;
        assert_eq!(questions.len(), asked, "{path}: {questions:?}");
        assert_eq!(first(&answer), json!({ "path": path }).to_string());
    }
    let (questions, answer) = write(&mut client, 5, "/etc/passwd", "yes").await;
    assert_eq!((questions.len(), first(&answer)), (0, r#"{"path":"/etc/passwd"}"#));
    assert_eq!(client.close().await, 0);
}

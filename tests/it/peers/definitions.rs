//! Definitions through mcpmux are those of the server itself: nothing but the name differs, down to the digits.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::process::Command;

use super::server::Server;
use super::{SERVERS, THREE, by_name, filled, home};
use crate::harness::http::Client;
use crate::harness::lines::Process;

#[tokio::test]
async fn definitions_are_those_of_the_servers_but_for_the_name() {
    let posts = Server::everything().await;
    let home = home(&format!("{THREE}\n[backends.posts]\nurl = \"{}\"\n", posts.url));
    let here = home.path().to_str().unwrap();
    let mut expected = BTreeMap::new();
    for (backend, script, args) in [
        ("everything", "server-everything", vec!["stdio"]),
        ("files", "server-filesystem", vec![here]),
        ("memory", "server-memory", vec![]),
    ] {
        let mut command = Command::new(filled("{node}"));
        command.arg(filled(&format!("{{npm}}/{script}/dist/index.js"))).args(args);
        command.env("MEMORY_FILE_PATH", home.path().join("memory.jsonl"));
        for tool in own(command).await {
            expose(&tool, backend, &mut expected);
            if backend == "everything" {
                expose(&tool, "posts", &mut expected);
            }
        }
    }
    assert_eq!(expected.len(), 17 + SERVERS.iter().map(|(_, tools)| tools).sum::<usize>());

    let served = home.serve().await;
    check("modern HTTP", &Client::modern(&served.url).tools().await, &expected);
    check("legacy HTTP", &Client::legacy(&served.url).await.tools().await, &expected);
    assert_eq!(served.stop().await, 0);

    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let params = json!({"_meta": Process::meta()});
    check("modern stdio", &listed(process.request(1, "tools/list", params).await), &expected);
    process.initialize().await;
    check("legacy stdio", &listed(process.request(2, "tools/list", json!({})).await), &expected);
    assert_eq!(process.close().await, 0);
}

/// A parsed number may have lost digits on both sides alike; here the text decides.
#[tokio::test]
async fn definitions_keep_their_text() {
    let home =
        home("[backends.tests]\ncommand = [\"{python}\", \"{peers}/server.py\", \"--stdio\"]");
    let served = home.serve().await;
    for client in [Client::modern(&served.url), Client::legacy(&served.url).await] {
        let text = client.request("tools/list", json!({})).await.text;
        for part in [
            r#""minimum":1.0"#,
            r#""maximum":123456789012345678901234567890"#,
            r#""$ref":"#,
            r#""x-unknown":[null]"#,
            r#""example.test/kept":{"a":[1,2.5]}"#,
            "Höflich: \u{2028} <&>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    assert_eq!(served.stop().await, 0);
}

/// Adds a definition as it is to be seen by clients.
fn expose(tool: &Value, backend: &str, expected: &mut BTreeMap<String, Value>) {
    let name = format!("{backend}__{}", tool["name"].as_str().unwrap());
    let mut tool = tool.clone();
    tool["name"] = name.as_str().into();
    expected.insert(name, tool);
}

/// What a server itself answers to a client that can do what mcpmux says that its clients can: servers have tools
/// that they offer to such clients only. It is ended by force, for it may still wait for an answer about its roots.
async fn own(command: Command) -> Vec<Value> {
    let mut process = Process::start(command);
    let elicitation = json!({"form": {}, "url": {}});
    process.initialize_able(json!({"roots": {}, "sampling": {}, "elicitation": elicitation})).await;
    listed(process.request(1, "tools/list", json!({})).await)
}

fn listed(answer: Value) -> Vec<Value> {
    assert_eq!(answer["result"]["nextCursor"], Value::Null);
    answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

#[track_caller]
fn check(way: &str, tools: &[Value], expected: &BTreeMap<String, Value>) {
    let found = by_name(tools);
    assert!(found.keys().eq(expected.keys()), "{way}: {:?}", found.keys());
    for (name, tool) in found {
        assert_eq!(tool, expected[&name], "{way}: {name}");
    }
}

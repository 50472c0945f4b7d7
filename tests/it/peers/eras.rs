//! Each era of client with each era of server, over both transports: real servers, a client that shows every byte.

use serde_json::{Value, json};

use super::home;
use super::server::Server;
use crate::harness::http::{Client, LEGACY, MODERN};

/// A server of each era over each transport.
const CONFIG: &str = r#"
[backends.new-lines]
command = ["{python}", "{peers}/server.py", "--stdio"]

[backends.new-posts]
url = "{python_url}"

[backends.old-lines]
command = ["{node}", "{npm}/server-everything/dist/index.js", "stdio"]

[backends.old-posts]
url = "{everything_url}"
"#;

#[tokio::test]
async fn every_era_of_client_reaches_every_era_of_server() {
    let (python, everything) = tokio::join!(Server::python(), Server::everything());
    let config = CONFIG.replace("{python_url}", &python.url);
    let home = home(&config.replace("{everything_url}", &everything.url));
    let served = home.serve().await;
    for backend in [
        "new-lines  3 tools  (2026-07-28)",
        "new-posts  3 tools  (2026-07-28)",
        "old-lines  17 tools  (2025-11-25)",
        "old-posts  17 tools  (2025-11-25)",
    ] {
        assert!(served.log().contains(backend), "{backend} in {}", served.log());
    }
    for (client, era) in
        [(Client::modern(&served.url), MODERN), (Client::legacy(&served.url).await, LEGACY)]
    {
        assert_eq!(client.names().await.len(), 2 * 3 + 2 * 17);
        for backend in ["new-lines", "new-posts"] {
            new_server(&client, era, backend).await;
        }
        for backend in ["old-lines", "old-posts"] {
            let answer =
                client.call(&format!("{backend}__get-sum"), json!({"a": 2, "b": 3.5})).await;
            let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
            assert!(text.contains("5.5"), "{answer}");
            marked(&answer, era);
            let answer = client.call(&format!("{backend}__get-sum"), json!({"a": "two"})).await;
            assert_eq!(answer["result"]["isError"], true, "{answer}");
            marked(&answer, era);
        }
    }
    assert_eq!(served.stop().await, 0);
}

async fn new_server(client: &Client, era: &str, backend: &str) {
    let answer = client.call(&format!("{backend}__seen"), json!({"n": [1, null]})).await;
    let seen = &answer["result"]["structuredContent"];
    let expected = json!({"revision": MODERN, "arguments": {"n": [1, null]}, "client": "test"});
    assert_eq!(seen, &expected, "{answer}");
    assert_eq!(answer["result"]["_meta"]["example.test/kept"], 1, "{answer}");
    marked(&answer, era);

    let answer = client.call(&format!("{backend}__fail"), json!({"how": "tool"})).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(answer["result"]["content"][0]["text"], "it failed", "{answer}");
    marked(&answer, era);

    let answer = client.call(&format!("{backend}__fail"), json!({"how": "protocol"})).await;
    let expected =
        json!({"code": -31234, "message": "it is wrong", "data": {"why": ["because", 1.0]}});
    assert_eq!(answer["error"], expected, "{answer}");

    let params = json!({"name": format!("{backend}__count"), "_meta": {"progressToken": "t"}});
    let messages = client.request("tools/call", params).await.messages();
    let (answer, before) = messages.split_last().unwrap();
    let steps: Vec<&Value> = before.iter().map(|message| &message["params"]["message"]).collect();
    assert_eq!(steps, ["step 1", "step 2", "step 3"], "{messages:?}");
    assert!(before.iter().all(|message| message["params"]["progressToken"] == "t"), "{messages:?}");
    marked(answer, era);
}

/// A modern client reads what kind of result it is, a legacy one would not know the word.
#[track_caller]
fn marked(answer: &Value, era: &str) {
    let expected = if era == MODERN { json!("complete") } else { Value::Null };
    assert_eq!(answer["result"]["resultType"], expected, "{answer}");
}

//! What plugins make of lists: entries hidden from some clients or from all, unlisted, renamed, and added.

use serde_json::{Value, json};

use super::told;
use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::lines::Process;
use crate::peers::server::Server;

/// Whether calling this is calling nothing.
async fn unknown(client: &Client, tool: &str) -> bool {
    let answer = client.call(tool, json!({})).await;
    let message = format!("Unknown tool: {tool}");
    answer["error"]["code"] == -32602 && answer["error"]["message"] == message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalog_is_what_plugins_make_of_it() {
    let server = Server::python().await;
    let mut config = String::new();
    for to_do in ["hide", "unlist", "rename", "add"] {
        let extra = if to_do == "add" { r#", request = "answer""# } else { "" };
        config += &told(&server.url, to_do, &format!("catalog = \"{to_do}\"{extra}"), "");
        let shadow = format!("{to_do}-shadow");
        config +=
            &told(&server.url, &shadow, &format!("catalog = \"{to_do}\""), "mode = \"shadow\"");
    }
    let served = Home::new(&config).serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        let names = client.names().await;
        let of = |backend: &str| {
            names.iter().filter(|name| name.starts_with(&format!("{backend}__"))).count()
        };
        for (backend, listed) in [("hide", 0), ("unlist", 0), ("rename", 0), ("add", 3)] {
            assert_eq!(of(backend), listed, "{backend}: {names:?}");
            assert_eq!(of(&format!("{backend}-shadow")), 3, "{names:?}");
        }
        assert!(unknown(&client, "hide__seen").await);
        let answer = client.call("unlist__seen", json!({"n": 1})).await;
        assert_eq!(answer["result"]["structuredContent"]["arguments"], json!({"n": 1}));
        assert!(names.contains(&"seen_renamed".to_owned()), "{names:?}");
        let answer = client.call("seen_renamed", json!({"n": 1})).await;
        assert_eq!(answer["result"]["structuredContent"]["arguments"], json!({"n": 1}));
        assert!(unknown(&client, "rename__seen").await);
        let tools = client.tools().await;
        let own: Vec<&Value> = tools.iter().filter(|tool| tool["name"] == "own").collect();
        assert_eq!(own.len(), 1, "{names:?}");
        assert_eq!(own[0]["description"], "of a plugin");
        let answer = client.call("own", json!({})).await;
        assert_eq!(answer["result"]["content"][0]["text"], "answered own", "{answer}");
    }
    assert_eq!(served.stop().await, 0);
}

/// A modern client of this name over stdio: the tools it is shown, and how its call of a hidden one ends.
async fn of_name(home: &Home, name: &str) -> (Vec<String>, Value) {
    let mut client = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let mut meta = Process::meta();
    meta["io.modelcontextprotocol/clientInfo"]["name"] = name.into();
    let list = client.request(1, "tools/list", json!({"_meta": meta})).await;
    assert_eq!(list["result"]["cacheScope"], "private", "{list}");
    let tools = list["result"]["tools"].as_array().unwrap();
    let names = tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect();
    let call = json!({"name": "srv__seen", "arguments": {"n": 1}, "_meta": meta});
    (names, client.request(2, "tools/call", call).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_from_a_client_is_not_there_for_it() {
    let server = Server::python().await;
    let home = Home::new(&told(&server.url, "srv", r#"hidden = "seen""#, ""));
    let (names, answer) = of_name(&home, "stranger").await;
    assert_eq!(names, ["srv__count", "srv__fail"]);
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!(answer["error"]["message"], "Unknown tool: srv__seen", "{answer}");
    let (names, answer) = of_name(&home, "trusted").await;
    assert_eq!(names, ["srv__count", "srv__fail", "srv__seen"]);
    assert_eq!(answer["result"]["structuredContent"]["arguments"], json!({"n": 1}), "{answer}");

    let served = home.serve().await;
    let legacy = Client::legacy(&served.url).await;
    assert_eq!(legacy.names().await, ["srv__count", "srv__fail"]);
    assert!(unknown(&legacy, "srv__seen").await);
    assert_eq!(served.stop().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_hidden_is_there_while_the_plugin_is_only_asked() {
    let server = Server::python().await;
    let home = Home::new(&told(&server.url, "srv", r#"hidden = "seen""#, "mode = \"shadow\""));
    let served = home.serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        assert_eq!(client.names().await, ["srv__count", "srv__fail", "srv__seen"]);
        assert!(!unknown(&client, "srv__seen").await);
    }
    assert_eq!(served.stop().await, 0);
}

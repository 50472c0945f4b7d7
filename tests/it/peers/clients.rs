//! Clients that others wrote, run as programs: the Inspector and the Python SDK, over HTTP and stdio.

use serde_json::{Value, json};

use super::{THREE, check_names, home, run, stdio};
use crate::harness::http::{LEGACY, MODERN};
use crate::harness::{Home, paths};

/// A call for each real server, and what its answer holds.
const CALLS: [(&str, &str, &str); 3] = [
    ("everything__echo", r#"{"message": "here I am"}"#, "Echo: here I am"),
    ("files__list_directory", r#"{"path": "{here}"}"#, "[FILE] mcpmux.toml"),
    ("memory__read_graph", "{}", r#""entities": []"#),
];

/// How a client reaches mcpmux.
enum Way {
    Http(String),
    Stdio,
}

#[tokio::test]
async fn the_inspector_lists_and_calls() {
    let home = home(THREE);
    let served = home.serve().await;
    for way in [Way::Http(served.url.clone()), Way::Stdio] {
        let tools = inspect(&home, &way, &["--method", "tools/list"]).await;
        let tools = tools["tools"].as_array().unwrap();
        check_names(tools.iter().map(|tool| tool["name"].as_str().unwrap()));
        for (tool, arguments, expected) in CALLS {
            let arguments = here(&home, arguments);
            let arguments: serde_json::Map<String, Value> =
                serde_json::from_str(&arguments).unwrap();
            let pairs =
                arguments.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap()));
            let pairs: Vec<String> = pairs.collect();
            let mut args = vec!["--method", "tools/call", "--tool-name", tool];
            args.extend(pairs.iter().flat_map(|pair| ["--tool-arg", pair]));
            check(&inspect(&home, &way, &args).await, expected);
        }
    }
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn the_python_sdk_lists_and_calls_in_both_eras() {
    let home = home(THREE);
    let served = home.serve().await;
    let client = paths::root().join("tests/peers/client.py");
    let mut calls = Vec::new();
    for (tool, arguments, _) in CALLS {
        calls.extend(["--call".to_owned(), tool.to_owned(), here(&home, arguments)]);
    }
    for way in [Way::Http(served.url.clone()), Way::Stdio] {
        for (mode, revision) in [("legacy", LEGACY), (MODERN, MODERN), ("auto", MODERN)] {
            let mut args = vec![client.to_str().unwrap(), "--mode", mode];
            args.extend(calls.iter().map(String::as_str));
            let command = stdio(&home);
            match &way {
                Way::Http(url) => args.extend(["--url", url]),
                Way::Stdio => {
                    args.push("--stdio");
                    args.extend(command.iter().map(String::as_str));
                }
            }
            let said: Value =
                serde_json::from_str(&run(&home, &paths::python(), &args).await).unwrap();
            assert_eq!(said["protocol"], revision, "{said}");
            let names = said["tools"].as_array().unwrap();
            check_names(names.iter().map(|name| name.as_str().unwrap()));
            assert_eq!(said["calls"].as_array().unwrap().len(), CALLS.len());
            for (index, (_, _, expected)) in CALLS.iter().enumerate() {
                check(&said["calls"][index], expected);
            }
        }
    }
    assert_eq!(served.stop().await, 0);
}

/// Runs the Inspector: the JSON that it prints.
async fn inspect(home: &Home, way: &Way, request: &[&str]) -> Value {
    let inspector = paths::npm(".bin/mcp-inspector");
    let mut args = vec![inspector.to_str().unwrap(), "--cli"];
    let command = stdio(home);
    match way {
        Way::Http(url) => {
            args.extend([url, "--transport", "http"]);
            args.extend(request);
        }
        Way::Stdio => {
            args.extend(["--transport", "stdio"]);
            args.extend(request);
            args.push("--");
            args.extend(command.iter().map(String::as_str));
        }
    }
    serde_json::from_str(&run(home, &paths::node(), &args).await).unwrap()
}

fn here(home: &Home, text: &str) -> String {
    text.replace("{here}", home.path().to_str().unwrap())
}

#[track_caller]
fn check(result: &Value, expected: &str) {
    assert_ne!(result["isError"], json!(true), "{result}");
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"));
    assert!(text.contains(expected), "{expected} in {result}");
}

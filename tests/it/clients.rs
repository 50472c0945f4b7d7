//! What clients of both eras are served beside calls: questions, news, subscriptions, broken streams, batches.

mod asks;
mod batches;
mod listening;
mod live;
mod methods;
mod news;
mod replay;
mod socket;

use serde_json::{Value, json};

use crate::harness::{Home, paths};

/// A home with the backend `c`, which asks, logs and tells; its ledger is the file `ledger`.
fn home() -> Home {
    with("")
}

/// The same with more of a configuration before it.
fn with(config: &str) -> Home {
    let script = paths::root().join("tests/fixtures/chatty.py");
    Home::new(&format!(
        "{config}\n[backends.c]\ncommand = [\"python3\", {script:?}, \"{{here}}/ledger\"]\n"
    ))
}

/// `params` of a call of the backend's tool.
fn tool(name: &str, arguments: Value) -> Value {
    json!({"name": format!("c__{name}"), "arguments": arguments})
}

/// The text in a call's answer.
#[track_caller]
fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

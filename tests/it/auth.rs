//! Credentials for backends, from the configuration to the wire: programs, logins at a real authorization server, and an
//! authorization server that is not to be trusted.

mod clients;
mod command;
mod command_line;
mod evil;
mod leaks;
mod logins;
pub(crate) mod real;
mod refused;
mod shared;

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::http::Client;
use crate::harness::{Home, PATIENCE, Served, paths};
use crate::vault::KEYFILE;

/// A folder with this configuration, a vault and a browser in which somebody logs in.
pub(crate) fn home(config: &str) -> Home {
    let home = Home::new(&format!("{config}{KEYFILE}"));
    browser(&home, Person::LogsIn);
    home
}

/// What a person does in the browser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Person {
    LogsIn,
    Denies,
    DoesNothing,
}

/// Makes it the browser of a person who does this; each address that it is sent to is noted in `opened`.
fn browser(home: &Home, person: Person) {
    let (python, script) = (paths::python(), paths::root().join("tests/peers/browser.py"));
    let script = format!("{} {}", python.display(), script.display());
    let then = match person {
        Person::LogsIn => format!("exec {script} \"$1\""),
        Person::Denies => format!("exec {script} --deny \"$1\""),
        Person::DoesNothing => String::new(),
    };
    let opened = home.path().join("opened");
    let script = format!("#!/bin/sh\necho \"$1\" >> {}\n{then}\n", opened.display());
    program(home.path(), "browser", &script);
}

/// Writes a program.
fn program(folder: &Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join(name);
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The addresses that were opened in the browser.
fn opened(home: &Home) -> Vec<String> {
    let text = std::fs::read_to_string(home.path().join("opened")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Serves with that browser.
async fn serve(home: &Home) -> Served {
    let browser = home.path().join("browser");
    home.serve_with(&[("BROWSER", browser.to_str().unwrap())]).await
}

/// Calls a tool: the message that answers.
async fn call(served: &Served, tool: &str) -> Value {
    let client = Client::modern(&served.url);
    client.request("tools/call", json!({ "name": tool, "arguments": {} })).await.message()
}

/// What a tool says, or the error's text.
async fn text(served: &Served, tool: &str) -> String {
    let answer = call(served, tool).await;
    let text = answer["result"]["content"][0]["text"].as_str();
    text.map_or_else(|| answer["error"]["message"].to_string(), str::to_owned)
}

/// Calls a tool until it says this: each call is answered, with a fault as long as nobody has logged in.
pub(crate) async fn says(served: &Served, tool: &str, wanted: &str) {
    let calling = async { while text(served, tool).await != wanted {} };
    let said = tokio::time::timeout(PATIENCE, calling).await;
    assert!(said.is_ok(), "`{tool}` never said {wanted:?}:\n{}", served.log());
}

/// Waits until there is a tool of this name; its backend has come up before.
async fn appears(served: &Served, tool: &str) {
    let (backend, _) = tool.split_once("__").unwrap();
    served.said(&format!("backend is ready backend={backend}")).await;
    let client = Client::modern(&served.url);
    let there = async {
        loop {
            let list = client.request("tools/list", json!({})).await.message();
            let tools = list["result"]["tools"].as_array().cloned().unwrap_or_default();
            if tools.iter().any(|listed| listed["name"] == tool) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, there).await;
    assert!(waited.is_ok(), "`{tool}` never appeared:\n{}", served.log());
}

/// What `mcpmux status` says of a backend that wants a login.
async fn needs_auth(home: &Home, backend: &str) -> Value {
    let asking = async {
        loop {
            let (code, status, error) = home.run(&["status", "--json"]).await;
            assert_eq!(code, 0, "{error}");
            let status: Value = serde_json::from_str(&status).unwrap();
            let backends = status["backends"].as_array().unwrap();
            let found = backends.iter().find(|found| found["name"] == backend).unwrap();
            if found["state"] == "needs_auth" {
                return found.clone();
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it wants a login")
}

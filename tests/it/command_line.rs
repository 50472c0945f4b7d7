//! The commands: data on standard output and nothing else there, words on standard error, exit codes that mean something.

mod admin;
mod output;
mod plugin;
mod writing;

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::harness::scripted::backend;
use crate::harness::{Home, PATIENCE};

const NAMES: [&str; 5] = ["ok__die", "ok__echo", "ok__fail", "ok__hold", "ok__progress"];

/// A configuration with one backend whose address nobody serves, for as long as the socket is there.
fn unserved() -> (Home, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let listen = format!("[listen]\nhttp = \"{address}\"\n");
    (Home::new(&format!("{listen}{}", backend("ok", "ok"))), socket)
}

/// Runs a command that succeeds and has nothing to say but its data.
async fn data(home: &Home, args: &[&str]) -> String {
    let (code, out, said) = home.run(args).await;
    assert_eq!((code, said.as_str()), (0, ""), "{args:?}: {out}");
    out
}

/// Runs a command that fails with this code, prints this, and says all of these.
async fn fails(home: &Home, args: &[&str], code: i32, out: &str, parts: &[&str]) {
    let (found, printed, said) = home.run(args).await;
    assert_eq!((found, printed.as_str()), (code, out), "{args:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{args:?}: {part} is not in {said}");
    }
}

/// `list` and `call` as they are to work whoever is asked; `target` says who.
async fn check(home: &Home, target: &[&str]) {
    let with = |args: &[&'static str]| [args, target].concat();
    let listed: Value =
        serde_json::from_str(&data(home, &with(&["list", "--json"])).await).unwrap();
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES);
    assert_eq!(listed[1]["inputSchema"], json!({"type": "object"}));
    let table = data(home, &with(&["list"])).await;
    assert_eq!(table.lines().nth(1), Some("ok__echo      Does echo"), "{table}");
    assert_eq!(table.lines().count(), NAMES.len());

    let arguments = r#"{"b": 1, "a": [2.50]}"#;
    let text = data(home, &with(&["call", "ok__echo", arguments])).await;
    assert_eq!(text, "{\"b\": 1, \"a\": [2.5]}\n");
    assert_eq!(data(home, &with(&["call", "ok__echo"])).await, "{}\n");
    let whole = data(home, &with(&["call", "ok__echo", "{}", "--json"])).await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["content"], json!([{"type": "text", "text": "{}"}]));

    let fail = with(&["call", "ok__fail"]);
    fails(home, &fail, 1, "it failed\n", &[]).await;
    let unknown = with(&["call", "ok__ecko"]);
    let parts = ["Unknown tool: ok__ecko", "hint: did you mean `ok__echo`?"];
    fails(home, &unknown, 1, "", &parts).await;
    let strange = with(&["call", "xyz"]);
    let parts = ["Unknown tool: xyz", "hint: `mcpmux list` shows the tools"];
    fails(home, &strange, 1, "", &parts).await;
    fails(home, &with(&["call", "ok__die"]), 1, "", &["backend `ok` went away"]).await;
}

#[tokio::test]
async fn list_and_call_start_the_backends_if_nobody_serves() {
    let (home, _reserved) = unserved();
    check(&home, &[]).await;
}

#[tokio::test]
async fn list_and_call_ask_the_endpoint_that_is_named() {
    let home = Home::new(&backend("ok", "ok"));
    let served = home.serve().await;
    // The configuration is not even looked at.
    let elsewhere = Home::new("nonsense");
    check(&elsewhere, &["--url", &served.url]).await;
}

#[tokio::test]
async fn list_and_call_ask_the_mcpmux_that_serves_the_configured_address() {
    let home = Home::new(&backend("ok", "ok"));
    let served = home.serve().await;
    let address = served.url.trim_start_matches("http://").trim_end_matches("/mcp");
    // It has no backend of its own that could answer.
    let other = Home::new(&format!("[listen]\nhttp = \"{address}\"\n"));
    check(&other, &["-q"]).await;
    // Who named a configuration is told that its backends are not the ones asked.
    let (_, _, said) = other.run(&["list"]).await;
    assert_eq!(said, format!("asking the mcpmux that serves {}\n", served.url));
}

#[tokio::test]
async fn who_cannot_be_asked_is_said() {
    let (home, reserved) = unserved();
    let address = reserved.local_addr().unwrap();
    let url = format!("http://{address}/mcp");
    for command in [&["list", "--url", &url][..], &["call", "--url", &url, "ok__echo"]] {
        fails(&home, command, 1, "", &["mcpmux: `endpoint` is not available: "]).await;
    }
    let exits = backend("ok", "exit never");
    home.write("mcpmux.toml", &format!("[listen]\nhttp = \"{address}\"\n{exits}"));
    fails(&home, &["list"], 1, "", &["`ok` is not available: ", "set TOKEN and try again"]).await;
}

#[tokio::test]
async fn arguments_come_from_standard_input_too_and_must_be_an_object() {
    let (home, _reserved) = unserved();
    let mut command = home.mcpmux(&["call", "ok__echo", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b" {\"a\":\n1}\n").await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"a\": 1}\n");
    for wrong in ["{", "[1]", "7", "", "{\"a\":1,\"a\":2}", "a=1", "-"] {
        let parts = ["the arguments must be a JSON object: ", "hint: '{\"key\": \"value\"}'"];
        fails(&home, &["call", "ok__echo", wrong], 2, "", &parts).await;
    }
}

#[tokio::test]
async fn progress_is_shown_beside_the_result_unless_quiet() {
    let (home, _reserved) = unserved();
    let args = ["call", "ok__progress", r#"{"who": "me"}"#];
    let (code, out, said) = home.run(&args).await;
    assert_eq!((code, out.as_str()), (0, "me\n"));
    assert_eq!(said, "progress 1/3 me\nprogress 2/3 me\nprogress 3/3 me\n");
    assert_eq!(data(&home, &[&["-q"], &args[..]].concat()).await, "me\n");
}

#[tokio::test]
async fn check_says_what_it_found_as_json_too() {
    let (home, _reserved) = unserved();
    let file = "mcpmux.toml";
    let good: Value = serde_json::from_str(&data(&home, &["check", "--json"]).await).unwrap();
    let state = home.path().join("state/mcpmux/vault.mcv");
    let vault = json!({"key": "keychain", "file": state, "records": null, "problem": null});
    let all = json!({"ok": true, "file": file, "backends": 1, "plugins": 0, "vault": vault});
    assert_eq!(good, all);
    let text = data(&home, &["check"]).await;
    let vault = format!("vault: keychain  {}  nothing in it yet", state.display());
    assert_eq!(text, format!("{file} is right: 1 backend, 0 plugins\n{vault}\n"));
    home.write("mcpmux.toml", "colour = 1\n");
    let (code, out, said) = home.run(&["check", "--json"]).await;
    assert_eq!((code, said.as_str()), (2, ""));
    let wrong: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(wrong["ok"], false);
    assert!(
        wrong["error"].as_str().unwrap().contains("mcpmux.toml:1:1: unknown key `colour`"),
        "{out}"
    );
}

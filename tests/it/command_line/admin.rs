//! What the operator asks of a running mcpmux: `status`, `plugin list`, `plugin reload`, and the audit file it writes.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{data, fails};
use crate::harness::http::Client;
use crate::harness::scripted::{backend, until};
use crate::harness::{Home, paths};

fn rename(to: &str) -> String {
    let plugin = "[[plugins]]\nname = \"names\"\npath = \"names.wasm\"\n[plugins.config]\n";
    let rule = format!("rules = [{{ backend = \"ok\", exact = \"echo\", to = \"{to}\" }}]\n");
    format!("{}{plugin}{rule}", backend("ok", "ok"))
}

fn home(to: &str) -> Home {
    let home = Home::new(&rename(to));
    std::fs::copy(paths::plugin("rename.wasm"), home.path().join("names.wasm")).unwrap();
    home
}

/// The socket of the one mcpmux that runs with a home.
fn socket(home: &Home) -> Option<PathBuf> {
    let mut found = std::fs::read_dir(home.path().join("state/mcpmux/run")).ok()?;
    found.find_map(|entry| {
        entry
            .ok()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "sock"))
    })
}

async fn json_of(home: &Home, args: &[&str]) -> Value {
    serde_json::from_str(&data(home, args).await).unwrap()
}

#[tokio::test]
async fn a_running_mcpmux_says_what_it_does() {
    let home = home("say");
    let missing = "hint: start it with `mcpmux serve`";
    for command in [&["status"][..], &["plugin", "list"], &["plugin", "reload"]] {
        fails(&home, command, 1, "", &["no mcpmux runs with mcpmux.toml", missing]).await;
    }
    let served = home.serve().await;
    let status = json_of(&home, &["status", "--json"]).await;
    assert_eq!(status["url"], served.url);
    assert_eq!(status["pid"], served.child.id().unwrap());
    assert_eq!(
        (&status["backends"][0]["name"], &status["backends"][0]["state"]),
        (&json!("ok"), &json!("ready"))
    );
    let plugins = json_of(&home, &["plugin", "list", "--json"]).await;
    assert_eq!(plugins, status["plugins"]);
    assert_eq!((&plugins[0]["name"], &plugins[0]["mode"]), (&json!("names"), &json!("enforce")));
    let page = data(&home, &["status"]).await;
    assert!(
        page.contains("\nbackends\n  ok  5 tools  ready ") && page.contains("\nplugins\n  names  "),
        "{page}"
    );
    assert!(data(&home, &["plugin", "list"]).await.starts_with("names  "));

    let socket = socket(&home).unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    assert_eq!(served.stop().await, 0);
    assert!(!socket.exists(), "it is left behind");
    fails(&home, &["status"], 1, "", &["no mcpmux runs with", missing]).await;
}

#[tokio::test]
async fn what_is_left_of_a_killed_mcpmux_is_in_nobodys_way() {
    let home = home("say");
    let mut served = home.serve().await;
    served.child.kill().await.unwrap();
    assert!(socket(&home).is_some(), "a killed process removes nothing");
    fails(&home, &["status"], 1, "", &["no mcpmux runs with"]).await;
    let served = home.serve().await;
    assert_eq!(json_of(&home, &["status", "--json"]).await["pid"], served.child.id().unwrap());
}

#[tokio::test]
async fn a_second_mcpmux_of_the_same_configuration_leaves_the_socket_to_the_first() {
    let home = home("say");
    let first = home.serve().await;
    let second = home.serve().await;
    second.said("`mcpmux plugin reload` will find nobody").await;
    assert_eq!(json_of(&home, &["status", "--json"]).await["pid"], first.child.id().unwrap());
    assert_eq!(second.stop().await, 0);
    assert_eq!(json_of(&home, &["status", "--json"]).await["pid"], first.child.id().unwrap());
}

#[tokio::test]
async fn the_socket_answers_what_it_knows_and_says_what_it_does_not() {
    let home = home("say");
    let _served = home.serve().await;
    let (read, mut write) = UnixStream::connect(socket(&home).unwrap()).await.unwrap().into_split();
    let mut lines = BufReader::new(read).lines();
    for (request, part) in [
        ("{\"command\":\"stop\"}", "unknown variant `stop`"),
        ("nonsense", "this is no request"),
        ("", "this is no request"),
    ] {
        write.write_all(format!("{request}\n").as_bytes()).await.unwrap();
        let answer: Value =
            serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(answer["ok"], false);
        assert!(answer["error"].as_str().unwrap().contains(part), "{answer}");
    }
    write.write_all(b"{\"command\":\"status\"}\n").await.unwrap();
    let answer: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(
        (&answer["ok"], &answer["status"]["backends"][0]["name"]),
        (&json!(true), &json!("ok"))
    );
}

#[tokio::test]
async fn a_reload_says_what_was_swapped_or_why_nothing_was() {
    let home = home("say");
    let served = home.serve().await;
    assert_eq!(Client::modern(&served.url).names().await[1], "ok__fail");
    let unchanged = json_of(&home, &["plugin", "reload", "names", "--json"]).await;
    assert_eq!(unchanged["plugins"][0]["change"], "unchanged");
    let unknown =
        ["nothing is reloaded: there is no plugin `nmes`", "hint: the configuration has names"];
    fails(&home, &["plugin", "reload", "nmes"], 1, "", &unknown).await;

    home.write("mcpmux.toml", &rename("tell"));
    let told = data(&home, &["plugin", "reload"]).await;
    // The watcher may have been faster.
    assert!(
        told.starts_with("names  swapped  ") || told.starts_with("names  unchanged  "),
        "{told}"
    );
    let names = Client::modern(&served.url).names().await;
    assert!(names.iter().any(|name| name.ends_with("tell")), "{names:?}");

    home.write("mcpmux.toml", "nonsense");
    let refused = ["nothing is reloaded: 1 mistake in the configuration", "mcpmux.toml:1:"];
    fails(&home, &["-q", "plugin", "reload"], 1, "", &refused).await;
    home.write("mcpmux.toml", &rename("tell").replace("names.wasm", "none.wasm"));
    fails(&home, &["plugin", "reload"], 1, "", &["there is no such file", "hint: "]).await;
    assert_eq!(Client::modern(&served.url).names().await, names, "what worked goes on");

    home.write("mcpmux.toml", &backend("ok", "ok"));
    let removed = json_of(&home, &["plugin", "reload", "--json"]).await;
    assert_eq!(removed["backends"], 1);
    assert!(data(&home, &["plugin", "list"]).await.starts_with("none"));
}

#[tokio::test]
async fn every_call_has_a_row_and_its_arguments_where_they_are_wanted() {
    for wanted in [false, true] {
        let audit = format!("[audit]\nfile = \"log/audit.jsonl\"\narguments = {wanted}\n");
        let home = Home::new(&format!("{}{audit}", backend("ok", "ok")));
        let served = home.serve().await;
        for client in [Client::modern(&served.url), Client::legacy(&served.url).await] {
            client.call("ok__echo", json!({ "a": 1 })).await;
            client.call("ok__fail", json!({})).await;
        }
        let file = home.path().join("log/audit.jsonl");
        let rows = || -> Vec<Value> {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        assert!(until(|| rows().len() == 4).await, "{:?}", rows());
        let rows = rows();
        for (row, name, status, era) in [
            (&rows[0], "echo", "success", "modern"),
            (&rows[1], "fail", "tool_error", "modern"),
            (&rows[2], "echo", "success", "legacy"),
            (&rows[3], "fail", "tool_error", "legacy"),
        ] {
            assert_eq!(row["name"], name);
            assert_eq!(
                (&row["status"], &row["client"]["era"]),
                (&json!(status), &json!(era)),
                "{row}"
            );
            assert_eq!((&row["backend"], &row["method"]), (&json!("ok"), &json!("tools/call")));
            assert!(row["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{row}");
        }
        let arguments = rows[0].get("arguments");
        assert_eq!(arguments, wanted.then(|| json!({ "a": 1 })).as_ref());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(served.stop().await, 0);
    }
}

#[tokio::test]
async fn an_audit_file_that_cannot_be_written_is_said_at_the_start() {
    let home = Home::new(&format!("{}[audit]\nfile = \"{{here}}\"\n", backend("ok", "ok")));
    let parts = ["cannot write the audit file", "hint: name another with [audit] file"];
    fails(&home, &["serve", "--http", "127.0.0.1:0"], 1, "", &parts).await;
}

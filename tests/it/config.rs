//! The configuration: what is wrong with it is said before anything starts, and edits are taken up while it serves.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use crate::harness::http::Client;
use crate::harness::lines::Process;
use crate::harness::news::News;
use crate::harness::scripted::backend;
use crate::harness::{Home, PATIENCE};

const TOOLS: [&str; 5] = ["die", "echo", "fail", "hold", "progress"];

/// The binary in a folder, with no configuration but what the arguments name.
fn bare(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpmux"));
    command.args(args).current_dir(folder).env_remove("MCPMUX_CONFIG").env("HOME", folder);
    command.env("XDG_CONFIG_HOME", folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command.kill_on_drop(true);
    command
}

/// Runs it to its end: exit code and standard error; nothing may come on standard output.
async fn run(mut command: Command) -> (i32, String) {
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("it hangs").unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Both `check` and `serve` refuse this configuration with exit code 2, and say all of this.
async fn check_refused(config: &str, args: &[&str], parts: &[&str]) {
    let home = Home::new(config);
    for command in [&["check"][..], &["serve", "--http", "127.0.0.1:0"]] {
        if command == ["check"] && !args.is_empty() {
            continue;
        }
        let (code, out, said) = home.run(&[command, args].concat()).await;
        assert_eq!((code, out.as_str()), (2, ""), "{said}");
        for part in parts {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
}

#[tokio::test]
async fn all_mistakes_are_said_at_once_with_their_places() {
    let five = "[listen]\nhttp = \"0.0.0.0:1\"\n[backends.files]\ncomand = [\"npx\"]\n\
        [backends.cloud]\nurl = \"https://mcp.example.com/mcp\"\n  call_timeout = 30\n\
        [limits]\ntools = 0\n[surprise]\n";
    let places = [
        "5 mistakes in the configuration",
        "mcpmux.toml:2:8: ",
        "mcpmux.toml:4:1: unknown key `comand` in [backends.files]\nhint: did you mean `command`?",
        "mcpmux.toml:7:18: ",
        "mcpmux.toml:9:9: ",
        "mcpmux.toml:10:2: unknown key `surprise`",
    ];
    check_refused(five, &[], &places).await;
    check_refused("[listen\n", &[], &["1 mistake in the configuration\nmcpmux.toml:1:"]).await;
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_named() {
    let config = "[backends.a]\ncommand = [\"x\"]\nenv = { KEY = \"${MCPMUX_TEST_NEVER_SET}\" }\n";
    let said =
        "mcpmux.toml:3:15: `KEY` in [backends.a.env] needs the variable `MCPMUX_TEST_NEVER_SET`";
    check_refused(config, &[], &[said, "hint: set `MCPMUX_TEST_NEVER_SET`"]).await;
}

#[tokio::test]
async fn without_a_configuration_it_says_how_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["serve"][..], &["serve", "--stdio"], &["check"], &["list"]] {
        let (code, said) = run(bare(folder.path(), args)).await;
        assert_eq!(code, 2, "{said}");
        for part in
            ["no configuration found, looked for `mcpmux.toml`", "hint: write a `mcpmux.toml`"]
        {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
    let (code, said) = run(bare(folder.path(), &["-c", "none.toml", "check"])).await;
    assert_eq!(code, 2);
    assert!(said.contains("no configuration at `none.toml`\nhint: "), "{said}");
}

#[tokio::test]
async fn only_and_except_choose_backends() {
    let home = Home::new(&format!("{}{}", backend("one", "ok"), backend("two", "ok")));
    for args in [["--only", "one"], ["--except", "two"]] {
        let mut process = Process::start(home.mcpmux(&[&["serve", "--stdio"][..], &args].concat()));
        let listed = process.request(1, "tools/list", json!({"_meta": Process::meta()})).await;
        let text = listed.to_string();
        assert!(text.contains("one__echo") && !text.contains("two__echo"), "{args:?}: {text}");
        assert_eq!(process.close().await, 0);
    }
    let config = format!("{}{}", backend("one", "ok"), backend("two", "ok"));
    let parts = ["there is no backend `three` in mcpmux.toml\nhint: it has one, two"];
    check_refused(&config, &["--only", "one,three"], &parts).await;
    check_refused(&config, &["--except", "three"], &parts).await;
}

#[tokio::test]
async fn an_address_that_other_machines_reach_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let (code, out, said) = Home::new("").run(&["serve", "--http", address]).await;
        assert_eq!((code, out.as_str()), (2, ""), "{said}");
        assert!(said.contains("no authentication yet\nhint: use a loopback address"), "{said}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_with_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, out, said) = Home::new("").run(&["serve", "--http", &address]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(said.contains(&format!("cannot listen on {address}: ")), "{said}");
    assert!(said.contains("hint: another mcpmux may be running"), "{said}");
}

#[tokio::test]
async fn the_configuration_of_an_ai_client_is_served_as_it_is() {
    let home = Home::new("");
    let script = crate::harness::paths::root().join("tests/fixtures/backend.py");
    let servers =
        json!({"mcpServers": {"My Server": {"command": "python3", "args": [script, "ok"]}}});
    home.write("claude.json", &servers.to_string());
    let output = bare(home.path(), &["-c", "claude.json", "check"]).output().await.unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.contains("is right: 1 backend, 0 plugins"), "{out}");
    let mut process = Process::start(bare(home.path(), &["-c", "claude.json", "serve", "--stdio"]));
    process.initialize().await;
    let params = json!({"name": "my-server__echo", "arguments": {}});
    let answer = process.request(1, "tools/call", params).await;
    assert_eq!(answer["result"]["content"][0]["text"], "{}", "{answer}");
    assert_eq!(process.close().await, 0);
}

#[tokio::test]
async fn a_wrong_edit_changes_nothing_and_says_so() {
    let good = backend("ok", "ok");
    let home = Home::new(&good);
    let served = home.serve().await;
    let client = Client::legacy(&served.url).await;
    let before = client.names().await;
    let wrong = [
        (format!("{good}colour = \"red\"\n"), "unknown key `colour`"),
        ("[backends.gone]\ncommand = [\"${MCPMUX_TEST_NEVER_SET}\"]\n".to_owned(), "NEVER_SET"),
        (
            format!("{good}[[plugins]]\nname = \"p\"\npath = \"none.wasm\"\n"),
            "there is no such file",
        ),
        ("{".to_owned(), "mcpmux.toml:1:"),
    ];
    for (edit, said) in wrong {
        home.write("mcpmux.toml", &edit);
        let log = served.said(said).await;
        assert!(log.contains("the change is not applied, the old "), "{log}");
        assert_eq!(client.names().await, before);
        let answer = client.call("ok__echo", json!({})).await;
        assert!(answer["result"]["content"].is_array(), "{answer}");
    }
    std::fs::remove_file(home.config()).unwrap();
    served.said("cannot read").await;
    assert_eq!(client.names().await, before);
    home.write("mcpmux.toml", &backend("new", "ok"));
    served.said("the change is applied").await;
}

#[tokio::test]
async fn a_good_edit_is_taken_up_and_clients_are_told() {
    let (one, two) = (backend("one", "ok"), backend("two", "ok"));
    let home = Home::new(&one);
    let served = home.serve().await;
    let clients = [Client::legacy(&served.url).await, Client::modern(&served.url)];
    let mut news = Vec::new();
    for client in &clients {
        news.push(News::of(client, &served.url).await);
    }
    let named = |prefix: &str| TOOLS.map(|tool| format!("{prefix}{tool}")).to_vec();
    for (edit, expected) in [
        (format!("{one}{two}"), [named("one__"), named("two__")].concat()),
        (format!("{one}prefix = \"first.\"\n{two}"), [named("first."), named("two__")].concat()),
        (
            format!(
                "{two}{one}only = [\"e*\", \"hold\"]\nexcept = [\"h*\"]\nalias = {{ echo = \"say\" }}\n"
            ),
            [named("two__"), vec!["one__say".to_owned()]].concat(),
        ),
        (two.clone(), named("two__")),
        (String::new(), Vec::new()),
        (one.clone(), named("one__")),
    ] {
        home.write("mcpmux.toml", &edit);
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        for news in &mut news {
            news.until(&expected).await;
        }
        if let Some(tool) = expected.iter().find(|name| name.ends_with("echo")) {
            let answer = clients[0].call(tool, json!({})).await;
            assert_eq!(answer["result"]["content"][0]["text"], "{}", "{answer}");
        }
    }
    assert!(!served.log().contains("at the next start"), "{}", served.log());
    home.write("mcpmux.toml", &format!("[listen]\nhosts = [\"mcp.example.com\"]\n{one}"));
    served
        .said("changes of [listen], [limits], [audit] and [vault] are taken up at the next start")
        .await;
    assert_eq!(served.stop().await, 0);
}

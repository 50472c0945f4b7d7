//! What the binary prints about itself, and how it logs: generated pages, inspection, quiet, colour, JSON lines.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::{data, fails, unserved};
use crate::harness::scripted::backend;
use crate::harness::{Home, PATIENCE, paths};

#[tokio::test]
async fn the_pages_in_the_repository_are_what_the_binary_prints() {
    let home = Home::new("");
    for (file, args) in [
        ("config.md", &["schema", "--reference"][..]),
        ("mcpmux.schema.json", &["schema"]),
        ("cli.md", &["help-markdown"]),
        ("errors.md", &["errors-markdown"]),
    ] {
        let printed = data(&home, args).await;
        let page = std::fs::read_to_string(paths::root().join("host/docs").join(file)).unwrap();
        assert!(printed == page, "host/docs/{file} is stale; run `cargo xtask codegen`");
    }
    let schema: Value = serde_json::from_str(&data(&home, &["schema"]).await).unwrap();
    assert_eq!(schema["type"], "object");
    assert!(schema["properties"]["backends"].is_object(), "{schema}");
}

#[tokio::test]
async fn a_component_is_shown_without_running_it() {
    let home = Home::new("");
    let inspect = async |file: &str| {
        let args = ["plugin", "inspect", "--json", file];
        serde_json::from_str::<Value>(&data(&home, &args).await).unwrap()
    };
    let rename = inspect(paths::plugin("rename.wasm").to_str().unwrap()).await;
    let hooks = rename["hooks"].as_array().unwrap();
    assert!(hooks.contains(&"catalog".into()) && rename["refused"].is_null(), "{rename}");
    let watch = inspect(paths::guests().join("clockwatch.wasm").to_str().unwrap()).await;
    assert_eq!(watch["grants"], serde_json::json!(["clock"]));
    let clock = inspect(paths::plugin("clock.wasm").to_str().unwrap()).await;
    assert_eq!((&clock["backend"], &clock["hooks"]), (&true.into(), &serde_json::json!([])));
    let clock = paths::plugin("clock.wasm");
    let text = data(&home, &["plugin", "inspect", clock.to_str().unwrap()]).await;
    assert!(text.contains("kind      a backend: `[backends.NAME] wasm = \"...\"`"), "{text}");
    home.write("text.wasm", "hello");
    let parts = ["`text.wasm`: it is not WebAssembly\nhint: "];
    fails(&home, &["plugin", "inspect", "text.wasm"], 1, "", &parts).await;
}

#[tokio::test]
async fn completions_and_help_are_data() {
    let home = Home::new("");
    let script = data(&home, &["completions", "bash"]).await;
    assert!(script.contains("_mcpmux()") && script.contains("complete -F _mcpmux"), "{script}");
    for args in [&["--help"][..], &["serve", "--help"], &["--version"]] {
        assert!(data(&home, args).await.contains("mcpmux"));
    }
    fails(&home, &["lsit"], 2, "", &["error: ", "list"]).await;
    fails(&home, &[], 2, "", &["Usage: "]).await;
}

#[tokio::test]
async fn log_lines_never_mix_with_data() {
    let (home, _reserved) = unserved();
    let (code, out, said) = home.run(&["-vv", "list", "--json"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().len(), 5);
    assert!(said.contains("backend is connected backend=ok"), "{said}");
    let (code, out, said) = home.run(&["-vv", "--log-format", "json", "call", "ok__echo"]).await;
    assert_eq!((code, out.as_str()), (0, "{}\n"));
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let connected = |line: &&Value| line["fields"]["message"] == "backend is connected";
    let line = lines.iter().find(connected).unwrap();
    assert_eq!((&line["level"], &line["fields"]["backend"]), (&"INFO".into(), &"ok".into()));
}

#[tokio::test]
async fn serving_with_json_lines_says_nothing_else() {
    let home = Home::new(&backend("ok", "ok"));
    let args = ["-vv", "--log-format", "json", "serve", "--http", "127.0.0.1:0"];
    let mut command = home.mcpmux(&args);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut edited = false;
    let applied = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it has ended");
            let message = serde_json::from_str::<Value>(&line).expect(&line);
            match message["fields"]["message"].as_str().unwrap() {
                "backend is ready" if !edited => {
                    edited = true;
                    home.write("mcpmux.toml", "");
                }
                "the change is applied" => return,
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, applied).await.unwrap();
    child.kill().await.unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "");
}

#[tokio::test]
async fn quiet_serving_is_quiet() {
    let home = Home::new(&backend("ok", "ok"));
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = home.mcpmux(&["-q", "serve", "--http", &port]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let url = format!("http://{port}/mcp");
    let up = async || {
        crate::harness::scripted::until(|| std::net::TcpStream::connect(&port).is_ok()).await
    };
    assert!(up().await);
    let client = crate::harness::http::Client::modern(&url);
    assert_eq!(client.names().await, super::NAMES);
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut said = String::new();
    let ended = child.stderr.take().unwrap();
    let mut ended = BufReader::new(ended);
    tokio::time::timeout(PATIENCE, ended.read_to_string(&mut said)).await.unwrap().unwrap();
    assert_eq!(said, "");
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

/// What a terminal shows of a command; Python's `pty` is the terminal.
async fn on_a_terminal(home: &Home, plain: bool, args: &[&str]) -> String {
    let mcpmux = home.mcpmux(args);
    let mcpmux = mcpmux.as_std();
    let mut command = tokio::process::Command::new("python3");
    command.args(["-c", "import pty, sys; pty.spawn(sys.argv[1:])"]);
    command.arg(mcpmux.get_program()).args(mcpmux.get_args()).current_dir(home.path());
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR").stdin(Stdio::null());
    if plain {
        command.env("NO_COLOR", "1");
    }
    let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_terminal_gets_colour_unless_it_is_told_not_to() {
    let home = Home::new(&backend("ok", "exit never"));
    for args in [&["-vv", "check"][..], &["--nonsense"], &["-v", "list"]] {
        for plain in [false, true] {
            let shown = on_a_terminal(&home, plain, args).await;
            assert!(shown.len() > 20, "{args:?}: {shown}");
            assert!(!plain || !shown.contains('\u{1b}'), "{args:?}: {shown:?}");
        }
    }
    for args in [&["--nonsense"][..], &["-v", "list"]] {
        let shown = on_a_terminal(&home, false, args).await;
        assert!(shown.contains('\u{1b}'), "{args:?}: {shown:?}");
    }
}

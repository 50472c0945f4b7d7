//! A secret is where it is meant to be and nowhere else: not in the log at its loudest, not in errors, not on a command
//! line, and not to be read from the process.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{KEYFILE, backend, noting, run, set};
use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::scripted::noted;

/// What is looked for, with characters that encodings change.
pub(crate) const CANARY: &str = "c4nary/+?seed~of=the&vault";

/// The forms in which it could turn up.
fn forms() -> Vec<String> {
    let url: String = CANARY
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let inside = |text: String| text[..text.len() - 2].to_owned();
    vec![
        CANARY.to_owned(),
        url,
        inside(STANDARD_NO_PAD.encode(CANARY)),
        inside(URL_SAFE_NO_PAD.encode(CANARY)),
    ]
}

#[track_caller]
pub(crate) fn clean(what: &str, text: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{what} holds {form:?}:\n{text}");
    }
}

/// The command lines of all processes.
pub(crate) fn command_lines() -> Vec<(PathBuf, String)> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| {
        let path = process.path().join("cmdline");
        let line = std::fs::read(&path).ok()?;
        Some((path, String::from_utf8_lossy(&line).into_owned()))
    });
    lines.collect()
}

#[tokio::test]
async fn a_secret_turns_up_nowhere() {
    // Nothing listens at the port of those that get it as a token and in a header.
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let home = Home::new(&format!(
        "{KEYFILE}{}{}[backends.far]\nurl = \"http://{refused}/mcp\"\n\
         auth = {{ type = \"bearer\", token = \"${{secret:canary}}\" }}\n\
         headers = {{ X-Key = \"${{secret:canary}}\" }}\n[backends.keyed]\nurl = \"http://{refused}/mcp\"\n\
         auth = {{ type = \"header\", name = \"X-Key\", value = \"${{secret:canary}}\" }}\n[audit]\nfile = \"audit.jsonl\"\narguments = true\n",
        backend("ok", "ok"),
        noting("has", "${secret:canary}")
    ));
    set(&home, "canary", CANARY).await;
    let trace = [("MCPMUX_LOG", "trace")];
    let served = home.serve_with(&trace).await;
    noted(&home.path().join("has.seen"), CANARY).await;
    let client = Client::modern(&served.url);
    let mut bodies = Vec::new();
    for tool in ["has__echo", "has__fail", "has__die", "has__echo", "far__echo", "keyed__echo"] {
        bodies.push(client.call(tool, serde_json::json!({ "a": 1 })).await.to_string());
    }
    let lines = command_lines();
    assert!(lines.iter().any(|(_, line)| line.contains("backend.py")), "processes are seen");
    for (path, line) in lines {
        clean(path.to_str().unwrap(), &line);
    }
    for (args, input) in [
        (&["secret", "set", "canary"][..], CANARY),
        (&["secret", "list", "--json"], ""),
        (&["status"], ""),
        (&["check", "--json"], ""),
        (&["secret", "remove", "canary"], ""),
    ] {
        let (_, out, said) = run(&home, &trace, args, input).await;
        clean(&format!("{args:?}"), &format!("{out}{said}"));
    }
    bodies.push(served.log());
    bodies.push(std::fs::read_to_string(home.path().join("audit.jsonl")).unwrap());
    bodies.push(std::fs::read_to_string(home.path().join("state/mcpmux/vault.mcv")).unwrap());
    for body in bodies {
        clean("what was said or written", &body);
    }
    assert!(served.log().contains("TRACE"), "the log was at its loudest");
    assert_eq!(served.stop().await, 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_writes_no_core_and_is_not_open_to_others() {
    use std::os::unix::fs::MetadataExt;

    let home = Home::new(&backend("ok", "ok"));
    let served = home.serve().await;
    let process = PathBuf::from(format!("/proc/{}", served.child.id().unwrap()));
    let limits = std::fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // What is in the folder of a process that cannot be dumped is root's (proc(5)); it tells nothing if that is us.
    if !rustix::process::geteuid().is_root() {
        assert_eq!(process.join("environ").metadata().unwrap().uid(), 0);
    }
    assert_eq!(served.stop().await, 0);
}

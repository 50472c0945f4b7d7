//! A secret is where it is meant to be and nowhere else: not in the log at its loudest, not in errors, not on a command
//! line, and not to be read from the process.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::{KEYFILE, backend, noting, run, set};
use crate::harness::http::Client;
use crate::harness::scripted::noted;
use crate::harness::{Home, PATIENCE};

/// What is looked for, with characters that encodings change.
pub(crate) const CANARY: &str = "c4nary/+?seed~of=the&vault";
/// What opens the vault: a passphrase, and as many bytes as a key has.
const OPENS: &str = "c4nary?key/of+thirty-two&bytes~!";

/// The forms in which one could turn up.
fn forms(canary: &str) -> Vec<String> {
    let url: String = canary
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let mut forms = vec![canary.to_owned(), url];
    for before in 0..3 {
        // In Base64 it looks otherwise after one or two other bytes; what depends on its neighbours is left out.
        let text = [&vec![0; before], canary.as_bytes()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            forms.push(encoded[[0, 2, 3][before]..encoded.len() - 2].to_owned());
        }
    }
    forms
}

#[track_caller]
pub(crate) fn clean(what: &str, text: &str) {
    for form in [CANARY, OPENS].into_iter().flat_map(forms) {
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

#[tokio::test]
async fn what_opens_the_vault_turns_up_nowhere() {
    assert_eq!(OPENS.len(), 32);
    for key in [
        "\"keyfile\"\nkeyfile = \"key\"".to_owned(),
        "\"systemd-credential\"\ncredential = \"key\"".to_owned(),
        "\"passphrase\"\npassphrase = \"${OPENS}\"".to_owned(),
        format!("\"passphrase\"\npassphrase = \"{OPENS}\""),
        "\"passphrase\"\npassphrase_command = [\"cat\", \"{here}/key\"]".to_owned(),
    ] {
        let has = noting("has", "${secret:canary}");
        let home = Home::new(&format!("[vault]\nkey = {key}\n{}{has}", backend("ok", "ok")));
        std::fs::write(home.path().join("key"), OPENS).unwrap();
        std::fs::set_permissions(home.path().join("key"), Permissions::from_mode(0o600)).unwrap();
        let here = home.path().to_str().unwrap().to_owned();
        let set = [
            ("MCPMUX_LOG", "trace"),
            ("OPENS", if key.contains("${OPENS}") { OPENS } else { "" }),
            ("CREDENTIALS_DIRECTORY", &here),
        ];
        let (code, _, said) = run(&home, &set, &["secret", "set", "canary"], CANARY).await;
        assert_eq!(code, 0, "{key}: {said}");
        clean(&key, &said);
        let served = home.serve_with(&set).await;
        noted(&home.path().join("has.seen"), CANARY).await;
        for args in
            [&["secret", "list"][..], &["status", "--json"], &["check", "--json"], &["list"]]
        {
            let (code, out, said) = run(&home, &set, args, "").await;
            assert_eq!(code, 0, "{key}: {args:?}: {said}");
            clean(&format!("{key}: {args:?}"), &format!("{out}{said}"));
        }
        for (path, line) in command_lines() {
            clean(path.to_str().unwrap(), &line);
        }
        let vault = home.path().join("state/mcpmux/vault.mcv");
        // A wrong one is not shown either.
        std::fs::write(home.path().join("key"), "0".repeat(32)).unwrap();
        let (_, out, said) = run(&home, &set, &["secret", "list"], "").await;
        clean(&key, &format!("{out}{said}{}", std::fs::read_to_string(vault).unwrap()));
        clean(&key, &served.log());
        assert!(served.log().contains("TRACE"), "the log was at its loudest");
        assert_eq!(served.stop().await, 0);
    }
}

/// Somebody who is not root, if this is root.
const OTHER: u32 = 65_534;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_writes_no_core_and_is_not_open_to_others() {
    let home = Home::new("");
    let is_root = rustix::process::geteuid().is_root();
    // What root may read tells nothing: then it runs as somebody else, from a folder that is theirs.
    let binary = home.path().join("program");
    std::fs::copy(env!("CARGO_BIN_EXE_mcpmux"), &binary).unwrap();
    let as_other = |command: &mut Command| {
        if is_root {
            command.uid(OTHER).gid(OTHER);
        }
    };
    if is_root {
        for path in [home.path(), &binary, &home.config()] {
            std::os::unix::fs::chown(path, Some(OTHER), Some(OTHER)).unwrap();
        }
    }
    let mut command = Command::new(&binary);
    as_other(&mut command);
    command.arg("-c").arg(home.config()).args(["-vv", "serve", "--http", "127.0.0.1:0"]);
    for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"] {
        command.env(name, home.path());
    }
    command.env_remove("XDG_RUNTIME_DIR").current_dir(home.path()).kill_on_drop(true);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let listens = async {
        let mut said = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("listening url=") {
                return;
            }
            said.push(line);
        }
        panic!("it ended: {said:?}");
    };
    tokio::time::timeout(PATIENCE, listens).await.expect("it listens");

    let process = PathBuf::from(format!("/proc/{}", child.id().unwrap()));
    let limits = std::fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // What is in the folder of a process that cannot be dumped is root's (proc(5)).
    assert_eq!(process.join("environ").metadata().unwrap().uid(), 0);
    for (of, may) in [(process, false), (PathBuf::from("/proc/self"), true)] {
        let mut reads = Command::new("cat");
        as_other(&mut reads);
        let read = reads.arg(of.join("environ")).stdout(Stdio::null()).stderr(Stdio::null());
        assert_eq!(read.status().await.unwrap().success(), may, "{}", of.display());
    }
}

//! Secrets and passphrases that a person types at a terminal: asked for, and not shown.

use std::process::Stdio;

use super::json;
use crate::harness::{Home, PATIENCE, paths};

/// Runs a command on a terminal of its own, types the lines of standard input one after each question, and prints what the
/// terminal showed; ends with the command's code.
const TERMINAL: &str = r#"
import os, pty, sys
answers = sys.stdin.read().split("\n")
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while True:
    try:
        some = os.read(terminal, 1000)
    except OSError:
        break
    if not some:
        break
    shown += some
    if some.endswith(b": ") and answers:
        os.write(terminal, answers.pop(0).encode() + b"\n")
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

/// Runs a command on a terminal at which these answers are typed: its code, and all that the terminal showed.
async fn typed(home: &Home, args: &[&str], answers: &str) -> (i32, String) {
    use tokio::io::AsyncWriteExt;

    let mcpmux = home.mcpmux(args);
    let mcpmux = mcpmux.as_std();
    let mut python = tokio::process::Command::new(paths::python());
    python.arg("-c").arg(TERMINAL).arg(mcpmux.get_program()).args(mcpmux.get_args());
    for (name, value) in mcpmux.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    python.current_dir(home.path()).kill_on_drop(true);
    let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answers.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.expect("it hangs").unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn what_is_typed_is_asked_for_and_not_shown() {
    let home = Home::new("[vault]\nkey = \"passphrase\"\n");
    let (code, shown) = typed(&home, &["secret", "set", "a"], "w0rds\nother\n").await;
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("the passphrases differ"), "{shown}");
    let (code, shown) = typed(&home, &["secret", "set", "a"], "w0rds\nw0rds\ns3cret\n").await;
    assert_eq!(code, 0, "{shown}");
    for asked in ["passphrase of the vault: ", "the same again", "secret `a`: "] {
        assert!(shown.contains(asked), "{shown}");
    }
    assert!(!shown.contains("w0rds") && !shown.contains("s3cret"), "{shown}");
    let (code, shown) = typed(&home, &["secret", "list"], "w0rds\n").await;
    assert_eq!(code, 0, "{shown}");
    assert!(shown.ends_with("a  secret\r\n"), "{shown}");
    let (code, shown) = typed(&home, &["secret", "list"], "wrong\n").await;
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("the passphrase is not the one"), "{shown}");
    home.write("mcpmux.toml", "[vault]\nkey = \"passphrase\"\npassphrase = \"w0rds\"\n");
    assert_eq!(json(&home, &["secret", "list", "--json"]).await[0]["name"], "a");
}

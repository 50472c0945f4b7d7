//! Secrets and passphrases that a person types at a terminal: asked for, not shown, whole, and nothing of them left for
//! others.

use std::process::Stdio;

use serde_json::{Value, json};

use super::{json, run, set};
use crate::harness::{Home, PATIENCE, paths};

/// Runs a command in the foreground of a terminal of its own, as a shell would, and types what standard input says (a list)
/// one after each question. A command that is stopped is continued. Prints what the terminal showed, how the terminal was
/// each time that the command stopped or ended, what was left to read, and the command's code.
const TERMINAL: &str = r#"
import fcntl, json, os, pty, select, signal, sys, termios
answers = json.load(sys.stdin)
report, said = os.pipe()
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(sys.argv[1], sys.argv[1:])
    states = []
    while True:
        status = os.waitpid(job, os.WUNTRACED)[1]
        os.tcsetpgrp(0, os.getpgrp())
        modes = termios.tcgetattr(0)
        shows = all(modes[3] & mode for mode in (termios.ECHO, termios.ICANON, termios.ISIG))
        states.append(["stopped" if os.WIFSTOPPED(status) else "ended", shows])
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)
    left = b""
    modes[3] &= ~termios.ICANON
    termios.tcsetattr(0, termios.TCSANOW, modes)
    while select.select([0], [], [], 0.2)[0]:
        left += os.read(0, 1000)
    os.write(said, json.dumps({"states": states, "left": left.decode()}).encode())
    os._exit(os.waitstatus_to_exitcode(status) & 255)
os.close(said)
shown = b""
while True:
    try:
        some = os.read(terminal, 1000)
    except OSError:
        break
    if not some:
        break
    shown += some
    if shown.endswith(b": ") and answers:
        typed = answers.pop(0).encode()
        while typed:
            typed = typed[os.write(terminal, typed[:1000]):]
found = json.loads(os.read(report, 100000))
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"code": code, "shown": shown.decode(), **found}))
"#;

/// What became of a command at a terminal.
#[derive(Debug)]
struct Ended {
    code: i64,
    shown: String,
    /// Each time that it stopped or ended, whether the terminal was as a shell wants it.
    states: Value,
    left: String,
}

impl Ended {
    /// It ended once, and left the terminal as it was, with nothing to read.
    #[track_caller]
    fn clean(self, code: i64) -> String {
        assert_eq!((self.code, &self.states), (code, &json!([["ended", true]])), "{self:?}");
        assert_eq!(self.left, "", "{self:?}");
        self.shown
    }
}

/// Runs a command on a terminal at which these answers are typed.
async fn typed(home: &Home, args: &[&str], answers: &[&str]) -> Ended {
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
    let answers = json!(answers).to_string();
    child.stdin.take().unwrap().write_all(answers.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.expect("it hangs").unwrap();
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |key: &str| ended[key].as_str().unwrap().to_owned();
    Ended {
        code: ended["code"].as_i64().unwrap(),
        shown: text("shown"),
        states: ended["states"].clone(),
        left: text("left"),
    }
}

const ASKS: &str = "[vault]\nkey = \"passphrase\"\n";

/// The secret that a backend gets.
async fn kept(home: &Home, config: &str) -> String {
    let token = "[backends.b]\ncommand = [\"sh\", \"-c\", \"printf '%s' \\\"$T\\\" > {here}/got\"]\n\
                 env = { T = \"${secret:a}\" }\n";
    home.write("mcpmux.toml", &format!("{config}{token}"));
    let _none = run(home, &[], &["list"], "").await;
    std::fs::read_to_string(home.path().join("got")).unwrap()
}

#[tokio::test]
async fn what_is_typed_is_asked_for_and_not_shown() {
    let home = Home::new(ASKS);
    let shown = typed(&home, &["secret", "set", "a"], &["w0rds\n", "other\n"]).await.clean(1);
    assert!(shown.contains("the passphrases differ"), "{shown}");
    let answers = ["w0rds\n", "w0rds\n", "s3cret\n"];
    let shown = typed(&home, &["secret", "set", "a"], &answers).await.clean(0);
    for asked in ["passphrase of the vault: ", "the same again", "secret `a`: "] {
        assert!(shown.contains(asked), "{shown}");
    }
    assert!(!shown.contains("w0rds") && !shown.contains("s3cret"), "{shown}");
    let shown = typed(&home, &["secret", "list"], &["w0rds\n"]).await.clean(0);
    assert!(shown.ends_with("a  secret\r\n"), "{shown}");
    home.write("mcpmux.toml", "[vault]\nkey = \"passphrase\"\npassphrase = \"w0rds\"\n");
    assert_eq!(json(&home, &["secret", "list", "--json"]).await[0]["name"], "a");
}

#[tokio::test]
async fn a_wrong_passphrase_is_asked_for_again_and_none_is_asked_for_in_vain() {
    let home = Home::new(ASKS);
    for args in [&["secret", "list"][..], &["check"]] {
        let shown = typed(&home, args, &["w0rds\n"]).await.clean(0);
        assert!(!shown.contains("passphrase of"), "there is nothing to open: {shown}");
    }
    typed(&home, &["secret", "remove", "a"], &["w0rds\n"]).await.clean(1);
    typed(&home, &["secret", "set", "a"], &["w0rds\n", "w0rds\n", "s3cret\n"]).await.clean(0);
    let shown = typed(&home, &["secret", "list"], &["wrong\n", "w0rds\n"]).await.clean(0);
    assert!(shown.contains("it is not the one") && shown.contains("a  secret"), "{shown}");
    let wrong = ["wrong\n"; 4];
    let shown = typed(&home, &["secret", "list"], &wrong).await.clean(1);
    assert_eq!(shown.matches("passphrase of the vault: ").count(), 3, "{shown}");
    assert!(shown.contains("the passphrase is not the one"), "{shown}");
    // Who says nothing goes without it.
    let shown = typed(&home, &["secret", "list"], &["\n"]).await.clean(1);
    assert!(shown.contains("the vault waits for its passphrase"), "{shown}");
    // A login will need it: check tries the passphrase before.
    home.write("mcpmux.toml", &format!("{ASKS}[backends.far]\nurl = \"https://mcp.example/mcp\"\nauth = {{ type = \"oauth\" }}\n"));
    let shown = typed(&home, &["check"], &["wrong\n", "w0rds\n"]).await.clean(0);
    assert!(shown.contains("it is not the one"), "{shown}");
}

#[tokio::test]
async fn keys_that_correct_interrupt_or_suspend_do_what_they_do() {
    let home = Home::new(super::KEYFILE);
    let set_a = ["secret", "set", "a"];
    let answers = ["wrong\x15s3crx\u{e9}\x7f\x7fet\n"];
    typed(&home, &set_a, &answers).await.clean(0);
    assert_eq!(kept(&home, super::KEYFILE).await, "s3cret");

    for (key, code) in [("\x03", 254), ("\x04", 1)] {
        let shown = typed(&home, &set_a, &[key]).await.clean(code);
        assert!(shown.contains("secret `a`: \r\n"), "{shown}");
    }
    let ended = typed(&home, &set_a, &["hal\x1a", "other\n"]).await;
    assert_eq!(ended.states, json!([["stopped", true], ["ended", true]]), "{ended:?}");
    assert_eq!((ended.code, ended.shown.matches("secret `a`: ").count()), (0, 2), "{ended:?}");
    assert_eq!(kept(&home, super::KEYFILE).await, "other");
}

#[tokio::test]
async fn what_is_pasted_is_taken_whole_or_not_at_all_and_none_of_it_reaches_the_shell() {
    let home = Home::new(super::KEYFILE);
    set(&home, "a", "before").await;
    let key = "-----BEGIN KEY-----\nc2VjcmV0\n-----END KEY-----";
    for pasted in [key, &format!("{key}\n"), &format!("{}\n", "x".repeat(70_000))] {
        let shown = typed(&home, &["secret", "set", "a"], &[pasted]).await.clean(1);
        assert!(shown.contains("more than a line was pasted"), "{shown}");
        assert!(shown.contains("< FILE") && !shown.contains("c2Vj"), "{shown}");
    }
    assert_eq!(kept(&home, super::KEYFILE).await, "before");
    // Longer than the lines that terminals gather themselves.
    let long = "t0ken".repeat(2_000);
    typed(&home, &["secret", "set", "a"], &[&format!("{long}\n")]).await.clean(0);
    assert_eq!(kept(&home, super::KEYFILE).await, long);
}

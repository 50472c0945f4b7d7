//! Running a program of the operator's that prints a secret: no shell, bounded, with a small environment, and its process
//! group ends with it. What it prints is for its caller; nothing of it is logged.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use mcpmux_core::process::{INHERITED, SESSION};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long its output is waited for after its end, and its end after it was killed.
const LAST: Duration = Duration::from_millis(200);
/// The longest output, in bytes.
const LIMIT: usize = 64 << 10;
/// Room for what most programs print, in bytes: growing leaves pieces behind in memory.
const ROOM: usize = 4 << 10;

/// What a program prints within 10 s: text of at most 64 KiB. Its environment is [`INHERITED`] and [`SESSION`].
///
/// # Errors
/// What went wrong, without a byte of what it wrote.
pub async fn output(argv: &[String]) -> Result<String, String> {
    output_within(argv, PATIENCE).await
}

async fn output_within(argv: &[String], patience: Duration) -> Result<String, String> {
    let Some((program, args)) = argv.split_first() else {
        return Err("no program is named".to_owned());
    };
    let said = |what: &dyn std::fmt::Display| format!("`{}` {what}", program.escape_debug());
    let mut command = Command::new(program);
    command.args(args).env_clear();
    for key in INHERITED.iter().chain(&SESSION) {
        if let Some(value) = std::env::var_os(key) {
            command.env(key, value);
        }
    }
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| said(&format_args!("cannot be started: {error}")))?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    let ran = timeout(patience, run(&mut child, &mut bytes)).await;
    drop(group);
    // It is gone at once, and is not to stay as a process that nobody has asked how it ended.
    let _collected = timeout(LAST, child.wait()).await;
    match ran {
        Err(_) => Err(said(&format_args!("took longer than {patience:?}"))),
        Ok(Err(error)) => Err(said(&format_args!("cannot be read: {error}"))),
        Ok(Ok(_)) if bytes.len() > LIMIT => {
            Err(said(&format_args!("printed more than {LIMIT} bytes")))
        }
        Ok(Ok(status)) if !status.success() => Err(said(&format_args!("failed: {status}"))),
        Ok(Ok(_)) => String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            said(&"printed something that is no text")
        }),
    }
}

/// Reads what it prints, up to one byte more than it may; how it ended.
async fn run(child: &mut Child, bytes: &mut Vec<u8>) -> std::io::Result<ExitStatus> {
    let pipe = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let mut pipe = pipe.take(LIMIT as u64 + 1);
    let ended = {
        let mut read = std::pin::pin!(pipe.read_to_end(bytes));
        tokio::select! {
            read = &mut read => {
                read?;
                None
            }
            ended = child.wait() => {
                // What it has started may hold the pipe open, and has nothing to add.
                let _rest = timeout(LAST, read).await;
                Some(ended?)
            }
        }
    };
    match ended {
        Some(ended) => Ok(ended),
        None if bytes.len() > LIMIT => Ok(ExitStatus::default()),
        None => child.wait().await,
    }
}

/// One line of output, without its end: a secret.
///
/// # Errors
/// As for [`output`] and [`one_line`].
pub async fn line(argv: &[String]) -> Result<String, String> {
    let mut text = Zeroizing::new(output(argv).await?);
    let length = one_line(&text)?.len();
    text.truncate(length);
    Ok(std::mem::take(&mut *text))
}

/// The same for who may block.
///
/// # Errors
/// As for [`line()`].
pub fn line_blocking(argv: &[String]) -> Result<String, String> {
    // On a thread of its own: the caller's may belong to another runtime, which would not have it.
    std::thread::scope(|scope| {
        let name = "mcpmux-program".to_owned();
        let asking = std::thread::Builder::new().name(name).spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let failed = |error| format!("cannot wait for a program: {error}");
            runtime.map_err(failed)?.block_on(line(argv))
        });
        let asking = asking.map_err(|error| format!("cannot start a thread: {error}"))?;
        asking.join().unwrap_or_else(|_| Err("asking it broke off".to_owned()))
    })
}

/// A text without its line end.
///
/// # Errors
/// If it is empty, or holds another line end or any control character.
pub fn one_line(text: &str) -> Result<&str, String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err("it printed nothing".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("it printed more than one line, or a control character".to_owned());
    }
    Ok(text)
}

/// A process group, killed when this is dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It fails if nobody is left in the group.
            let _gone = kill_process_group(pid, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn what_it_prints_comes_back() {
        assert_eq!(line(&sh("echo a b; echo no >&2")).await, Ok("a b".to_owned()));
    }

    #[tokio::test]
    async fn who_may_block_gets_the_same_wherever_it_stands() {
        assert_eq!(line_blocking(&sh("echo a")), Ok("a".to_owned()));
        let asked = tokio::task::spawn_blocking(|| line_blocking(&sh("exit 3"))).await.unwrap();
        assert!(asked.unwrap_err().contains("failed: exit status: 3"));
    }

    #[tokio::test]
    async fn one_that_leaves_its_group_and_holds_the_pipe_holds_up_nobody() {
        if let Ok(said) = line(&sh("command -v setsid")).await {
            assert!(said.ends_with("setsid"));
            let begun = tokio::time::Instant::now();
            assert_eq!(line(&sh("setsid sleep 12 & echo a")).await, Ok("a".to_owned()));
            assert!(begun.elapsed() < PATIENCE, "it was not waited for");
        }
    }

    #[tokio::test]
    async fn it_gets_the_variables_that_are_documented_and_no_other() {
        let all = output(&["env".to_owned()]).await.unwrap();
        for line in all.lines() {
            let (name, _) = line.split_once('=').unwrap_or((line, ""));
            assert!(INHERITED.contains(&name) || SESSION.contains(&name), "{name}");
        }
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "there is one to leave out");
    }

    #[tokio::test]
    async fn how_it_fails_is_said_without_what_it_wrote() {
        for (script, part) in [
            ("echo s3cret >&2; echo s3cret; exit 3", "failed: exit status: 3"),
            ("printf 's3cret\\r\\nX: 1\\n'", "more than one line"),
            ("printf 's3cret\\0'", "control character"),
            ("true", "printed nothing"),
            ("head -c 1000000 /dev/zero", "more than 65536 bytes"),
            ("printf '\\377'", "no text"),
        ] {
            let why = line(&sh(script)).await.unwrap_err();
            assert!(why.contains(part) && !why.contains("s3cret"), "{script}: {why}");
        }
        let why = line(&["/does/not/exist".to_owned()]).await.unwrap_err();
        assert!(why.contains("cannot be started"), "{why}");
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // The grandchild holds the pipe open for as long as it lives.
        let script = format!("sleep 1000 > {} & wait", pipe.display());
        let reading = tokio::task::spawn_blocking(move || std::fs::read(pipe).unwrap());
        let why = output_within(&sh(&script), Duration::from_millis(300)).await.unwrap_err();
        assert!(why.contains("took longer"), "{why}");
        let ended = timeout(Duration::from_secs(20), reading).await;
        assert_eq!(ended.expect("the grandchild is dead").unwrap(), b"");
    }
}

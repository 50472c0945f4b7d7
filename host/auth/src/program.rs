//! Running a program of the operator's that prints a secret: no shell, bounded, and nothing it starts outlives it. What
//! it prints is for its caller; nothing of it is logged.

use std::process::Stdio;
use std::time::Duration;

use mcpmux_core::process::INHERITED;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest output, in bytes.
const LIMIT: usize = 64 << 10;

/// What a program prints; an error says what went wrong, without a byte of what it wrote.
pub(crate) async fn output(argv: &[String]) -> Result<String, String> {
    output_within(argv, PATIENCE).await
}

async fn output_within(argv: &[String], patience: Duration) -> Result<String, String> {
    let Some((program, args)) = argv.split_first() else {
        return Err("no program is named".to_owned());
    };
    let said = |what: &dyn std::fmt::Display| format!("`{}` {what}", program.escape_debug());
    let mut command = Command::new(program);
    command.args(args).env_clear();
    for key in INHERITED {
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
    let _group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let Some(pipe) = child.stdout.take() else {
        return Err(said(&"has no output"));
    };
    let mut bytes = Vec::new();
    let run = async {
        pipe.take(LIMIT as u64 + 1).read_to_end(&mut bytes).await?;
        if bytes.len() > LIMIT {
            return Ok(None);
        }
        child.wait().await.map(Some)
    };
    match timeout(patience, run).await {
        Err(_) => Err(said(&format_args!("took longer than {patience:?}"))),
        Ok(Err(error)) => Err(said(&format_args!("cannot be read: {error}"))),
        Ok(Ok(None)) => Err(said(&format_args!("printed more than {LIMIT} bytes"))),
        Ok(Ok(Some(status))) if !status.success() => Err(said(&format_args!("failed: {status}"))),
        Ok(Ok(Some(_))) => {
            String::from_utf8(bytes).map_err(|_| said(&"printed something that is no text"))
        }
    }
}

/// One line of output, without its end: a secret.
pub(crate) async fn line(argv: &[String]) -> Result<String, String> {
    one_line(&output(argv).await?).map(str::to_owned)
}

/// A text without its line end; an error if it is empty or holds another, or any control character.
pub(crate) fn one_line(text: &str) -> Result<&str, String> {
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

//! The passphrase that a program prints. It is started without a shell, and what it says on standard error is not shown,
//! as it may hold the passphrase too.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mcpmux_core::config::Secret;
use mcpmux_core::ports::VaultProblem;
use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest passphrase in bytes.
const LIMIT: u64 = 64 << 10;

/// Asks the program. Its whole process group is gone when this returns.
pub(super) fn ask(argv: &[String]) -> Result<Secret, VaultProblem> {
    let program = argv.first().map_or("", String::as_str);
    let failed = |why: String| {
        VaultProblem::Locked(format!(
            "`passphrase_command` of [vault], `{}`, {why}",
            program.escape_debug()
        ))
    };
    let mut child = Command::new(program)
        .args(argv.iter().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let output = child.stdout.take();
    let (said, hears) = mpsc::channel();
    let group = Group(child);
    // The thread ends with the group, whose members alone can hold the other end of the pipe open.
    std::thread::spawn(move || {
        let mut text = Zeroizing::new(Vec::with_capacity(4 << 10));
        let read = output.map(|output| output.take(LIMIT + 1).read_to_end(&mut text));
        // Nobody listens any more if it took too long.
        let _late = said.send(read.transpose().map(|_| text));
    });
    let text = match hears.recv_timeout(PATIENCE) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => return Err(failed(format!("cannot be read: {error}"))),
        Err(_) => return Err(failed(format!("took more than {PATIENCE:?}"))),
    };
    if text.len() as u64 > LIMIT {
        return Err(failed(format!("printed more than {LIMIT} bytes")));
    }
    if !group.succeeded() {
        return Err(failed("failed".to_owned()));
    }
    let line = text.strip_suffix(b"\n").unwrap_or(&text);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(line) if !line.contains(['\r', '\n', '\0']) => Ok(Secret::new(line.to_owned())),
        _ => Err(failed("printed more than one line of text".to_owned())),
    }
}

/// A program and all that it started.
struct Group(Child);

impl Group {
    /// Whether it ended well. It has closed its output, so that it ends soon or not at all.
    fn succeeded(mut self) -> bool {
        for _ in 0..100 {
            match self.0.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(_) => return false,
            }
        }
        false
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // It fails if nobody is left.
            let _gone = kill_process_group(pid, Signal::KILL);
        }
        let _collected = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Secret, VaultProblem> {
        ask(&["sh".to_owned(), "-c".to_owned(), script.to_owned()])
    }

    #[test]
    fn a_program_says_the_passphrase() {
        assert_eq!(shell("echo 'a b'").unwrap().reveal(), "a b");
        assert_eq!(shell("printf 'a\\r\\n'").unwrap().reveal(), "a");
    }

    #[test]
    fn what_a_program_says_wrongly_is_not_shown() {
        let all = [
            "echo s3cret >&2; exit 1",
            "echo s3cret; exit 1",
            "printf 's3cret\\r\\nX-Evil: 1\\n'",
            "printf 's3cret\\0'",
            "head -c 70000 /dev/zero | tr '\\0' a",
        ];
        for script in all {
            let problem = shell(script).unwrap_err();
            assert!(
                matches!(&problem, VaultProblem::Locked(why) if !why.contains("s3cret")),
                "{problem}"
            );
        }
        assert!(ask(&["/does/not/exist".to_owned()]).is_err());
    }
}

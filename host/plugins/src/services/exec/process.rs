//! One run of a program: its pipes are served at once, what it writes is bounded, and its group is killed at the end,
//! however that comes.

use std::path::Path;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use mcpmux_core::process::INHERITED;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::{Error, Output, STDERR, STDOUT};

/// How long a program's output is waited for after its end; what it left running may hold it open.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How much is read at once.
const READ: usize = 16 << 10;

/// Runs a program to its end.
pub(super) async fn run(program: &Path, args: &[String], stdin: Vec<u8>) -> Result<Output, Error> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        Error::Failed(format!("cannot {what} `{}`: {error}", program.display()))
    };
    let mut command = Command::new(program);
    command.args(args).env_clear();
    for key in INHERITED {
        if let Some(value) = std::env::var_os(key) {
            command.env(key, value);
        }
    }
    let mut child = command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed("start", &error))?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let pipes = child.stdin.take().zip(child.stdout.take()).zip(child.stderr.take());
    let Some(((input, output), errors)) = pipes else {
        return Err(failed("talk to", &"it has no pipes"));
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let talk = async {
        let read = async { tokio::try_join!(all(output, &mut stdout), end(errors, &mut stderr)) };
        let (read, ()) = tokio::join!(read, write(input, stdin));
        read.map(drop)
    };
    let code = tend(&mut child, &group, talk).await?.map_err(|error| failed("wait for", &error))?;
    Ok(Output { code: code.code(), stdout, stderr })
}

/// Waits for a program's end and for the end of its output.
async fn tend(
    child: &mut Child,
    group: &Group,
    talk: impl Future<Output = Result<(), Error>>,
) -> Result<std::io::Result<ExitStatus>, Error> {
    let mut talk = pin!(talk);
    let status = tokio::select! {
        talked = &mut talk => {
            talked?;
            return Ok(child.wait().await);
        }
        status = child.wait() => status,
    };
    if let Ok(talked) = timeout(LAST_WORDS, &mut talk).await {
        return talked.map(|()| status);
    }
    // Whoever holds the pipes open has to let go of them now.
    group.kill();
    timeout(LAST_WORDS, talk).await.unwrap_or(Ok(())).map(|()| status)
}

/// Writes the input; a program need not read it.
async fn write(mut pipe: ChildStdin, bytes: Vec<u8>) {
    // It fails if the program has closed its input or ended, which is for its exit code to judge.
    let _ = pipe.write_all(&bytes).await;
}

/// Reads a pipe to its end.
async fn all(mut pipe: impl AsyncRead + Unpin, into: &mut Vec<u8>) -> Result<(), Error> {
    let mut pipe = (&mut pipe).take(STDOUT as u64 + 1);
    match pipe.read_to_end(into).await {
        Ok(_) if into.len() > STDOUT => Err(Error::TooLarge),
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Failed(format!("its output cannot be read: {error}"))),
    }
}

/// Reads a pipe to its end and keeps the last part.
async fn end(mut pipe: impl AsyncRead + Unpin, into: &mut Vec<u8>) -> Result<(), Error> {
    loop {
        into.reserve(READ);
        match pipe.read_buf(into).await {
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => drop(into.drain(..into.len().saturating_sub(STDERR))),
        }
    }
}

/// A process group, killed when this is dropped: what a program starts ends with it, unless it leaves the group.
struct Group(Option<Pid>);

impl Group {
    fn kill(&self) {
        if let Some(pid) = self.0 {
            // It fails if nobody is left in the group.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

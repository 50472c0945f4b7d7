//! A backend that is a process: started in a group of its own, read, and stopped with all its children.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::Secret;
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::BackendEvents;
use mcpmux_core::process::INHERITED;
use mcpmux_protocol::lines::Lines;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::duplex::{Duplex, Sink};
use super::outbox::Outbox;
use super::stderr::Stderr;
use crate::faults;

/// How long a process has to leave after its input was closed, and again after SIGTERM.
const LEAVE: Duration = Duration::from_secs(2);
/// How long the exit and the last output of a process are waited for once one of them came.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How much is read at once, at least.
const READ: usize = 16 << 10;

/// What to start.
pub(crate) struct Program<'a> {
    pub(crate) argv: &'a [String],
    pub(crate) env: &'a BTreeMap<String, Secret>,
    pub(crate) cwd: Option<&'a PathBuf>,
}

/// A running process. Dropping it kills its group.
pub(crate) struct Process {
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Process {
    /// Closes its input and waits for it to leave, with more force each two seconds.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // A task that panicked has killed the group when it was dropped.
        let _ = self.task.await;
    }
}

/// Starts a process.
pub(crate) fn start(
    name: &BackendName,
    program: &Program<'_>,
    events: Arc<dyn BackendEvents>,
    limit: usize,
) -> Result<(Arc<Duplex>, Process), Fault> {
    let failed = |what: &str, error: std::io::Error| {
        let command = program.argv.first().map_or("", String::as_str);
        faults::unavailable(name, format!("{what} `{command}`: {error}"))
    };
    let mut child = spawn(program).map_err(|error| failed("cannot start", error))?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let missing = || std::io::Error::other("no pipe");
    let (stdin, stdout, stderr) = child
        .stdin
        .take()
        .zip(child.stdout.take())
        .zip(child.stderr.take())
        .map(|((stdin, stdout), stderr)| (stdin, stdout, stderr))
        .ok_or_else(|| failed("cannot talk to", missing()))?;
    let stdin = stdin
        .into_owned_fd()
        .and_then(pipe::Sender::from_owned_fd)
        .map_err(|error| failed("cannot talk to", error))?;
    let link = Arc::new(Duplex::new(name.clone(), Sink::Pipe(Outbox::new(stdin)), events));
    let said = Arc::new(Stderr::new(name.clone()));
    let stop = CancellationToken::new();
    let running = Running {
        writer: AbortOnDropHandle::new(tokio::spawn(write(Arc::clone(&link)))),
        reader: AbortOnDropHandle::new(tokio::spawn(read(Arc::clone(&link), stdout, limit))),
        drain: AbortOnDropHandle::new(tokio::spawn(drain(Arc::clone(&said), stderr))),
        link: Arc::clone(&link),
        said,
        child,
        group,
    };
    let task = AbortOnDropHandle::new(tokio::spawn(running.tend(stop.clone())));
    Ok((link, Process { stop, task }))
}

fn spawn(program: &Program<'_>) -> std::io::Result<Child> {
    let (command, args) =
        program.argv.split_first().ok_or_else(|| std::io::Error::other("the command is empty"))?;
    let mut child = Command::new(command);
    child.args(args).env_clear();
    for key in INHERITED {
        if let Some(value) = std::env::var_os(key) {
            child.env(key, value);
        }
    }
    child.envs(program.env.iter().map(|(key, value)| (key, value.reveal())));
    if let Some(cwd) = program.cwd {
        child.current_dir(cwd);
    }
    child
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

async fn write(link: Arc<Duplex>) {
    if let Sink::Pipe(outbox) = &link.sink {
        outbox.run().await;
    }
}

async fn read(link: Arc<Duplex>, mut stdout: impl AsyncRead + Unpin, limit: usize) {
    let mut lines = Lines::new(limit);
    loop {
        let buffer = lines.buffer();
        if buffer.capacity() - buffer.len() < READ {
            buffer.reserve(4 * READ);
        }
        match stdout.read_buf(buffer).await {
            Ok(1..) => {
                while let Some(line) = lines.next_line() {
                    link.line(line);
                }
            }
            Ok(0) | Err(_) => return link.hangup.cancel(),
        }
    }
}

async fn drain(said: Arc<Stderr>, mut stderr: impl AsyncRead + Unpin) {
    let mut buffer = Vec::with_capacity(READ);
    while let Ok(1..) = stderr.read_buf(&mut buffer).await {
        said.push(&buffer);
        buffer.clear();
    }
}

/// A process and what reads and writes for it, owned by one task.
struct Running {
    link: Arc<Duplex>,
    said: Arc<Stderr>,
    child: Child,
    writer: AbortOnDropHandle<()>,
    reader: AbortOnDropHandle<()>,
    drain: AbortOnDropHandle<()>,
    group: Group,
}

impl Running {
    async fn tend(mut self, stop: CancellationToken) {
        let status = tokio::select! {
            status = self.child.wait() => status.ok(),
            () = self.link.hangup.cancelled() => {
                timeout(LAST_WORDS, self.child.wait()).await.ok().and_then(Result::ok)
            }
            () = stop.cancelled() => return self.stop().await,
        };
        // What it wrote last may still be on its way to us, an answer or the reason of its end.
        let last = async {
            let _ = tokio::join!(&mut self.reader, &mut self.drain);
        };
        // If a child of the process holds its output open, this takes the whole time.
        let _ = timeout(LAST_WORDS, last).await;
        let why = exit_reason(status, &self.said.tail());
        self.link.end(faults::unavailable(&self.link.hearing.name, why));
        self.group.kill(Signal::KILL);
    }

    async fn stop(mut self) {
        if let Sink::Pipe(outbox) = &self.link.sink {
            outbox.close();
        }
        if timeout(LEAVE, self.child.wait()).await.is_err() {
            self.group.kill(Signal::TERM);
            // Still there or not: what is left of the group is killed.
            let _ = timeout(LEAVE, self.child.wait()).await;
        }
        self.link.end(faults::stopped(&self.link.hearing.name));
        self.writer.abort();
        self.group.kill(Signal::KILL);
        // Killed, it cannot stay; the wait collects it.
        let _ = timeout(LEAVE, self.child.wait()).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.link.end(faults::stopped(&self.link.hearing.name));
    }
}

fn exit_reason(status: Option<ExitStatus>, said: &str) -> String {
    let how = match status {
        Some(status) => format!("it exited ({status})"),
        None => "it closed its standard input or output".to_owned(),
    };
    if said.is_empty() { how } else { format!("{how}; its last words on standard error:\n{said}") }
}

/// A process group, killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn kill(&mut self, signal: Signal) {
        let Some(pid) = self.0 else { return };
        // It fails if nobody is left in the group.
        let _ = kill_process_group(pid, signal);
        if signal == Signal::KILL {
            self.0 = None;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill(Signal::KILL);
    }
}

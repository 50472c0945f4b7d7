//! Starting the real binary with a configuration of a test's own, and speaking to it; no test's claims live here.

pub mod http;
pub mod lines;
pub mod news;
pub mod paths;
pub mod peer;
pub mod raw;
pub mod scripted;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Every hook, as `mcpmux plugin new --hook` names it.
pub const HOOKS: [&str; 8] = [
    "catalog",
    "request",
    "authorize",
    "authorize-list",
    "response",
    "notify",
    "observe",
    "credentials",
];

/// Runs a command that ends by itself, without input: exit code, standard output, standard error.
pub async fn ended(mut command: Command, patience: Duration) -> (i32, String, String) {
    let output = command.stdin(Stdio::null()).output();
    let output = tokio::time::timeout(patience, output).await.expect("it hangs").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Runs futures at once, to their ends.
pub async fn together<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut pending {
            if output.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        match pending.iter().all(|(_, output)| output.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}

/// A folder of a test's own, with the configuration in it.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Writes `mcpmux.toml`. `{plugins}`, `{guests}` and `{here}` stand for the shipped plugins' folder, the test
    /// guests' and the test's own.
    pub fn new(config: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.write("mcpmux.toml", config);
        home
    }

    /// Writes a file whole: under another name first, then renamed.
    pub fn write(&self, name: &str, text: &str) {
        let mut text = text
            .replace("{plugins}", paths::root().join("plugins").to_str().unwrap())
            .replace("{here}", self.path().to_str().unwrap());
        if text.contains("{guests}") {
            text = text.replace("{guests}", paths::guests().to_str().unwrap());
        }
        let next = self.path().join(format!(".{name}.next"));
        std::fs::write(&next, text).unwrap();
        std::fs::rename(next, self.path().join(name)).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn config(&self) -> PathBuf {
        self.path().join("mcpmux.toml")
    }

    /// The binary with this configuration; no variable of the machine that would change what it does.
    pub fn mcpmux(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcpmux"));
        command.arg("-c").arg(self.config()).args(args).current_dir(self.path());
        command
            .env_remove("MCPMUX_CONFIG")
            .env_remove("MCPMUX_LOG")
            // Nobody's own keychain is touched.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env("NO_COLOR", "1")
            .env_remove("XDG_RUNTIME_DIR")
            .env("XDG_STATE_HOME", self.path().join("state"))
            // Compiled code is kept by its hash, so that tests can share it.
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .kill_on_drop(true);
        command
    }

    /// The same binary, run by a shell that does this first.
    pub fn mcpmux_after(&self, shell: &str, args: &[&str]) -> Command {
        let mcpmux = self.mcpmux(args);
        let mcpmux = mcpmux.as_std();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell}\nexec \"$@\""), "sh"]);
        command.arg(mcpmux.get_program()).args(mcpmux.get_args());
        for (name, value) in mcpmux.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(self.path()).kill_on_drop(true);
        command
    }

    /// Runs a command that ends by itself: exit code, standard output, standard error.
    pub async fn run(&self, args: &[&str]) -> (i32, String, String) {
        ended(self.mcpmux(args), PATIENCE).await
    }

    /// Serves HTTP on a port of its own, and waits until the backends have come up or failed.
    pub async fn serve(&self) -> Served {
        self.serve_with(&[]).await
    }

    /// The same, with variables in its environment.
    pub async fn serve_with(&self, variables: &[(&str, &str)]) -> Served {
        self.serve_after("", variables).await
    }

    /// The same, started by a shell that does this first.
    pub async fn serve_after(&self, shell: &str, variables: &[(&str, &str)]) -> Served {
        let served = self.start(shell, variables).await;
        served.said("claude mcp add").await;
        served
    }

    /// Serves HTTP, and waits for the port alone.
    pub async fn serve_at_once(&self) -> Served {
        self.start("", &[]).await
    }

    async fn start(&self, shell: &str, variables: &[(&str, &str)]) -> Served {
        let args = ["-vv", "serve", "--http", "127.0.0.1:0"];
        let mut command =
            if shell.is_empty() { self.mcpmux(&args) } else { self.mcpmux_after(shell, &args) };
        let mut child = command
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (log, said) = watch::channel(String::new());
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                log.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        let mut served = Served { child, log: said, url: String::new() };
        let listening = served.said("listening url=").await;
        let (_, rest) = listening.split_once("listening url=").unwrap();
        served.url = rest.split_whitespace().next().unwrap().to_owned();
        served
    }
}

/// A running `mcpmux serve`; killed when dropped.
pub struct Served {
    pub child: Child,
    log: watch::Receiver<String>,
    /// The endpoint.
    pub url: String,
}

impl Served {
    /// Waits until its standard error holds `part`, and returns all of it.
    pub async fn said(&self, part: &str) -> String {
        let mut log = self.log.clone();
        let said = log.wait_for(|log| log.contains(part));
        match tokio::time::timeout(PATIENCE, said).await {
            Ok(Ok(log)) => log.clone(),
            _ => panic!("it never said {part:?}, but:\n{}", *self.log.borrow()),
        }
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Asks it to stop, and waits for its exit code.
    pub async fn stop(mut self) -> i32 {
        terminate(&self.child);
        let status =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not stop");
        status.unwrap().code().unwrap_or(-1)
    }
}

/// Asks a process to stop.
fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

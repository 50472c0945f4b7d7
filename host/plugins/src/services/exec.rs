//! Programs that a plugin runs: exactly the command lines it is granted, without a shell, in a process group of their
//! own that does not outlive the call.

mod process;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::ports::Pending;
use tokio::time::timeout;

use super::hint;
use crate::grants::Grants;

/// The longest input, in bytes.
pub const STDIN: usize = 1 << 20;
/// The longest output, in bytes.
pub const STDOUT: usize = 256 << 10;
/// How much is kept of what is written to standard error, from its end, in bytes.
pub const STDERR: usize = 64 << 10;
/// How long a program may run.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// How a program ended, and what it wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; `None`: a signal ended it.
    pub code: Option<i32>,
    /// Its standard output, whole.
    pub stdout: Vec<u8>,
    /// The end of its standard error.
    pub stderr: Vec<u8>,
}

/// Why there is no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not granted, and was not started.
    #[error("{0}")]
    NotAllowed(String),
    /// It took too long and was killed.
    #[error("it took too long")]
    Timeout,
    /// It wrote too much and was killed.
    #[error("it wrote more than {STDOUT} bytes")]
    TooLarge,
    /// It did not start, or cannot be talked to.
    #[error("{0}")]
    Failed(String),
}

/// Something else than this machine that runs programs: a mock.
pub trait Programs: Send + Sync {
    /// Runs a program that is granted.
    ///
    /// # Errors
    /// As [`Error`] says.
    fn run(&self, argv: Vec<String>, stdin: Vec<u8>) -> Pending<'_, Result<Output, Error>>;
}

/// Runs the programs of one plugin.
pub struct Exec {
    grants: Arc<Grants>,
    timeout: Duration,
    programs: Option<Arc<dyn Programs>>,
}

impl Exec {
    /// For a plugin with these grants.
    #[must_use]
    pub const fn new(grants: Arc<Grants>) -> Self {
        Self::run_by(grants, None)
    }

    /// For a plugin with these grants, whose programs somebody else runs.
    #[must_use]
    pub const fn run_by(grants: Arc<Grants>, programs: Option<Arc<dyn Programs>>) -> Self {
        Self { grants, timeout: TIMEOUT, programs }
    }

    /// Runs a program and waits for its end. Dropping the future kills it and all it has started.
    ///
    /// # Errors
    /// As [`Error`] says. That it ended with a code other than 0 is none.
    pub async fn run(&self, argv: Vec<String>, stdin: Vec<u8>) -> Result<Output, Error> {
        if !self.grants.exec(&argv) {
            return Err(Error::NotAllowed(refusal(&argv)));
        }
        if stdin.len() > STDIN {
            let size = stdin.len();
            return Err(Error::NotAllowed(format!(
                "the input has {size} bytes, more than {STDIN}"
            )));
        }
        if let Some(programs) = &self.programs {
            let run = programs.run(argv, stdin);
            return timeout(self.timeout, run).await.unwrap_or(Err(Error::Timeout));
        }
        let Some((name, args)) = argv.split_first() else {
            return Err(Error::NotAllowed("the command is empty".to_owned()));
        };
        let program = find(name).map_err(Error::Failed)?;
        let run = process::run(&program, args, stdin);
        timeout(self.timeout, run).await.unwrap_or(Err(Error::Timeout))
    }
}

fn refusal(argv: &[String]) -> String {
    // Arguments can be secrets, so that only their number is said.
    let name: String = argv.first().map(|name| name.chars().take(64).collect()).unwrap_or_default();
    let count = argv.len().saturating_sub(1);
    let grant = format!("exec:{name}{}", " *".repeat(count.min(16)));
    format!(
        "running `{}` with these {count} arguments is not granted{}; better with words than with `*`",
        name.escape_debug(),
        hint(&grant)
    )
}

/// The program's file: the name itself if it is a whole path, else the first of this name in `PATH`. What stands there
/// relative to the working directory does not count.
fn find(name: &str) -> Result<PathBuf, String> {
    let shown = name.escape_debug();
    if name.starts_with('/') {
        let path = PathBuf::from(name);
        return match is_program(&path) {
            true => Ok(path),
            false => Err(format!("there is no program `{shown}`")),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
        .ok_or_else(|| format!("there is no program `{shown}` in `PATH`"))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

impl std::fmt::Debug for Output {
    /// What it wrote may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (out, err) = (self.stdout.len(), self.stderr.len());
        write!(f, "Output(code {:?}, {out} bytes of output, {err} of errors)", self.code)
    }
}

#[cfg(test)]
mod tests;

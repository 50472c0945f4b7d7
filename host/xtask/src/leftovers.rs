//! Finds processes that a test run started and left behind, by a mark in their environment (Linux only).

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};

const VARIABLE: &str = "MCPMUX_TEST_RUN";
/// How long a process that is already going may still be seen.
const GRACE: Duration = Duration::from_secs(2);

/// The mark of one test run; every process below a marked one carries it too.
pub(crate) struct Mark(String);

impl Mark {
    /// A mark that no other run has.
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(format!("{}-{}", std::process::id(), now.as_nanos()))
    }

    /// Marks what `command` will start.
    pub(crate) fn put_on(&self, command: &mut Command) {
        command.env(VARIABLE, &self.0);
    }

    /// Fails with pid and command line of each marked process that is still there.
    pub(crate) fn check_none_left(&self) -> Result<()> {
        let deadline = Instant::now() + GRACE;
        loop {
            let left = self.processes();
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("the tests left processes behind\n{}", left.join("\n"));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn processes(&self) -> Vec<String> {
        let marked = format!("{VARIABLE}={}", self.0);
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            // A process that is gone or is another user's cannot be read, and is not ours.
            let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
            if environment.split(|byte| *byte == 0).any(|pair| pair == marked.as_bytes()) {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                found.push(format!("  {pid}: {}", line.trim()));
            }
        }
        found
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_process_left_behind_is_named_and_its_end_is_seen() {
        let mark = Mark::new();
        mark.check_none_left().unwrap();
        let mut command = Command::new("cat");
        mark.put_on(command.stdin(Stdio::piped()));
        let mut child = command.spawn().unwrap();
        let error = mark.check_none_left().unwrap_err().to_string();
        assert!(error.contains(&format!("{}: cat", child.id())), "{error}");
        drop(child.stdin.take());
        child.wait().unwrap();
        mark.check_none_left().unwrap();
    }
}

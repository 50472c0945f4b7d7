//! Finds processes that a test run started and left behind (Linux only).
//!
//! Two nets: a mark in the environment, which every process below inherits, and adoption, because a process
//! that was started with a bare environment, as mcpmux does with backends, still falls to us when its parent ends.

use std::fs;
use std::path::Path;
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
    /// A mark that no other run has; from now on orphans below this process become its children.
    pub(crate) fn new() -> Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Self(format!("{}-{}", std::process::id(), now.as_nanos())))
    }

    /// Marks what `command` will start.
    pub(crate) fn put_on(&self, command: &mut Command) {
        command.env(VARIABLE, &self.0);
    }

    /// Fails with pid and command line of each process that is still there. To be called when no child that
    /// this process itself wants is running.
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
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            if self.is_on(&entry.path()) || is_our_living_child(&entry.path()) {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                found.push(format!("  {pid}: {}", line.trim()));
            }
        }
        found
    }

    /// Whether the process carries the mark. One that is gone or is another user's cannot be read, and does not.
    fn is_on(&self, process: &Path) -> bool {
        let marked = format!("{VARIABLE}={}", self.0);
        fs::read(process.join("environ")).is_ok_and(|environment| {
            environment.split(|byte| *byte == 0).any(|pair| pair == marked.as_bytes())
        })
    }
}

/// Whether the process is a child of this one and has not ended.
fn is_our_living_child(process: &Path) -> bool {
    // `PID (NAME) STATE PARENT ..`, where the name may hold anything.
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let (state, parent) = (fields.next(), fields.next());
    state != Some("Z") && parent == Some(std::process::id().to_string().as_str())
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::process::{Child, Stdio};

    use super::*;

    /// Starts a shell that leaves a `cat` behind, which ends with the shell's input; returns the cat's pid too.
    fn leave_behind(mark: &Mark, cat: &str) -> (Child, u32) {
        let script = format!("exec 3<&0; {cat} <&3 >/dev/null 2>&1 & echo $!");
        let mut shell = Command::new("sh");
        mark.put_on(shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut child = shell.spawn().unwrap();
        let pid = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        let input = child.stdin.take();
        child.wait().unwrap();
        child.stdin = input;
        (child, pid.trim().parse().unwrap())
    }

    #[track_caller]
    fn check_found(cat: &str) {
        let mark = Mark::new().unwrap();
        let (shell, pid) = leave_behind(&mark, cat);
        let error = mark.check_none_left().unwrap_err().to_string();
        assert!(error.contains(&format!("  {pid}: ")), "{error}");
        drop(shell);
        let deadline = Instant::now() + Duration::from_secs(10);
        let is_left =
            || mark.processes().iter().any(|left| left.starts_with(&format!("  {pid}: ")));
        while is_left() {
            assert!(Instant::now() < deadline, "its end is not seen");
            thread::yield_now();
        }
    }

    #[test]
    fn a_process_left_behind_is_found() {
        check_found("cat");
    }

    #[test]
    fn a_process_left_behind_with_a_bare_environment_is_found() {
        check_found("env -i cat");
    }

    #[test]
    fn an_orphan_in_a_session_of_its_own_is_found() {
        check_found("setsid env -i cat");
    }
}

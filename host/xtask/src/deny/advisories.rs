//! Known advisories and yanked versions, which cargo-deny checks where their database can be had.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{run, say};

const VERSION: &str = "0.20.2";
/// Where cargo-deny has its advisories from unless it is told otherwise.
const DATABASE: &str = "https://github.com/rustsec/advisory-db";
/// How long the database's host may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Checks the lock file. The advisories live in a git repository: where it cannot be had, nothing is checked and one line
/// says so, because a machine without a network must still be able to test. cargo-deny, which takes minutes to build,
/// is then not built either.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let program = match program(workspace)? {
        Some(program) => program,
        None => match reach(DATABASE)? {
            None => install(workspace)?,
            Some(why) => {
                say::line(format_args!("advisories: not run: {why}"));
                return Ok(());
            }
        },
    };
    let output = said(&program, &["check", "advisories"], &workspace.root)?;
    match verdict(&output) {
        Verdict::Fine => say::line(output.last_line()),
        Verdict::Advisory => bail!("a dependency has a known advisory\n{}", output.text),
        Verdict::NotRun(why) => say::line(format_args!("advisories: not run: {why}")),
    }
    Ok(())
}

/// The pinned cargo-deny in `target/tools`, or the one on the path.
fn program(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let pinned = tools(workspace).join("bin").join("cargo-deny");
    if pinned.is_file() {
        return Ok(Some(pinned));
    }
    Ok(run::answers("cargo-deny", &["--version"])?.then(|| "cargo-deny".into()))
}

fn tools(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

/// Builds the pinned cargo-deny; it runs for seconds, so that optimising it would take longer than it gives back.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let tools = tools(workspace);
    say::line(format_args!("installing cargo-deny {VERSION} into `{}`", tools.display()));
    let mut cargo = run::cargo();
    cargo.args(["install", "--locked", "--quiet", "cargo-deny", "--version", VERSION]);
    cargo.args(["--profile", "dev", "--root"]).env("CARGO_PROFILE_DEV_DEBUG", "false");
    run::checked(cargo.arg(&tools))?;
    Ok(tools.join("bin").join("cargo-deny"))
}

/// Why a git repository cannot be read; `None` if it can.
fn reach(repository: &str) -> Result<Option<String>> {
    let mut git = Command::new("git");
    git.args(["ls-remote", "--quiet", "--exit-code", repository, "HEAD"]);
    git.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = match git.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Some(format!("cannot start `git`: {error}"))),
    };
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().context("cannot wait for `git`")?.is_none() {
        if Instant::now() >= deadline {
            child.kill().context("cannot end `git`")?;
            child.wait().context("cannot wait for `git`")?;
            return Ok(Some(format!("{repository} does not answer")));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().context("cannot wait for `git`")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let why = text.lines().find_map(|line| line.strip_prefix("fatal: ")).unwrap_or(text.trim());
    Ok((!output.status.success()).then(|| format!("{repository} cannot be read: {why}")))
}

struct Said {
    success: bool,
    text: String,
}

impl Said {
    fn last_line(&self) -> &str {
        self.text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim()
    }
}

fn said(program: &Path, args: &[&str], root: &Path) -> Result<Said> {
    let output = Command::new(program)
        .args(["--color", "never"])
        .args(args)
        // A clone that would ask for a password is a clone that cannot be had.
        .env("GIT_TERMINAL_PROMPT", "0")
        .current_dir(root)
        .output()
        .context("cannot start `cargo-deny`")?;
    // What it found goes to one stream, its verdict to the other, which one depends on the terminal.
    let text = [output.stderr, output.stdout].concat();
    Ok(Said { success: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() })
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Fine,
    Advisory,
    NotRun(String),
}

fn verdict(output: &Said) -> Verdict {
    if output.success {
        return Verdict::Fine;
    }
    if output.text.contains("advisories FAILED") {
        return Verdict::Advisory;
    }
    let failed = output.text.lines().find(|line| line.contains("[ERROR]"));
    let why = failed.and_then(|line| line.split("[ERROR] ").nth(1)).unwrap_or(output.last_line());
    let cause = output.text.lines().find_map(|line| line.strip_prefix("fatal: "));
    let why = why.split(": [").next().unwrap_or(why);
    Verdict::NotRun(match cause {
        Some(cause) => format!("{why}: {cause}"),
        None => why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_that_is_not_there_is_not_reached() {
        let why = reach("file:///no/such/repository").unwrap().unwrap();
        assert!(why.starts_with("file:///no/such/repository cannot be read: "), "{why}");
    }

    #[track_caller]
    fn check(success: bool, text: &str, expected: Verdict) {
        assert_eq!(verdict(&Said { success, text: text.to_owned() }), expected);
    }

    #[test]
    fn an_advisory_fails_and_an_absent_database_does_not() {
        check(true, "advisories ok\n", Verdict::Fine);
        check(false, "error[vulnerability]: ..\nadvisories FAILED\n", Verdict::Advisory);
        check(
            false,
            "2026-01-01 [ERROR] failed to fetch advisory database DB: failed to clone: [\"clone\"]\nfatal: no host\n",
            Verdict::NotRun(
                "failed to fetch advisory database DB: failed to clone: no host".to_owned(),
            ),
        );
    }
}

//! Licences, sources and bans of what is linked in, checked by cargo-deny; known advisories too, where their database can be had.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{run, say};

const VERSION: &str = "0.20.2";

/// Checks the dependency tree. Advisories live in a git repository: where it cannot be cloned, that check is not run
/// and one line says so, because a machine without a network must still be able to test.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = program(workspace)?;
    // The offline check reads the manifests of every platform's dependencies.
    run::checked(run::cargo().args(["fetch", "--locked"]).current_dir(&workspace.root))?;
    let offline = ["--offline", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    let output = said(&program, &offline, &workspace.root)?;
    if !output.success {
        bail!("cargo-deny refuses the dependencies\n{}", output.text);
    }
    say::line(output.last_line());
    let output = said(&program, &["check", "advisories"], &workspace.root)?;
    match verdict(&output) {
        Verdict::Fine => say::line(output.last_line()),
        Verdict::Advisory => bail!("a dependency has a known advisory\n{}", output.text),
        Verdict::NotRun(why) => say::line(format_args!("advisories: not run: {why}")),
    }
    Ok(())
}

/// The pinned cargo-deny in `target/tools`, or the one on the path, or a fresh build of the pinned one.
fn program(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target.join("tools");
    let pinned = tools.join("bin").join("cargo-deny");
    if pinned.is_file() {
        return Ok(pinned);
    }
    if run::answers("cargo-deny", &["--version"])? {
        return Ok("cargo-deny".into());
    }
    say::line(format_args!("installing cargo-deny {VERSION} into `{}`", tools.display()));
    let mut cargo = run::cargo();
    cargo.args(["install", "--locked", "--quiet", "cargo-deny", "--version", VERSION, "--root"]);
    run::checked(cargo.arg(&tools))?;
    Ok(pinned)
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

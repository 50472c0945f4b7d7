//! `cargo xtask test`: what CI runs, as one list of steps; a failed step does not stop the next ones.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::leftovers::Mark;
use crate::workspace::{Member, Workspace};
use crate::{codegen, deny, deps, plugins, run, say, tidy};

/// One thing CI runs; the order here is the order of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// `cargo fmt --check`
    Fmt,
    /// The rules of the house
    Tidy,
    /// Lints, for the host natively and for the guests as WASM
    Clippy,
    /// Licences, sources, bans and known advisories of dependencies
    Deny,
    /// The guests
    Plugins,
    /// The packages that tests talk to
    Deps,
    /// All tests, and that no process outlives them
    Test,
    /// That no generated file is stale
    Codegen,
}

impl Step {
    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Fmt => fmt(workspace),
            Self::Tidy => tidy::tidy(workspace),
            Self::Clippy => clippy(workspace),
            Self::Deny => deny::check(workspace),
            Self::Plugins => plugins::build(workspace),
            Self::Deps => deps::install(workspace, false),
            Self::Test => cargo_test(workspace),
            Self::Codegen => codegen::compare(workspace, true),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Runs all steps, or those in `only`, and fails if one failed.
pub(crate) fn test(workspace: &Workspace, only: &[Step]) -> Result<()> {
    let steps: Vec<Step> = Step::value_variants()
        .iter()
        .copied()
        .filter(|step| only.is_empty() || only.contains(step))
        .collect();
    let begun = Instant::now();
    let mut failed = Vec::new();
    for step in &steps {
        let name = step.name();
        say::line(format_args!("==> {name}"));
        let begun = Instant::now();
        let result = step.run(workspace);
        let took = seconds(begun.elapsed());
        match result {
            Ok(()) => say::line(format_args!("<== {name}: ok in {took}")),
            Err(error) => {
                say::line(format_args!("error: {error:#}\n<== {name}: FAILED in {took}"));
                failed.push(name);
            }
        }
    }
    let took = seconds(begun.elapsed());
    if !failed.is_empty() {
        bail!("{} of {} steps failed in {took}: {}", failed.len(), steps.len(), failed.join(", "));
    }
    say::line(format_args!("xtask test: {} steps ok in {took}", steps.len()));
    Ok(())
}

fn fmt(workspace: &Workspace) -> Result<()> {
    ensure_component("fmt", "rustfmt")?;
    run::checked(run::cargo().args(["fmt", "--all", "--check"]).current_dir(&workspace.root))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    ensure_component("clippy", "clippy")?;
    let guests: Vec<&Member> = workspace.guests().collect();
    let mut native = run::cargo();
    native.args(["clippy", "--workspace", "--all-targets"]).current_dir(&workspace.root);
    for guest in &guests {
        native.args(["--exclude", &guest.name]);
    }
    run::checked(native.args(["--", "-D", "warnings"]))?;
    if guests.is_empty() {
        return Ok(());
    }
    plugins::ensure_target()?;
    let mut wasm = run::cargo();
    // The profile they are built with, so that both share the build scripts and macros.
    wasm.args(["clippy", "--profile", "guest", "--target", plugins::TARGET]);
    for guest in guests {
        wasm.args(["-p", &guest.name]);
    }
    run::checked(wasm.args(["--", "-D", "warnings"]).current_dir(&workspace.root))
}

fn cargo_test(workspace: &Workspace) -> Result<()> {
    let mark = Mark::new()?;
    let mut command = tests_of(workspace);
    command.arg("--no-fail-fast");
    mark.put_on(&mut command);
    let tested = run::checked(&mut command);
    let left = mark.check_none_left();
    match (tested, left) {
        (Err(tested), Err(left)) => bail!("{tested:#}\nerror: {left:#}"),
        (tested, left) => tested.and(left),
    }
}

/// Plain `cargo test`, because it is there wherever cargo is. Guests of the tests have no tests of their own. Whoever
/// runs some of the tests starts from this too, since other packages together would have other features.
pub(crate) fn tests_of(workspace: &Workspace) -> Command {
    let mut command = run::cargo();
    command.args(["test", "--workspace"]).current_dir(&workspace.root);
    for guest in workspace.guests().filter(|guest| guest.is_test_guest()) {
        command.args(["--exclude", &guest.name]);
    }
    command
}

/// Adds a rustup component that a minimal toolchain lacks.
fn ensure_component(subcommand: &str, component: &str) -> Result<()> {
    let installed = run::answers("cargo", &[subcommand, "--version"])?;
    if installed {
        return Ok(());
    }
    say::line(format_args!("adding the component `{component}`"));
    run::checked(Command::new("rustup").args(["component", "add", component]))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_the_order_of_the_list() {
        let names: Vec<_> = Step::value_variants().iter().map(|step| step.name()).collect();
        assert_eq!(names, ["fmt", "tidy", "clippy", "deny", "plugins", "deps", "test", "codegen"]);
    }
}

//! `cargo xtask test`: what CI runs, as one list of steps; a failed step does not stop the next ones.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::leftovers::Mark;
use crate::lint::Lints;
use crate::workspace::{Member, Workspace};
use crate::{codegen, conformance, deny, deps, plugins, run, say, tidy};

/// One thing CI runs; the order here is the order of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// `cargo fmt --check`
    Fmt,
    /// The rules of the house
    Tidy,
    /// Lints, for the host while it and its tests are built, and for the guests as WASM
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
    fn run(self, run: &Run<'_>) -> Result<()> {
        match self {
            Self::Fmt => fmt(run.workspace),
            Self::Tidy => tidy::tidy(run.workspace),
            Self::Clippy => clippy(run.workspace),
            Self::Deny => deny::check(run.workspace),
            Self::Plugins => plugins::build(run.workspace),
            Self::Deps => deps::install(run.workspace, false),
            Self::Test => cargo_test(run),
            Self::Codegen => codegen::compare(run.workspace, true),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What a step knows of the run it is in.
struct Run<'a> {
    workspace: &'a Workspace,
    /// The folder of MCP's JSON Schemas, if what is written is to be held against them.
    schemas: Option<&'a Path>,
    /// The steps that came before and were right.
    passed: Vec<Step>,
}

/// Runs all steps, or those in `only`, and fails if one failed.
pub(crate) fn test(workspace: &Workspace, only: &[Step], schemas: Option<&Path>) -> Result<()> {
    let steps: Vec<Step> = Step::value_variants()
        .iter()
        .copied()
        .filter(|step| only.is_empty() || only.contains(step))
        .collect();
    let begun = Instant::now();
    let mut run = Run { workspace, schemas, passed: Vec::new() };
    for step in &steps {
        let name = step.name();
        say::line(format_args!("==> {name}"));
        let begun = Instant::now();
        let result = step.run(&run);
        let took = seconds(begun.elapsed());
        match result {
            Ok(()) => {
                say::line(format_args!("<== {name}: ok in {took}"));
                run.passed.push(*step);
            }
            Err(error) => say::line(format_args!("error: {error:#}\n<== {name}: FAILED in {took}")),
        }
    }
    let took = seconds(begun.elapsed());
    let failed: Vec<_> =
        steps.iter().filter(|step| !run.passed.contains(step)).map(|step| step.name()).collect();
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

/// The host is linted by the build that the tests then run, so that nothing is compiled twice; the guests by a check
/// beside their build, because what is shipped must not depend on the linter.
fn clippy(workspace: &Workspace) -> Result<()> {
    ensure_component("clippy", "clippy")?;
    let mut native = run::cargo();
    native.args(["build", "--workspace", "--all-targets"]);
    without_test_guests(&mut native, workspace);
    Lints::find()?.put_on(&mut native);
    run::checked(&mut native)?;
    let guests: Vec<&Member> = workspace.guests().collect();
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

fn cargo_test(run: &Run<'_>) -> Result<()> {
    let mark = Mark::new()?;
    let mut command = tests_of(run.workspace);
    command.arg("--no-fail-fast");
    // Where the lints are broken, the tests still say what they have to say.
    if run.passed.contains(&Step::Clippy) {
        Lints::find()?.put_on(&mut command);
    }
    if let Some(schemas) = run.schemas {
        conformance::put_on(&mut command, schemas)?;
    }
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
    command.args(["test", "--workspace"]);
    without_test_guests(&mut command, workspace);
    command
}

/// What is built and what is tested must be the same packages, or their features differ.
fn without_test_guests(command: &mut Command, workspace: &Workspace) {
    command.current_dir(&workspace.root);
    for guest in workspace.guests().filter(|guest| guest.is_test_guest()) {
        command.args(["--exclude", &guest.name]);
    }
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

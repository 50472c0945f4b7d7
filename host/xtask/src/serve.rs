//! `cargo xtask serve`: from a fresh checkout to a serving mcpmux in one command.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{plugins, run, say};

/// Builds plugins and host in the dev profile, then becomes `mcpmux serve -c mcpmux.toml ARGS`.
pub(crate) fn serve(workspace: &Workspace, args: &[String]) -> Result<()> {
    plugins::build(workspace)?;
    run::checked(run::cargo().args(["build", "-p", "mcpmux"]).current_dir(&workspace.root))?;
    let binary = workspace.target.join("debug").join("mcpmux");
    let mut command = Command::new(binary);
    command.args(["serve", "-c", "mcpmux.toml"]).args(args).current_dir(&workspace.root);
    say::line(format_args!("running `{}`", run::line_of(&command)));
    become_program(&mut command)
}

/// Replaces this process, so that signals and the exit code are those of mcpmux.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;

    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot start `{}`", run::line_of(command))))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    run::checked(command)
}

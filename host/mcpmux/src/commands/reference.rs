//! What is generated from the code: schema, references, completions.

use clap::CommandFactory;
use mcpmux_manage::cli::Cli;
use mcpmux_manage::{print, reference};

use crate::failure::Failure;

pub(crate) fn schema(reference: bool) -> Result<(), Failure> {
    if reference {
        return Ok(print::data(&mcpmux_config::reference())?);
    }
    let schema = serde_json::to_string_pretty(&mcpmux_config::schema()).map_err(Failure::failed)?;
    Ok(print::data(&format!("{schema}\n"))?)
}

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mcpmux", &mut script);
    Ok(print::data(&String::from_utf8_lossy(&script))?)
}

pub(crate) fn command_line() -> Result<(), Failure> {
    Ok(print::data(&reference::command_line())?)
}

pub(crate) fn errors() -> Result<(), Failure> {
    Ok(print::data(&reference::errors())?)
}

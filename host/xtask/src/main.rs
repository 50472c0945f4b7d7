//! `cargo xtask`: what a developer and CI run. Only the command line is here; each command has its own module.

mod codegen;
mod conformance;
mod deny;
mod deps;
mod leftovers;
mod lint;
mod plugins;
mod run;
mod say;
mod serve;
mod test;
mod tidy;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::test::Step;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, check and test mcpmux")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build plugins and host, then serve `mcpmux.toml`
    Serve {
        /// Passed on to `mcpmux serve`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the guests: `plugins/*` into `plugins/`, `tests/guests/*` into `target/guests/`
    Plugins,
    /// Check the rules of the house: floors, names, sizes, heads
    Tidy,
    /// Rewrite the generated files
    Codegen {
        /// Change nothing, fail if a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Run everything CI runs
    Test {
        /// Run this step alone; may be repeated
        #[arg(long, value_name = "STEP")]
        only: Vec<Step>,
        /// Also hold all that mcpmux writes against the JSON Schemas of MCP in this folder, as `conformance` does
        #[arg(long, value_name = "DIR")]
        schemas: Option<PathBuf>,
    },
    /// Check all that mcpmux writes against the JSON Schemas of MCP
    Conformance {
        /// The folder with `mcp-REVISION.schema.json` of each revision
        #[arg(long, value_name = "DIR")]
        schemas: PathBuf,
    },
    /// Install the pinned packages that tests talk to into `tests/.deps`
    Deps {
        /// Install missing npm and python3 with apt-get (Debian, as root)
        #[arg(long)]
        install: bool,
    },
}

fn main() -> ExitCode {
    match dispatch(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: Args) -> Result<()> {
    let workspace = Workspace::load()?;
    match args.command {
        Command::Serve { args } => serve::serve(&workspace, &args),
        Command::Plugins => plugins::build(&workspace),
        Command::Tidy => tidy::tidy(&workspace),
        Command::Codegen { check } => codegen::codegen(&workspace, check),
        Command::Test { only, schemas } => test::test(&workspace, &only, schemas.as_deref()),
        Command::Conformance { schemas } => conformance::check(&workspace, &schemas),
        Command::Deps { install } => deps::install(&workspace, install),
    }
}

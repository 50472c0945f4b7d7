//! The `mcpmux` binary: arguments to a command, its end to an exit code; what is wired to what is in `host`.

mod admin;
mod audit;
mod commands;
mod failure;
mod hardening;
mod host;
mod logging;
mod prompt;
mod reload;
mod settings;
mod signals;
mod trial;
mod vault;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mcpmux_manage::cli::{Cli, Command};
use mcpmux_manage::print;

use failure::Failure;

/// Calls allocate many small, short-lived pieces on several threads, which this allocator is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // clap itself ends with 2 on a wrong command line, and with 0 on --help and --version.
    let cli = Cli::parse();
    logging::start(&cli.global, matches!(cli.command, Command::Serve(_)));
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                print::error(&failure.text);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    hardening::keep_memory_private();
    match cli.command {
        Command::Serve(options) => block_on(commands::serve::run(global, &options)),
        Command::List(options) => block_on(commands::list::run(global, &options)),
        Command::Call(options) => block_on(commands::call::run(global, &options)),
        Command::Check { json } => commands::check::run(global, json),
        Command::Schema { reference } => commands::reference::schema(reference),
        Command::Status { json } => block_on(commands::status::run(global, json)),
        Command::Auth(command) => block_on(commands::auth::run(global, &command)),
        Command::Secret(command) => block_on(commands::secret::run(global, &command)),
        Command::Plugin(command) => block_on(commands::plugin::run(global, &command)),
        Command::Completions { shell } => commands::reference::completions(shell),
        Command::HelpMarkdown => commands::reference::command_line(),
        Command::ErrorsMarkdown => commands::reference::errors(),
    }
}

/// How long what still runs when a command has ended is waited for.
const LEFT_OVER: Duration = Duration::from_millis(100);

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("mcpmux").build();
    let runtime =
        runtime.map_err(|error| Failure::failed(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(command);
    // A read of standard input cannot be broken off; its thread ends with the process.
    runtime.shutdown_timeout(LEFT_OVER);
    result
}

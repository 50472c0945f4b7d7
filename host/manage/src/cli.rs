//! The grammar of the command line; what the commands do is the binary's.

pub mod auth;
pub mod plugin;
pub mod secret;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use auth::Auth;
use plugin::Plugin;
use secret::Secret;

/// One MCP endpoint in front of many MCP servers
///
/// Merges the tools of all backends under `<backend>__<tool>` names, holds their credentials, supervises
/// their processes, and lets WASM plugins decide what clients see.
#[derive(Debug, Parser)]
#[command(name = "mcpmux", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The configuration [default: ./mcpmux.toml, $XDG_CONFIG_HOME/mcpmux/config.toml,
    /// $XDG_CONFIG_HOME/mcpmux.toml]
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        env = "MCPMUX_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
    /// Log more: -v the backends' coming and going and each call, -vv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Log errors only; where to log in is said all the same
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// How log lines are written to standard error
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Human,
    /// One JSON object a line
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the configured backends as one endpoint
    Serve(Serve),
    /// List the tools that clients see
    List(List),
    /// Call a tool and print its result
    Call(Call),
    /// Check the configuration and its plugins without serving
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the configuration's JSON Schema
    Schema {
        /// Print the reference of all keys, in Markdown, instead
        #[arg(long)]
        reference: bool,
    },
    /// Say what the mcpmux that runs with this configuration is doing
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Log in to backends, log out, and see which logins there are
    #[command(subcommand)]
    Auth(Auth),
    /// Write, test, look at and swap plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Put secrets into the vault, list them, and take them out
    #[command(subcommand)]
    Secret(Secret),
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print this reference in Markdown
    #[command(hide = true)]
    HelpMarkdown,
    /// Print the reference of error codes in Markdown
    #[command(hide = true)]
    ErrorsMarkdown,
}

/// `mcpmux serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Serve one client on standard input and output; HTTP only if --http is given too
    #[arg(long)]
    pub stdio: bool,
    /// Serve streamable HTTP at this address instead of the configured one; port 0 picks one
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// Which backends to serve.
    #[command(flatten)]
    pub which: Which,
}

/// Which backends are meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Which {
    /// Only these backends
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub only: Vec<String>,
    /// All backends but these
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub except: Vec<String>,
}

/// Whom to ask.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Ask this MCP endpoint [default: the mcpmux that serves the configured address; if none does, the
    /// backends are started for this one command]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// `mcpmux list`
#[derive(Debug, Args)]
pub struct List {
    /// Print JSON: the array of tool definitions
    #[arg(long)]
    pub json: bool,
    /// Whom to ask.
    #[command(flatten)]
    pub target: Target,
}

/// `mcpmux call`
#[derive(Debug, Args)]
pub struct Call {
    /// The tool's name as `mcpmux list` shows it
    pub tool: String,
    /// Its arguments, a JSON object; `-` reads them from standard input
    #[arg(value_name = "JSON", default_value = "{}")]
    pub arguments: String,
    /// Print JSON: the whole result
    #[arg(long)]
    pub json: bool,
    /// Whom to ask.
    #[command(flatten)]
    pub target: Target,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        super::Cli::command().debug_assert();
    }
}

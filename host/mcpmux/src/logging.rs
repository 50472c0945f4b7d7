//! Log lines: to standard error, for people or as JSON; never a payload, never a secret.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};

use mcpmux_manage::cli::{Global, LogFormat};
use tracing_subscriber::EnvFilter;

/// The variable that overrides the level, in the form of `tracing`'s filters.
const VARIABLE: &str = "MCPMUX_LOG";

/// Whether standard error holds nothing but JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// Whether standard error holds nothing but JSON, a line each.
pub(crate) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Starts logging. A command that serves says more by itself than one that answers and ends.
pub(crate) fn start(global: &Global, serves: bool) {
    let level = match (global.quiet, global.verbose, serves) {
        (true, ..) => "error",
        (_, 0, false) => "error",
        (_, 0, true) => "warn",
        (_, 1, _) => "warn,mcpmux=debug",
        _ => "info,mcpmux=trace",
    };
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Json => {
            JSON.store(true, Ordering::Relaxed);
            lines.json().init();
        }
        LogFormat::Human => {
            lines.with_ansi(!plain && std::io::stderr().is_terminal()).with_target(false).init();
        }
    }
}

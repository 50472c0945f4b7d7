//! The one place that prints: people read standard error. Output of the tools that are run is not touched here.

use std::fmt::Display;

/// Prints one line for the person at the terminal.
#[expect(clippy::print_stderr, reason = "xtask is a developer's command, its output is for people")]
pub(crate) fn line(text: impl Display) {
    eprintln!("{text}");
}

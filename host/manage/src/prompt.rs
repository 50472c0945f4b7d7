//! Asking the person at the terminal for what must not be shown.

use std::fs::File;
use std::io;

use mcpmux_core::config::Secret;

/// The terminal that this process belongs to.
const TERMINAL: &str = "/dev/tty";

/// Whether there is a terminal, and this process is in its foreground: one in the background would be stopped by asking.
#[must_use]
pub fn can_ask() -> bool {
    File::open(TERMINAL).is_ok_and(|terminal| {
        rustix::termios::tcgetpgrp(terminal).is_ok_and(|front| front == rustix::process::getpgrp())
    })
}

/// Asks for a line that is not shown while it is typed.
///
/// # Errors
/// If the terminal fails, or has no more lines.
pub fn hidden(question: &str) -> io::Result<Secret> {
    rpassword::prompt_password(format!("{question}: ")).map(Secret::new)
}

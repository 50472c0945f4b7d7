//! Opening a URL in the person's browser: a program with an argument, never a shell, and nobody waits for it.

use std::ffi::OsString;
use std::process::Stdio;

use tokio::process::Command;

/// What opens URLs on this system, if `$BROWSER` does not say it.
const OPENER: &str = if cfg!(target_os = "macos") { "/usr/bin/open" } else { "xdg-open" };

/// Opens a URL that was checked. Needs a tokio runtime.
///
/// # Errors
/// Why that cannot be.
pub fn open(url: &str) -> Result<(), String> {
    let browser = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let browser = browser.unwrap_or_else(|| OsString::from(OPENER));
    let mut command = Command::new(&browser);
    command
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    // The runtime reaps it when it ends.
    let spawned = command.spawn();
    spawned
        .map(drop)
        .map_err(|error| format!("`{}` cannot be started: {error}", browser.to_string_lossy()))
}

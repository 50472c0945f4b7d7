//! Running other programs: to success or to an error that quotes the command.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The cargo that started us, so that one toolchain does it all.
///
/// What `cargo run` says about xtask is taken from its environment: some build scripts watch those variables, and
/// `cargo build` after `cargo xtask` would build again what is built.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|begin| name.to_str().is_some_and(|name| name.starts_with(begin)))
        {
            command.env_remove(name);
        }
    }
    command
}

/// Runs to the end with the terminal's own output; anything but exit code 0 is an error.
pub(crate) fn checked(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line_of(command));
    }
    Ok(())
}

/// Runs to the end and returns what it printed to standard output; its standard error stays visible.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", line_of(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed bytes that are not UTF-8", line_of(command)))
}

/// Whether the program is there and, asked with `args`, exits with 0; it prints nothing.
pub(crate) fn answers(program: &str, args: &[&str]) -> Result<bool> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) => Ok(status.success()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| cannot_start(&command)),
    }
}

/// The command as one would type it, for messages.
pub(crate) fn line_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", line_of(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_quotes_the_command() {
        let error = checked(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` failed: exit status: 3");
    }

    #[test]
    fn cargo_is_not_told_about_xtask() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "`cargo test` says it");
        let command = cargo();
        let removed = |name: &str| command.get_envs().any(|pair| pair == (name.as_ref(), None));
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn an_absent_program_does_not_answer() {
        assert!(!answers("mcpmux-no-such-program", &[]).unwrap());
    }
}

//! Running the tools of a language: what they say goes to standard error, and one that is missing is said with where to
//! get it.

use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// A tool, and what to do if it is not there.
#[derive(Clone, Copy)]
pub(super) struct Tool<'a> {
    pub(super) program: &'a Path,
    pub(super) missing: &'static str,
}

impl Tool<'_> {
    /// Runs it in a folder and waits for its end.
    pub(super) fn run(self, folder: &Path, args: &[&str]) -> Result<(), Failure> {
        let errors = io::stderr().as_fd().try_clone_to_owned()?;
        let status = self.command(folder, args).stdout(Stdio::from(errors)).status();
        self.ended(args, status?.success())
    }

    /// Runs it and returns what it wrote to standard output.
    pub(super) fn output(self, folder: &Path, args: &[&str]) -> Result<String, Failure> {
        let mut child = self.command(folder, args).stdout(Stdio::piped()).spawn()?;
        let mut text = String::new();
        if let Some(mut output) = child.stdout.take() {
            output.read_to_string(&mut text)?;
        }
        self.ended(args, child.wait()?.success())?;
        Ok(text)
    }

    /// Makes sure that it is there.
    pub(super) fn present(self) -> Result<Self, Failure> {
        let mut command = Command::new(self.program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.status() {
            Err(error) => {
                let program = self.program.display();
                Err(Failure::failed(format!(
                    "cannot run `{program}`: {error}\nhint: {}",
                    self.missing
                )))
            }
            Ok(_) => Ok(self),
        }
    }

    fn command(self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(args).current_dir(folder).stdin(Stdio::null());
        command
    }

    fn ended(self, args: &[&str], success: bool) -> Result<(), Failure> {
        if success {
            return Ok(());
        }
        let first = args.first().copied().unwrap_or_default();
        let program = self.program.display();
        Err(Failure::failed(format!("`{program} {first}` failed, as it says above")))
    }
}

//! Programs, in `credentials` only. Needs the grant `exec:ARGV`: words separated by spaces, where `*` stands for one.

use std::fmt;

/// What came of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit code; none: it was ended by a signal.
    pub code: Option<i32>,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
}

/// Why nothing came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It is not granted, or this is another hook.
    NotAllowed(String),
    /// It took too long.
    Timeout,
    /// It wrote more than the limit.
    TooLarge,
    /// It could not be started.
    Failed(String),
}

/// Runs a program without a shell and waits for its end. It gets the few environment variables that every process
/// needs, and no others.
///
/// # Errors
/// Why nothing came of it. An exit code of failure is an output.
pub fn run<A: AsRef<str>>(argv: &[A], stdin: &[u8]) -> Result<Output, Error> {
    let argv: Vec<String> = argv.iter().map(|word| word.as_ref().to_owned()).collect();
    #[cfg(target_family = "wasm")]
    return crate::guest::run(&argv, stdin);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().exec(&argv, stdin);
}

impl Output {
    /// The output of a program that went well, for tests.
    #[must_use]
    pub fn success(stdout: impl Into<Vec<u8>>) -> Self {
        Self { code: Some(0), stdout: stdout.into(), stderr: Vec::new() }
    }

    /// Whether the exit code is 0.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.code, Some(0))
    }

    /// What it wrote, as text.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn text(&self) -> crate::Result<&str> {
        Ok(std::str::from_utf8(&self.stdout)?)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAllowed(text) | Self::Failed(text) => text,
            Self::Timeout => "the program took too long",
            Self::TooLarge => "the program wrote too much",
        })
    }
}

impl std::error::Error for Error {}

//! Asking the person at the terminal for what must not be shown.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};

use mcpmux_core::config::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// The terminal that this process belongs to.
const TERMINAL: &str = "/dev/tty";
/// The longest line in bytes, with its end: terminals give no more at once.
const LINE: usize = 4096;

/// Whether there is a terminal, and this process is in its foreground: one in the background would be stopped by asking.
#[must_use]
pub fn can_ask() -> bool {
    File::open(TERMINAL).is_ok_and(|terminal| {
        tcgetpgrp(terminal).is_ok_and(|front| front == rustix::process::getpgrp())
    })
}

/// Asks for a line that is not shown while it is typed. What was typed before the question does not count.
///
/// # Errors
/// If the terminal fails, or has no more lines.
pub fn hidden(question: &str) -> io::Result<Secret> {
    let terminal = File::options().read(true).write(true).open(TERMINAL)?;
    let quiet = Quiet::new(&terminal)?;
    (&terminal).write_all(format!("{question}: ").as_bytes())?;
    let line = line(&terminal);
    drop(quiet);
    line
}

/// One line, without its end.
fn line(mut terminal: &File) -> io::Result<Secret> {
    let mut bytes = vec![0; LINE];
    let count = loop {
        match terminal.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if count == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(count);
    let no_text = |_| io::Error::new(ErrorKind::InvalidData, "what was typed is no UTF-8 text");
    let text = Secret::new(String::from_utf8(bytes).map_err(no_text)?);
    let line = text.reveal().strip_suffix('\n').unwrap_or(text.reveal());
    Ok(Secret::new(line.to_owned()))
}

/// A terminal that shows nothing of what is typed but the line's end. Dropping this lets it show everything again.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        modes.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(terminal, OptionalActions::Flush, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing.
        let _gone = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

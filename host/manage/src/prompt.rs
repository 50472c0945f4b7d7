//! Asking the person at the terminal for what must not be shown.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};

use mcpmux_core::config::Secret;
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use zeroize::Zeroizing;

/// The terminal that this process belongs to.
const TERMINAL: &str = "/dev/tty";
/// The longest line in bytes, without its end.
const LONGEST: usize = 64 << 10;
/// How much is read at once, in bytes.
const READ: usize = 4 << 10;
/// How long nothing may come before nothing more is expected, in tenths of a second.
const SILENCE: u8 = 1;

/// Whether there is a terminal, and this process is in its foreground: one in the background would be stopped by asking.
#[must_use]
pub fn can_ask() -> bool {
    File::open(TERMINAL).is_ok_and(|terminal| {
        tcgetpgrp(terminal).is_ok_and(|front| front == rustix::process::getpgrp())
    })
}

/// Asks for a line that is not shown while it is typed. What was typed before the question does not count. Keys that
/// interrupt or suspend do so once the terminal is as it was before; after the latter the question is asked again.
///
/// # Errors
/// If the terminal fails or has no more lines, or if more than a line or one of more than 64 KiB was pasted.
pub fn hidden(question: &str) -> io::Result<Secret> {
    let terminal = File::options().read(true).write(true).open(TERMINAL)?;
    loop {
        let quiet = Quiet::new(&terminal)?;
        (&terminal).write_all(format!("{question}: ").as_bytes())?;
        let typed = quiet.line();
        let ended = (&terminal).write_all(b"\n");
        drop(quiet);
        ended?;
        match typed? {
            Typed::Line(line) => return Ok(line),
            Typed::Signal(signal) => {
                kill_current_process_group(signal)?;
                if signal != Signal::TSTP {
                    // Whoever does not end by it goes without an answer.
                    return Err(io::Error::other("the question was interrupted"));
                }
            }
        }
    }
}

/// What a person does when they are asked.
enum Typed {
    Line(Secret),
    Signal(Signal),
}

/// A terminal that shows nothing of what is typed and gives every key at once: it cuts no line, and its own keys do nothing.
/// Dropping this lets it do what it did before, and throws away what nobody has read.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let quiet = Self { terminal, before: tcgetattr(terminal)? };
        quiet.turn(OptionalActions::Flush, None)?;
        Ok(quiet)
    }

    /// Lets reading wait for a key, or for so many tenths of a second.
    fn turn(&self, actions: OptionalActions, patience: Option<u8>) -> io::Result<()> {
        let mut modes = self.before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VMIN] = u8::from(patience.is_none());
        modes.special_codes[SpecialCodeIndex::VTIME] = patience.unwrap_or_default();
        Ok(tcsetattr(self.terminal, actions, &modes)?)
    }

    /// Reads up to the end of a line, or a key that interrupts or suspends.
    fn line(&self) -> io::Result<Typed> {
        // Room for all of it at once: growing would leave pieces behind in memory.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
        let mut bytes = Zeroizing::new([0; READ]);
        loop {
            let some = self.read(&mut *bytes)?;
            if some.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            for (at, byte) in some.iter().enumerate() {
                match self.key(*byte) {
                    Key::End => {
                        let is_more = at + 1 < some.len();
                        return self.whole(line, is_more).map(Typed::Line);
                    }
                    Key::Signal(signal) => return Ok(Typed::Signal(signal)),
                    Key::NoMore if line.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
                    Key::NoMore => {}
                    Key::Erase => erase(&mut line),
                    Key::EraseAll => line.clear(),
                    Key::Text if line.len() < LONGEST => line.push(*byte),
                    Key::Text => {
                        self.drain()?;
                        return Err(too_much());
                    }
                }
            }
        }
    }

    /// The line, if no other came with it.
    fn whole(&self, mut line: Zeroizing<Vec<u8>>, is_more: bool) -> io::Result<Secret> {
        if self.drain()? || is_more {
            return Err(too_much());
        }
        String::from_utf8(std::mem::take(&mut *line)).map(Secret::new).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            io::Error::new(ErrorKind::InvalidData, "what was typed is no UTF-8 text")
        })
    }

    /// Reads until nothing more comes; whether anything did.
    fn drain(&self) -> io::Result<bool> {
        self.turn(OptionalActions::Now, Some(SILENCE))?;
        let mut bytes = Zeroizing::new([0; READ]);
        let mut is_some = false;
        while !self.read(&mut *bytes)?.is_empty() {
            is_some = true;
        }
        Ok(is_some)
    }

    fn read<'b>(&self, bytes: &'b mut [u8]) -> io::Result<&'b [u8]> {
        let mut terminal = self.terminal;
        loop {
            match terminal.read(bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return Ok(bytes.get(..read?).unwrap_or_default()),
            }
        }
    }

    /// What a key is for, as the terminal is set.
    fn key(&self, byte: u8) -> Key {
        use SpecialCodeIndex as Code;

        let is = |code| byte != 0 && self.before.special_codes[code] == byte;
        match byte {
            b'\n' | b'\r' => Key::End,
            _ if is(Code::VINTR) => Key::Signal(Signal::INT),
            _ if is(Code::VQUIT) => Key::Signal(Signal::QUIT),
            _ if is(Code::VSUSP) => Key::Signal(Signal::TSTP),
            _ if is(Code::VEOF) => Key::NoMore,
            b'\x08' | b'\x7f' => Key::Erase,
            _ if is(Code::VERASE) => Key::Erase,
            _ if is(Code::VKILL) || is(Code::VWERASE) => Key::EraseAll,
            _ => Key::Text,
        }
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing.
        let _gone = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// What a key does.
enum Key {
    Text,
    End,
    NoMore,
    Erase,
    EraseAll,
    Signal(Signal),
}

/// Takes the last character away.
fn erase(line: &mut Vec<u8>) {
    // The bytes of a character in UTF-8 after its first.
    while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
}

fn too_much() -> io::Error {
    let text = "more than a line was pasted, or one of more than 64 KiB; nothing of it is used\n\
                hint: put it into a file that only you can read, and write `< FILE` after the command";
    io::Error::new(ErrorKind::InvalidInput, text)
}

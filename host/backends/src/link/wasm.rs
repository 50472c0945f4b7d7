//! A backend that is a WASI component run in mcpmux's own sandbox: the line protocol over its standard streams.

use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::fault::Fault;
use mcpmux_core::ports::{BackendEvents, Output, Program, Sandbox};
use mcpmux_protocol::lines::Lines;

use super::duplex::{Duplex, Sink};
use super::stderr::Stderr;
use crate::faults;

/// A running program. Dropping it stops the program.
pub(crate) struct Running(Arc<Duplex>);

impl Drop for Running {
    fn drop(&mut self) {
        close_input(&self.0);
        self.0.end(faults::stopped(&self.0.hearing.name));
    }
}

/// Starts a program. Compiling it may take a while, so that happens off the async threads.
pub(crate) async fn start(
    sandbox: Arc<dyn Sandbox>,
    program: Program,
    events: Arc<dyn BackendEvents>,
    limit: usize,
) -> Result<(Arc<Duplex>, Running), Fault> {
    let name = program.name.clone();
    let link = Arc::new(Duplex::new(name.clone(), Sink::Program(Mutex::new(None)), events));
    let running = Running(Arc::clone(&link));
    let output = Arc::new(Spoken {
        link: Arc::clone(&link),
        said: Stderr::new(name.clone()),
        lines: Mutex::new(Lines::new(limit)),
    });
    let started = tokio::task::spawn_blocking(move || sandbox.start(&program, output)).await;
    let input = started
        .map_err(|error| error.to_string())
        .and_then(|started| started)
        .map_err(|why| faults::unavailable(&name, format!("cannot start it: {why}")))?;
    if let Sink::Program(slot) = &link.sink {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(input);
    }
    Ok((link, running))
}

fn close_input(link: &Duplex) {
    if let Sink::Program(slot) = &link.sink {
        let input = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(input);
    }
}

/// What the program says, on its way to the link.
struct Spoken {
    link: Arc<Duplex>,
    said: Stderr,
    lines: Mutex<Lines>,
}

impl Output for Spoken {
    fn stdout(&self, bytes: &[u8]) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.buffer().extend_from_slice(bytes);
        while let Some(line) = lines.next_line() {
            self.link.line(line);
        }
    }

    fn stderr(&self, bytes: &[u8]) {
        self.said.push(bytes);
    }

    fn ended(&self, how: Result<(), String>) {
        let how = how.map_or_else(|why| format!("it ended: {why}"), |()| "it ended".to_owned());
        let said = self.said.tail();
        let why = if said.is_empty() {
            how
        } else {
            format!("{how}; its last words on standard error:\n{said}")
        };
        self.link.end(faults::unavailable(&self.link.hearing.name, why));
        close_input(&self.link);
    }
}

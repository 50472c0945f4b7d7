//! Backends that are WASI commands: checked, compiled once per content, and run as tasks. What is said to
//! them and by them is not looked at here.

mod run;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use mcpmux_core::config::Limits;
use mcpmux_core::ports::{Input, Output, Program, Sandbox};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::engine::Engine;
use crate::examine::{self, Ways};
use crate::pipe::Queue;
use crate::refusal::Refusal;
use crate::world;

/// Runs WASI 0.2 command components as tasks of the calling tokio runtime.
///
/// A program has its arguments and the environment from its configuration, the time, and random numbers;
/// no files and no network. It may compute for as long as it likes: it yields every few milliseconds.
pub struct WasiSandbox {
    engine: Engine,
    memory: usize,
    compiled: Mutex<HashMap<PathBuf, Compiled>>,
}

/// The code of one file's content. Whoever first runs it compiles it.
#[derive(Clone)]
struct Compiled {
    sha256: String,
    code: Arc<Code>,
}

/// Compiled once; the error is the compiler's.
pub(crate) type Code = OnceLock<Result<CommandPre<run::Guest>, String>>;

impl WasiSandbox {
    /// A sandbox whose programs may each have `plugin_memory`.
    #[must_use]
    pub fn new(engine: &Engine, limits: &Limits) -> Self {
        let compiled = Mutex::default();
        Self { engine: engine.clone(), memory: limits.plugin_memory, compiled }
    }

    /// The place for the code of this file with this content; that of older contents is forgotten.
    fn code(&self, path: &std::path::Path, sha256: &str) -> Arc<Code> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Compiled { sha256: sha256.to_owned(), code: Arc::default() };
        let entry = compiled.entry(path.to_owned()).or_insert_with(fresh);
        if entry.sha256 != sha256 {
            *entry = fresh();
        }
        Arc::clone(&entry.code)
    }
}

impl Sandbox for WasiSandbox {
    /// Compiling, up to a second for new content, happens in the program's own task; input waits for it.
    fn start(&self, program: &Program, output: Arc<dyn Output>) -> Result<Box<dyn Input>, String> {
        let refused = |refusal: Refusal| refusal_text(program, &refusal);
        let runtime =
            Handle::try_current().map_err(|error| format!("cannot start a program: {error}"))?;
        let examined = examine::read(&program.path, Ways::All).map_err(refused)?;
        check_digest(program, &examined.sha256)?;
        world::check_command(&examined).map_err(refused)?;
        let code = self.code(&program.path, &examined.sha256);
        let input = Arc::new(Queue::default());
        let (stop, stopped) = oneshot::channel();
        let start = run::Start {
            engine: self.engine.clone(),
            code,
            bytes: examined.bytes,
            sha256: examined.sha256,
            memory: self.memory,
            program: program.clone(),
            input: Arc::clone(&input),
        };
        runtime.spawn(run::to_the_end(
            start,
            stopped,
            run::Ending::new(output, Arc::clone(&input)),
        ));
        Ok(Box::new(Feed { input, _stop: stop }))
    }
}

/// Whether these are the bytes that were pulled: the file is read anew at each start.
fn check_digest(program: &Program, found: &str) -> Result<(), String> {
    match &program.sha256 {
        Some(pinned) if pinned != found => {
            let (name, path) = (&program.name, program.path.display());
            Err(format!(
                "[backends.{name}] wasm: `{path}`: the file's SHA-256 is `{found}`, but what was pulled has `{pinned}`\n\
                 hint: pull it again with `mcpmux plugin pull`, or if this is the file you want, take it out of `mcpmux.lock`"
            ))
        }
        _ => Ok(()),
    }
}

fn refusal_text(program: &Program, refusal: &Refusal) -> String {
    let (name, path) = (&program.name, program.path.display());
    format!("[backends.{name}] wasm: `{path}`: {refusal}\nhint: {}", refusal.hint())
}

/// The writing end of a program's input.
struct Feed {
    input: Arc<Queue>,
    /// Dropping it is the sign to stop.
    _stop: oneshot::Sender<()>,
}

impl Input for Feed {
    fn write(&self, bytes: Bytes) -> bool {
        self.input.write(bytes)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.input.close();
    }
}

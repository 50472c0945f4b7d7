//! One run of a sandboxed program, from compiling it to the word of how it ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mcpmux_core::ports::{Output, Program};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::{I32Exit, ResourceTable, WasiCtx, WasiCtxView, WasiView};

use super::Code;
use crate::cause;
use crate::engine::Engine;
use crate::limiter::Bounds;
use crate::pipe::{Queue, Sink, Source};

/// How long a program may go on after its input was closed.
const GRACE: Duration = Duration::from_millis(500);
/// Handles to host resources that a program may hold.
const HANDLES: usize = 10_000;
/// Bytes of the last line of the standard error that are kept for the word of how it ended.
const LAST_WORDS: usize = 2_000;

/// The host's side of a program.
pub(crate) struct Guest {
    bounds: Bounds,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// All that a run needs.
pub(super) struct Start {
    pub(super) engine: Engine,
    pub(super) code: Arc<Code>,
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
    pub(super) memory: usize,
    pub(super) program: Program,
    pub(super) input: Arc<Queue>,
}

/// Says exactly once how the program ended, even if its task is cut off.
pub(super) struct Ending {
    output: Arc<dyn Output>,
    input: Arc<Queue>,
    how: Option<Result<(), String>>,
}

impl Ending {
    pub(super) fn new(output: Arc<dyn Output>, input: Arc<Queue>) -> Self {
        Self { output, input, how: None }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.input.close();
        let cut_off = || Err("it was stopped because mcpmux is stopping".to_owned());
        self.output.ended(self.how.take().unwrap_or_else(cut_off));
    }
}

/// Runs the program until it ends, or until it is stopped.
pub(super) async fn to_the_end(start: Start, stopped: oneshot::Receiver<()>, mut ending: Ending) {
    let output = Arc::clone(&ending.output);
    let stop = async {
        // Never sent, only dropped.
        let _dropped = stopped.await;
        tokio::time::sleep(GRACE).await;
        Err("it was stopped because its input was closed".to_owned())
    };
    ending.how = Some(tokio::select! {
        biased;
        how = stop => how,
        how = run(start, output) => how,
    });
}

async fn run(start: Start, output: Arc<dyn Output>) -> Result<(), String> {
    let Start { engine, code, bytes, sha256, memory, program, input } = start;
    let pre = compiled(&engine, code, bytes, sha256).await?;
    let words = LastWords::default();
    let guest = Guest {
        bounds: Bounds::new(memory),
        wasi: context(&program, input, &output, &words),
        table: table(),
    };
    let mut store = Store::new(engine.wasm(), guest);
    store.limiter(|guest| &mut guest.bounds);
    store.set_hostcall_fuel(memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    let ran = engine.ticking(async {
        let command = pre.instantiate_async(&mut store).await?;
        command.wasi_cli_run().call_run(&mut store).await
    });
    match ran.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(())) => Err(cause::with("it ended with a failure".to_owned(), &words.get())),
        Err(error) if error.downcast_ref::<I32Exit>().is_some_and(|exit| exit.0 == 0) => Ok(()),
        Err(error) => Err(cause::say(&error, &store.data().bounds, None, &words.get())),
    }
}

fn table() -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES);
    table
}

fn context(
    program: &Program,
    input: Arc<Queue>,
    output: &Arc<dyn Output>,
    words: &LastWords,
) -> WasiCtx {
    let (out, err, words) = (Arc::clone(output), Arc::clone(output), words.clone());
    let mut wasi = WasiCtx::builder();
    let name = program.path.file_stem().unwrap_or_default().to_string_lossy();
    wasi.arg(name)
        .args(&program.args)
        .stdin(Source(input))
        .stdout(Sink::new(move |bytes| out.stdout(bytes)))
        .stderr(Sink::new(move |bytes| {
            words.hear(bytes);
            err.stderr(bytes);
        }))
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false);
    for (key, value) in &program.env {
        wasi.env(key, value.reveal());
    }
    wasi.build()
}

/// The program's code, compiled on a thread where that may block if this is its first run.
async fn compiled(
    engine: &Engine,
    code: Arc<Code>,
    bytes: Vec<u8>,
    sha256: String,
) -> Result<CommandPre<Guest>, String> {
    if let Some(compiled) = code.get() {
        return compiled.clone();
    }
    let engine = engine.clone();
    let compile = move || {
        code.get_or_init(|| {
            compile(&engine, &bytes, &sha256)
                .map_err(|error| format!("it cannot be compiled: {error:#}"))
        })
        .clone()
    };
    match tokio::task::spawn_blocking(compile).await {
        Ok(compiled) => compiled,
        Err(error) => Err(format!("it cannot be compiled: {error}")),
    }
}

fn compile(engine: &Engine, bytes: &[u8], sha256: &str) -> wasmtime::Result<CommandPre<Guest>> {
    let component = engine.compile(bytes, sha256)?.component;
    let mut linker = Linker::new(engine.wasm());
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    CommandPre::new(linker.instantiate_pre(&component)?)
}

/// The last line a program wrote to its standard error, such as a panic's message.
#[derive(Clone, Default)]
struct LastWords(Arc<Mutex<String>>);

impl LastWords {
    fn hear(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let telling = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
        if let Some(line) = text.lines().rev().find(telling) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
                line.chars().take(LAST_WORDS).collect();
        }
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

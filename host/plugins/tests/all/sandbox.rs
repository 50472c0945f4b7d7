//! Backends in the sandbox: what goes in and out, what they cannot reach, and how they end.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use mcpmux_core::config::{Limits, Secret};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Input, Output, Program, Sandbox};
use mcpmux_plugins::{Engine, WasiSandbox};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::guests::{Dir, hollow, program};

#[derive(Debug, PartialEq)]
enum Event {
    Line(String),
    Ended(Result<(), String>),
}

struct Recorder {
    events: UnboundedSender<Event>,
    rest: Mutex<Vec<u8>>,
}

impl Output for Recorder {
    fn stdout(&self, bytes: &[u8]) {
        let mut rest = self.rest.lock().unwrap();
        rest.extend_from_slice(bytes);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            self.events
                .send(Event::Line(String::from_utf8_lossy(&line).trim_end().to_owned()))
                .unwrap();
        }
    }

    fn stderr(&self, _: &[u8]) {}

    fn ended(&self, how: Result<(), String>) {
        // The test may be over.
        let _gone = self.events.send(Event::Ended(how));
    }
}

struct Run {
    input: Option<Box<dyn Input>>,
    events: UnboundedReceiver<Event>,
}

impl Run {
    fn start(sandbox: &WasiSandbox, args: &[&str]) -> Self {
        let (events, receiver) = mpsc::unbounded_channel();
        let program = Program {
            name: BackendName::new("guest").unwrap(),
            path: program(),
            sha256: None,
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            env: vec![("TOKEN".to_owned(), Secret::new("s3cret".to_owned()))],
        };
        let recorder = Recorder { events, rest: Mutex::default() };
        let input = sandbox.start(&program, Arc::new(recorder)).unwrap();
        Self { input: Some(input), events: receiver }
    }

    fn write(&self, text: &'static str) -> bool {
        self.input.as_ref().unwrap().write(Bytes::from_static(text.as_bytes()))
    }

    async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(60), self.events.recv())
            .await
            .expect("something happens in time")
            .expect("the program has not been forgotten")
    }

    async fn check(&mut self, expected: &[&str]) {
        for line in expected {
            assert_eq!(self.next().await, Event::Line((*line).to_owned()));
        }
    }

    /// It ends like this, and says so once.
    async fn check_end(&mut self, expected: Result<(), &str>) {
        assert_eq!(self.next().await, Event::Ended(expected.map_err(str::to_owned)));
        let after = tokio::time::timeout(Duration::from_secs(60), self.events.recv()).await;
        assert_eq!(after, Ok(None));
    }
}

fn sandbox() -> WasiSandbox {
    WasiSandbox::new(&Engine::new(None).unwrap(), &Limits::default())
}

#[tokio::test]
async fn lines_go_in_and_come_out_and_the_end_of_input_ends_it() {
    let mut run = Run::start(&sandbox(), &["echo"]);
    assert!(run.write("one\ntw"));
    run.check(&["got one"]).await;
    assert!(run.write("o\nthree\n"));
    run.check(&["got two", "got three"]).await;
    run.input = None;
    run.check_end(Ok(())).await;
}

#[tokio::test]
async fn it_has_its_arguments_and_environment_and_nothing_else() {
    let mut run = Run::start(&sandbox(), &["look", "b c"]);
    run.check(&[
        r#"args ["look", "b c"]"#,
        r#"env [("TOKEN", "s3cret")]"#,
        "file false",
        "net false",
        "time true",
    ])
    .await;
    run.check_end(Ok(())).await;
    assert!(!run.write("x"), "nothing is queued for a program that has ended");
}

/// On one thread: a program that never yielded would stop the test itself.
#[tokio::test(flavor = "current_thread")]
async fn dropping_the_input_stops_a_program_that_never_reads() {
    let sandbox = sandbox();
    for (mode, says) in [("spin", "spinning"), ("sleep", "sleeping")] {
        let mut run = Run::start(&sandbox, &[mode]);
        run.check(&[says]).await;
        run.input = None;
        run.check_end(Err("it was stopped because its input was closed")).await;
    }
}

#[tokio::test]
async fn how_it_failed_is_said() {
    let sandbox = sandbox();
    Run::start(&sandbox, &["nonsense"])
        .check_end(Err("it trapped: wasm `unreachable` instruction executed \
             (it last said: the mode nonsense is unknown)"))
        .await;
    Run::start(&sandbox, &["exit"]).check_end(Err("it exited with status 1")).await;
    Run::start(&sandbox, &["hog"])
        .check_end(Err("it wanted more memory than its limit of 64 MiB and was stopped"))
        .await;
}

#[tokio::test]
async fn what_is_no_backend_is_refused_with_the_way_out() {
    let dir = Dir::new();
    let check = |bytes: Vec<u8>, expected: &str| {
        let path = dir.file("guest.wasm", bytes);
        let file = path.display().to_string();
        let name = BackendName::new("guest").unwrap();
        let program = Program { name, path, sha256: None, args: Vec::new(), env: Vec::new() };
        let (events, _receiver) = mpsc::unbounded_channel();
        let recorder = Recorder { events, rest: Mutex::default() };
        let error = sandbox().start(&program, Arc::new(recorder)).err();
        assert_eq!(error, Some(expected.replace("FILE", &file)));
    };
    check(
        hollow(&[], &["mcpmux:plugin/catalog@0.1.0"]),
        "[backends.guest] wasm: `FILE`: it is no WASI 0.2 command: it does not export `wasi:cli/run`\n\
         hint: it is a plugin: name it in `[[plugins]]`, with `path`",
    );
    check(
        hollow(&["wasi:http/outgoing-handler@0.2.0"], &["wasi:cli/run@0.2.0"]),
        "[backends.guest] wasm: `FILE`: it wants `wasi:http/outgoing-handler@0.2.0`, which it cannot have\n\
         hint: neither plugins nor sandboxed backends have a network; build it without",
    );
}

#[tokio::test]
async fn a_file_that_is_not_the_one_that_was_pulled_is_not_started() {
    let dir = Dir::new();
    let pulled = std::fs::read(program()).unwrap();
    let path = dir.file("guest.wasm", &pulled);
    let sha256 = mcpmux_plugins::inspect(&path).unwrap().sha256;
    let start = || {
        let program = Program {
            name: BackendName::new("guest").unwrap(),
            path: path.clone(),
            sha256: Some(sha256.clone()),
            args: vec!["look".to_owned()],
            env: Vec::new(),
        };
        let (events, _receiver) = mpsc::unbounded_channel();
        let recorder = Recorder { events, rest: Mutex::default() };
        sandbox().start(&program, Arc::new(recorder))
    };
    assert!(start().is_ok());
    // It still is a command, but another one: an empty custom section was added.
    dir.file("guest.wasm", [&pulled[..], &[0, 2, 1, b'x']].concat());
    let why = start().err().unwrap();
    assert!(why.contains("the file's SHA-256 is `") && why.contains(&sha256), "{why}");
    assert!(why.contains("\nhint: pull it again"), "{why}");
}

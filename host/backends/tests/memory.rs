//! What is remembered of a backend over restarts, and how a slow one is found out.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mcpmux_core::config::{Limits, Transport};
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::ports::{Input, Output, Program, Sandbox};
use serde_json::{Value, json};
use support::{Bench, Dir, count, noted, patience, script, within};
use tokio::sync::mpsc;

/// Connects with this memory, and returns the era and how often it was probed and greeted.
async fn connect(dir: &Dir, era: &str, more: &[(&str, &str)]) -> (Era, usize, usize) {
    let run = Dir::new();
    let ledger = run.file("ledger");
    let mut env = vec![("LEDGER", ledger.to_str().unwrap()), ("ERA", era)];
    env.extend(more);
    let mut bench = Bench::remembering(script(&env), &dir.file("state"));
    let era = bench.ready().await.revision.era();
    (era, count(&ledger, "discover"), count(&ledger, "initialize"))
}

#[tokio::test]
async fn a_backends_era_is_remembered_and_doubted_when_it_is_another() {
    let dir = Dir::new();
    assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 1, 1));
    assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 0, 1));
    assert_eq!(connect(&dir, "modern", &[]).await, (Era::Modern, 1, 1));
    assert_eq!(connect(&dir, "modern", &[]).await, (Era::Modern, 1, 0));
    assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 1, 1));
    assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 0, 1));
    // It is started in another way: it may be another one.
    assert_eq!(connect(&dir, "legacy", &[("OTHER", "secret")]).await, (Era::Legacy, 1, 1));
    let kept = std::fs::read_to_string(dir.file("state").join("eras.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["backends"]["b"]["era"], "legacy");
    assert!(!kept.to_string().contains("secret"));
}

#[tokio::test]
async fn a_memory_that_cannot_be_read_or_written_does_no_harm() {
    let dir = Dir::new();
    std::fs::create_dir(dir.file("state")).unwrap();
    let file = dir.file("state").join("eras.json");
    for text in ["{not json", "[]", r#"{"backends":{"b":{"era":"ancient"}}}"#, ""] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 1, 1), "{text}");
        assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 0, 1), "{text}");
    }
    let dir = Dir::new();
    std::fs::write(dir.file("state"), "a file where the folder should be").unwrap();
    assert_eq!(connect(&dir, "legacy", &[]).await, (Era::Legacy, 1, 1));
}

#[tokio::test]
async fn what_was_only_guessed_is_not_kept() {
    let dir = Dir::new();
    let run = Dir::new();
    let ledger = run.file("ledger");
    let env = [("LEDGER", ledger.to_str().unwrap()), ("FAULTS", "dies-of-discover")];
    let mut bench = Bench::remembering(script(&env), &dir.file("state"));
    assert_eq!(bench.ready().await.revision, Revision::V2025_06_18);
    noted(&ledger, "discover").await;
    assert!(!dir.file("state").join("eras.json").exists());
}

/// A program that is slow to start: what it is sent and what it says is in the hands of the test.
struct Slow {
    sent: mpsc::UnboundedSender<Value>,
    output: Mutex<Option<Arc<dyn Output>>>,
}

struct Stdin(mpsc::UnboundedSender<Value>);

impl Sandbox for Slow {
    fn start(&self, _: &Program, output: Arc<dyn Output>) -> Result<Box<dyn Input>, String> {
        *self.output.lock().unwrap() = Some(output);
        Ok(Box::new(Stdin(self.sent.clone())))
    }
}

impl Input for Stdin {
    fn write(&self, bytes: Bytes) -> bool {
        self.0.send(serde_json::from_slice(&bytes).unwrap()).is_ok()
    }
}

impl Slow {
    fn say(&self, message: &Value) {
        let output = self.output.lock().unwrap().clone().unwrap();
        output.stdout(format!("{message}\n").as_bytes());
    }
}

fn answer(request: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": request["id"], "result": result})
}

fn unknown(request: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "?"}})
}

async fn next(sent: &mut mpsc::UnboundedReceiver<Value>, method: &str) -> Value {
    loop {
        let message = within(sent.recv()).await.unwrap();
        if message["method"] == method {
            return message;
        }
    }
}

#[tokio::test]
async fn a_backend_that_is_slow_to_start_is_found_out_whatever_it_answers_first() {
    let legacy = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {}});
    let modern = json!({"supportedVersions": ["2026-07-28"], "capabilities": {}});
    type Answers<'a> = &'a dyn Fn(&Value, &Value) -> Vec<Value>;
    let orders: [(Answers<'_>, Revision); 5] = [
        (&|probe, hello| vec![unknown(probe), answer(hello, &legacy)], Revision::V2025_06_18),
        (&|probe, hello| vec![answer(hello, &legacy), unknown(probe)], Revision::V2025_06_18),
        (&|_, hello| vec![answer(hello, &legacy)], Revision::V2025_06_18),
        (&|probe, hello| vec![answer(probe, &modern), unknown(hello)], Revision::V2026_07_28),
        (&|probe, hello| vec![unknown(hello), answer(probe, &modern)], Revision::V2026_07_28),
    ];
    for (at, (answers, expected)) in orders.into_iter().enumerate() {
        let (sender, mut sent) = mpsc::unbounded_channel();
        let slow = Arc::new(Slow { sent: sender, output: Mutex::default() });
        let transport = Transport::Wasm {
            path: "slow.wasm".into(),
            sha256: None,
            args: Vec::new(),
            env: std::collections::BTreeMap::new(),
        };
        let sandbox = Arc::clone(&slow) as Arc<dyn Sandbox>;
        let mut bench = Bench::sandboxed(transport, patience(), Limits::default(), sandbox);
        // It reads nothing until both were written.
        let probe = next(&mut sent, "server/discover").await;
        let hello = next(&mut sent, "initialize").await;
        for message in answers(&probe, &hello) {
            slow.say(&message);
        }
        assert_eq!(bench.ready().await.revision, expected, "order {at}");
    }
}

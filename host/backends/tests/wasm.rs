//! Backends that are programs in the sandbox: the same line protocol, pushed instead of read.
#![allow(missing_docs, reason = "a test binary")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "fixtures/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mcpmux_core::config::{Limits, Secret, Transport};
use mcpmux_core::ports::{Input, Output, Program, Sandbox};
use serde_json::{Value, json};
use support::{Bench, names, patience, within};

/// Runs a program of ours in the place of a component.
#[derive(Default)]
struct Pretended {
    started: Mutex<Vec<Program>>,
    stopped: Arc<tokio::sync::Notify>,
}

struct Running {
    output: Arc<dyn Output>,
    stopped: Arc<tokio::sync::Notify>,
}

impl Sandbox for Pretended {
    fn start(&self, program: &Program, output: Arc<dyn Output>) -> Result<Box<dyn Input>, String> {
        if program.path.as_os_str() == "missing.wasm" {
            return Err("no such file".to_owned());
        }
        self.started.lock().unwrap().push(program.clone());
        Ok(Box::new(Running { output, stopped: Arc::clone(&self.stopped) }))
    }
}

impl Input for Running {
    fn write(&self, bytes: Bytes) -> bool {
        let request: Value = serde_json::from_slice(&bytes).unwrap();
        let output = Arc::clone(&self.output);
        tokio::spawn(async move { obey(&request, &*output) });
        true
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopped.notify_one();
    }
}

fn obey(request: &Value, output: &dyn Output) {
    let result = match (request["method"].as_str(), request["params"]["name"].as_str()) {
        (Some("server/discover"), _) => {
            json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}})
        }
        (Some("tools/list"), _) => json!({"tools": [{"name": "now"}]}),
        (Some("tools/call"), Some("trap")) => {
            output.stderr(b"out of memory\n");
            return output.ended(Err("it trapped".to_owned()));
        }
        (Some("tools/call"), _) => json!({"now": 7}),
        _ => return,
    };
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    let line = format!("{answer}\n");
    let (first, second) = line.split_at(20);
    output.stdout(first.as_bytes());
    output.stdout(second.as_bytes());
}

fn component(path: &str) -> Transport {
    Transport::Wasm {
        path: path.into(),
        sha256: None,
        args: vec!["--fast".into()],
        env: BTreeMap::from([("ZONE".to_owned(), Secret::new("UTC".into()).into())]),
    }
}

#[tokio::test]
async fn a_component_is_listed_called_restarted_and_stopped() {
    let sandbox = Arc::new(Pretended::default());
    let mut bench = Bench::sandboxed(
        component("clock.wasm"),
        patience(),
        Limits::default(),
        Arc::clone(&sandbox) as _,
    );
    assert_eq!(names(&bench.ready().await), ["now"]);
    assert_eq!(bench.answer("now", "{}").await, r#"{"now":7}"#);
    assert_eq!(bench.code("trap").await, 1002);
    let why = bench.down().await.to_string();
    assert!(why.contains("it trapped") && why.contains("out of memory"), "{why}");
    within(sandbox.stopped.notified()).await;
    assert_eq!(bench.answer("now", "{}").await, r#"{"now":7}"#);
    bench.pool.apply(&[]);
    within(sandbox.stopped.notified()).await;
    assert_eq!(bench.code("now").await, 1001);
    let started = sandbox.started.lock().unwrap();
    assert_eq!((started.len(), started[0].args.as_slice()), (2, &["--fast".to_owned()][..]));
    assert_eq!(started[0].env, [("ZONE".to_owned(), Secret::new("UTC".into()))]);
}

#[tokio::test]
async fn a_component_that_cannot_be_started_says_why() {
    let mut bench = Bench::sandboxed(
        component("missing.wasm"),
        patience(),
        Limits::default(),
        Arc::new(Pretended::default()),
    );
    let why = bench.down().await.to_string();
    assert!(why.contains("cannot start it: no such file"), "{why}");
}

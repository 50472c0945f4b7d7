//! What the tests of backends share: a pool with recorded states, calls, and waiting with a deadline.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(missing_docs, unreachable_pub, reason = "test support")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use mcpmux_backends::{Deps, Pool};
use mcpmux_core::call::{
    Body, Call, Event, Events, Final, Flight, Method, Outcome, Permitted, Routed,
};
use mcpmux_core::catalog::Entry;
use mcpmux_core::client::Client;
use mcpmux_core::config::{self, Auth, Limits, Naming, Patience, Secret, Transport};
use mcpmux_core::era::Revision;
use mcpmux_core::fault::Fault;
use mcpmux_core::gate::permit;
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, ExposedName, NativeName};
use mcpmux_core::ports::{
    Backend, BackendEvents, Credential, CredentialSource, Input, Listing, Output, Pending, Program,
    Sandbox, State,
};
use tokio::sync::mpsc;

/// Everything in a test happens within this time.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Recorder(mpsc::UnboundedSender<(String, State)>);

impl BackendEvents for Recorder {
    fn state(&self, backend: &BackendName, state: State) {
        let _ = self.0.send((backend.to_string(), state));
    }
}

/// A bearer token from the configuration.
pub struct Bearers;

struct Bearer(Secret);

impl CredentialSource for Bearers {
    fn credential(&self, _: &BackendName, auth: &Auth) -> Option<Arc<dyn Credential>> {
        match auth {
            Auth::None => None,
            Auth::Bearer(token) => Some(Arc::new(Bearer(token.clone()))),
        }
    }
}

impl Credential for Bearer {
    fn headers(&self) -> Pending<'_, Result<Vec<(String, Secret)>, Fault>> {
        let value = Secret::new(format!("Bearer {}", self.0.reveal()));
        Box::pin(async move { Ok(vec![("authorization".to_owned(), value)]) })
    }
}

/// Runs no component.
pub struct NoSandbox;

impl Sandbox for NoSandbox {
    fn start(&self, _: &Program, _: Arc<dyn Output>) -> Result<Box<dyn Input>, String> {
        Err("there is no sandbox here".to_owned())
    }
}

/// A pool with one backend, and what it reported.
pub struct Bench {
    pub pool: Pool,
    pub backend: Arc<dyn Backend>,
    pub states: mpsc::UnboundedReceiver<(String, State)>,
}

pub fn patience() -> Patience {
    Patience { init: Duration::from_secs(10), call: DEADLINE, call_max: DEADLINE, in_flight: 128 }
}

pub fn configured(name: &str, transport: Transport, patience: Patience) -> config::Backend {
    let name = BackendName::new(name).unwrap();
    config::Backend { name, transport, naming: Naming::default(), patience }
}

pub fn script(env: &[(&str, &str)]) -> Transport {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/backend.py");
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), Secret::new((*value).to_owned()));
    Transport::Command {
        argv: vec!["python3".into(), "-u".into(), script.into()],
        env: env.iter().map(pair).collect(),
        cwd: None,
    }
}

pub fn url(url: &str, auth: Auth) -> Transport {
    Transport::Url { url: url.to_owned(), headers: BTreeMap::new(), auth }
}

pub fn pool(
    limits: Limits,
    sandbox: Arc<dyn Sandbox>,
) -> (Pool, mpsc::UnboundedReceiver<(String, State)>) {
    let (sender, states) = mpsc::unbounded_channel();
    let deps = Deps {
        events: Arc::new(Recorder(sender)),
        credentials: Arc::new(Bearers),
        sandbox,
        limits,
    };
    (Pool::new(deps), states)
}

impl Bench {
    pub fn new(transport: Transport) -> Self {
        Self::with(transport, patience(), Limits::default())
    }

    pub fn with(transport: Transport, patience: Patience, limits: Limits) -> Self {
        Self::sandboxed(transport, patience, limits, Arc::new(NoSandbox))
    }

    pub fn sandboxed(
        transport: Transport,
        patience: Patience,
        limits: Limits,
        sandbox: Arc<dyn Sandbox>,
    ) -> Self {
        let (pool, states) = pool(limits, sandbox);
        let backend = pool.apply(&[configured("b", transport, patience)]).remove(0);
        Self { pool, backend, states }
    }

    pub async fn next_state(&mut self) -> State {
        within(self.states.recv()).await.expect("the pool is alive").1
    }

    /// The next listing; states before it are skipped.
    pub async fn ready(&mut self) -> Listing {
        loop {
            if let State::Ready(listing) = self.next_state().await {
                return listing;
            }
        }
    }

    /// The next reason to be down; states before it are skipped.
    pub async fn down(&mut self) -> Fault {
        loop {
            if let State::Down(fault) = self.next_state().await {
                return fault;
            }
        }
    }

    pub async fn call(&self, tool: &str, arguments: &str) -> Outcome {
        within(self.backend.request(permitted(tool, arguments), Flight::default())).await
    }

    /// Calls and returns the result's text.
    pub async fn answer(&self, tool: &str, arguments: &str) -> String {
        text(self.call(tool, arguments).await)
    }

    pub async fn code(&self, tool: &str) -> i64 {
        self.call(tool, "{}").await.map(|answer| answer.era).unwrap_err().kind.code()
    }
}

#[track_caller]
pub fn text(outcome: Outcome) -> String {
    match outcome.expect("an answer").body {
        Body::Result(raw) | Body::Error(raw) => String::from_utf8(raw.as_bytes().to_vec()).unwrap(),
    }
}

pub fn names(listing: &Listing) -> Vec<String> {
    let name = |tool: &Result<mcpmux_core::catalog::Definition, String>| match tool {
        Ok(tool) => tool.name().to_string(),
        Err(why) => format!("<{why}>"),
    };
    listing.tools.iter().map(name).collect()
}

pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(DEADLINE, future).await.expect("it happens in time")
}

/// Waits until the file holds a line that starts so, and returns the line.
pub async fn noted(path: &std::path::Path, start: &str) -> String {
    within(async {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        loop {
            tick.tick().await;
            let text = std::fs::read_to_string(path).unwrap_or_default();
            if let Some(line) = text.lines().find(|line| line.starts_with(start)) {
                return line.to_owned();
            }
        }
    })
    .await
}

pub fn count(path: &std::path::Path, line: &str) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|found| *found == line).count()
}

pub fn permitted(tool: &str, arguments: &str) -> Permitted {
    let params = Bytes::from(format!(r#"{{"arguments":{arguments}}}"#));
    let client = Client {
        revision: Revision::V2025_06_18,
        info: None,
        capabilities: Raw::literal("{}"),
        session: None,
    };
    let call = Call {
        method: Method::ToolsCall,
        name: "b__x".to_owned(),
        params: Raw::parse(params).unwrap().object().unwrap(),
        meta: mcpmux_core::json::Object::default(),
        client: Arc::new(client),
    };
    let entry = Arc::new(Entry {
        exposed: ExposedName::new("b__x").unwrap(),
        backend: BackendName::new("b").unwrap(),
        native: NativeName::new(tool),
        definition: Raw::literal("{}"),
    });
    permit(Final::new(Routed { call, entry }), &[]).unwrap()
}

/// Keeps what a call's events were.
#[derive(Default)]
pub struct Heard(pub Mutex<Vec<String>>);

impl Events for Heard {
    fn event(&self, event: Event) {
        let Event::Progress(params) = event;
        let text = String::from_utf8(params.to_raw().as_bytes().to_vec()).unwrap();
        self.0.lock().unwrap().push(text);
    }
}

/// A directory of the test's own, removed at its end.
pub struct Dir(pub std::path::PathBuf);

impl Dir {
    pub fn new() -> Self {
        let name = format!("mcpmux-backends-{}-{}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

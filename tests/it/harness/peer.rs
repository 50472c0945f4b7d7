//! A backend inside the test, over a process's pipes or HTTP: the test reads each message that mcpmux writes, as
//! text, and writes whatever it likes. Only the handshake and the lists are answered for it.

mod http;
mod outlet;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub use outlet::Outlet;

use super::paths;

/// How a peer is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Lines,
    Http,
}

/// The backend.
pub struct Peer {
    /// Its section of a configuration; more keys may follow.
    pub section: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    pub(super) shared: Arc<Shared>,
}

/// What is known of every message, and what is answered without the test.
pub struct Shared {
    pub(super) revision: String,
    answers: BTreeMap<String, String>,
    log: Mutex<Vec<String>>,
    /// Where messages of no request go: the pipe, or the stream that is open for them.
    stream: Mutex<Option<(Outlet, String)>>,
    to_test: mpsc::UnboundedSender<Heard>,
}

/// A message that mcpmux wrote, and where the answer goes.
#[derive(Debug, Clone)]
pub struct Heard {
    pub text: String,
    pub headers: Vec<(String, String)>,
    pub outlet: Outlet,
}

impl Heard {
    /// The text of a member of the message, down this path; empty if there is none.
    pub fn part(&self, path: &str) -> String {
        part(&self.text, path)
    }

    /// Writes a message where this one's answer goes. `$id` and `$token` stand for the request's.
    pub fn say(&self, text: &str) {
        let text = text.replace("$id", &self.part("id"));
        self.outlet.say(&text.replace("$token", &self.part("params._meta.progressToken")));
    }

    /// Answers it with this result.
    pub fn answer(&self, result: &str) {
        self.say(&format!(r#"{{"jsonrpc":"2.0","id":$id,"result":{result}}}"#));
        self.outlet.end();
    }

    /// Answers it with this error.
    pub fn fail(&self, error: &str) {
        self.say(&format!(r#"{{"jsonrpc":"2.0","id":$id,"error":{error}}}"#));
        self.outlet.end();
    }
}

/// The answer to a list of what a test has nothing of.
fn empty(method: &str) -> Option<&'static str> {
    match method {
        "prompts/list" => Some(r#"{"prompts":[]}"#),
        "resources/list" => Some(r#"{"resources":[]}"#),
        "resources/templates/list" => Some(r#"{"resourceTemplates":[]}"#),
        _ => None,
    }
}

/// The text of a member of a JSON object, down a path of keys; empty if there is none.
pub fn part(text: &str, path: &str) -> String {
    path.split('.').fold(text.to_owned(), |text, key| {
        let members = serde_json::from_str::<BTreeMap<String, &RawValue>>(&text);
        let member =
            members.ok().and_then(|members| members.get(key).map(|raw| raw.get().to_owned()));
        member.unwrap_or_default()
    })
}

impl Peer {
    /// A backend of this revision, which answers requests of these methods with these results by itself, and leaves
    /// all others to the test.
    pub async fn new(name: &str, revision: &str, over: Over, answers: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to_test, heard) = mpsc::unbounded_channel();
        let own = |(method, result): &(&str, &str)| ((*method).to_owned(), (*result).to_owned());
        let shared = Arc::new(Shared {
            revision: revision.to_owned(),
            answers: answers.iter().map(own).collect(),
            log: Mutex::default(),
            stream: Mutex::default(),
            to_test,
        });
        let section = match over {
            Over::Http => format!("[backends.{name}]\nurl = \"http://127.0.0.1:{port}/mcp\"\n"),
            Over::Lines => {
                let bridge = paths::root().join("tests/peers/bridge.py");
                format!("[backends.{name}]\ncommand = [\"python3\", {bridge:?}, \"{port}\"]\n")
            }
        };
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                match over {
                    Over::Http => drop(tokio::spawn(http::serve(shared, stream))),
                    Over::Lines => drop(tokio::spawn(outlet::lines(shared, stream))),
                }
            }
        });
        Self { section, heard, shared }
    }

    /// The next message that is left to the test, whenever it comes.
    pub async fn next(&mut self) -> Heard {
        self.heard.recv().await.expect("the peer itself holds a sender")
    }

    /// The next message for which this holds; others are left out. `None` if it does not come in time.
    pub async fn until(
        &mut self,
        holds: impl Fn(&Heard) -> bool,
        patience: std::time::Duration,
    ) -> Option<Heard> {
        let finding = async {
            loop {
                let heard = self.next().await;
                if holds(&heard) {
                    return heard;
                }
            }
        };
        tokio::time::timeout(patience, finding).await.ok()
    }

    /// Writes a message that belongs to no request. `$subscription` stands for the id of the open subscription.
    pub fn tell(&self, text: &str) -> bool {
        let stream = self.shared.stream.lock().unwrap();
        let Some((outlet, id)) = &*stream else { return false };
        outlet.say(&text.replace("$subscription", id));
        true
    }

    /// All that mcpmux has written so far.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }
}

impl Shared {
    /// Where messages of no request go from now on.
    pub(super) fn stream(&self, outlet: Outlet, id: String) {
        *self.stream.lock().unwrap() = Some((outlet, id));
    }

    /// A message came: it is answered here, or left to the test.
    pub(super) fn heard(&self, heard: Heard) {
        self.log.lock().unwrap().push(heard.text.clone());
        let method: String = serde_json::from_str(&heard.part("method")).unwrap_or_default();
        let modern = self.revision.as_str() >= super::http::MODERN;
        match method.as_str() {
            "initialize" if !modern => heard.answer(&self.hello()),
            "server/discover" if modern => heard.answer(&self.hello()),
            "initialize" | "server/discover" => {
                heard.fail(r#"{"code":-32601,"message":"Method not found"}"#);
            }
            "ping" => heard.answer("{}"),
            "subscriptions/listen" => {
                let meta = r#""_meta":{"io.modelcontextprotocol/subscriptionId":$id}"#;
                let wanted = heard.part("params.notifications");
                heard.say(&format!(
                    r#"{{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{{meta},"notifications":{wanted}}}}}"#
                ));
                self.stream(heard.outlet.clone(), heard.part("id"));
            }
            "notifications/initialized" => heard.outlet.end(),
            _ => match self.answers.get(&method).map(String::as_str).or_else(|| empty(&method)) {
                Some(result) => heard.answer(result),
                None => drop(self.to_test.send(heard)),
            },
        }
    }

    /// What it says of itself: everything that its revision knows.
    fn hello(&self) -> String {
        let revision = &self.revision;
        let own = if revision.as_str() >= super::http::MODERN {
            format!(
                r#""supportedVersions":["{revision}"],"resultType":"complete","ttlMs":0,"cacheScope":"private""#
            )
        } else {
            format!(
                r#""protocolVersion":"{revision}","serverInfo":{{"name":"peer","version":"1"}}"#
            )
        };
        let tasks = if self.revision == "2025-11-25" {
            r#","tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"#
        } else {
            ""
        };
        format!(
            r#"{{{own},"capabilities":{{"tools":{{"listChanged":true}},"prompts":{{"listChanged":true}},"resources":{{"subscribe":true,"listChanged":true}},"completions":{{}},"logging":{{}}{tasks}}},"instructions":"Ask it."}}"#
        )
    }
}

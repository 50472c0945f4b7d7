//! A client of any revision over any transport, that writes texts and hears texts; what it hears on all of its
//! streams comes out of one inbox.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};
use tokio::sync::mpsc;

use super::http::MODERN;
use super::lines::Process;
use super::peer::{Over, part};
use super::{Home, PATIENCE};

/// The client.
pub struct RawClient {
    pub revision: String,
    way: Way,
    inbox: mpsc::UnboundedReceiver<String>,
    hears: mpsc::UnboundedSender<String>,
    /// All that it has heard, in order.
    pub log: Vec<String>,
    /// The methods of its requests, by the text of their ids.
    pub asked: BTreeMap<String, String>,
    /// The request that it sent last.
    pub sent: String,
    next: u64,
}

enum Way {
    Lines { _child: Child, input: Option<ChildStdin> },
    Http { http: reqwest::Client, url: String, session: Option<String> },
}

impl RawClient {
    /// Starts mcpmux for a client on its pipes, or connects to the one that is served, and says hello. `abilities`
    /// is the text of its capabilities.
    pub async fn open(
        home: &Home,
        url: &str,
        revision: &str,
        over: Over,
        abilities: &'static str,
    ) -> Self {
        let (hears, inbox) = mpsc::unbounded_channel();
        let way = match over {
            Over::Lines => {
                let Process { child, input, mut output } =
                    Process::start(home.mcpmux(&["serve", "--stdio"]));
                let hears = hears.clone();
                tokio::spawn(async move {
                    while let Ok(Some(line)) = output.next_line().await {
                        let _gone = hears.send(line);
                    }
                });
                Way::Lines { _child: child, input }
            }
            Over::Http => {
                Way::Http { http: super::http::client(), url: url.to_owned(), session: None }
            }
        };
        let mut client = Self {
            revision: revision.to_owned(),
            way,
            inbox,
            hears,
            log: Vec::new(),
            asked: BTreeMap::new(),
            sent: String::new(),
            next: 1,
        };
        if client.is_modern() {
            let wants = r#""toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["test://one"]"#;
            let members = format!(r#""notifications":{{{wants}}}"#);
            client.request("subscriptions/listen", &members, "").await;
            client
                .until(|text| part(text, "method").contains("acknowledged"), PATIENCE)
                .await
                .unwrap();
        } else {
            let hello = format!(
                r#""protocolVersion":"{revision}","capabilities":{abilities},"clientInfo":{{"name":"raw","version":"1"}}"#
            );
            let id = client.request("initialize", &hello, "").await;
            client.answer(&id, PATIENCE).await.unwrap();
            client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
            client.hear_news().await;
        }
        client
    }

    pub fn is_modern(&self) -> bool {
        self.revision.as_str() >= MODERN
    }

    /// Sends a request of these members of `params` and of `params._meta`, and what its era adds: its id's text.
    pub async fn request(&mut self, method: &str, params: &str, meta: &str) -> String {
        let id = format!("\"r {}\"", self.next);
        self.next += 1;
        self.asked.insert(id.clone(), method.to_owned());
        let era = if self.is_modern() {
            r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"raw","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{},"context":{}},"roots":{}}"#
        } else {
            ""
        };
        let comma = |left: &str, right: &str| {
            if left.is_empty() || right.is_empty() { "" } else { "," }.to_owned()
        };
        let meta = format!("{meta}{}{era}", comma(meta, era));
        let meta = if meta.is_empty() { meta } else { format!(r#""_meta":{{{meta}}}"#) };
        let params = format!("{params}{}{meta}", comma(params, &meta));
        let text =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#);
        self.send(&text).await;
        self.sent = text;
        id
    }

    /// Sends a message as it is.
    pub async fn send(&mut self, text: &str) {
        let modern = self.is_modern();
        let (http, url, session) = match &mut self.way {
            Way::Lines { input, .. } => {
                let input = input.as_mut().unwrap();
                input.write_all(format!("{text}\n").as_bytes()).await.unwrap();
                return input.flush().await.unwrap();
            }
            Way::Http { http, url, session } => (http, url, session),
        };
        let string = |path: &str| serde_json::from_str(&part(text, path)).unwrap_or_default();
        let method: String = string("method");
        let mut request = http.post(url.as_str()).body(text.to_owned());
        request = request.header("content-type", "application/json");
        request = request.header("accept", "application/json, text/event-stream");
        if modern {
            request = request.header("mcp-protocol-version", MODERN).header("mcp-method", &method);
            let name: String =
                string(if method == "resources/read" { "params.uri" } else { "params.name" });
            request = if name.is_empty() { request } else { request.header("mcp-name", name) };
        } else if let Some(session) = session.as_ref() {
            request = request.header("mcp-session-id", session);
            request = request.header("mcp-protocol-version", &self.revision);
        }
        if method == "initialize" {
            let response = request.send().await.unwrap();
            *session = Some(response.headers()["mcp-session-id"].to_str().unwrap().to_owned());
            return hear(response, self.hears.clone()).await;
        }
        let hears = self.hears.clone();
        tokio::spawn(async move { hear(request.send().await.unwrap(), hears).await });
    }

    /// Closes its side of the pipes, if it has some.
    pub fn close(&mut self) {
        if let Way::Lines { input, .. } = &mut self.way {
            drop(input.take());
        }
    }

    /// Opens the stream of a legacy session over HTTP.
    async fn hear_news(&mut self) {
        let Way::Http { http, url, session } = &self.way else { return };
        let request = http.get(url.as_str()).header("accept", "text/event-stream");
        let request = request.header("mcp-session-id", session.as_ref().unwrap());
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{response:?}");
        tokio::spawn(hear(response, self.hears.clone()));
    }

    /// The next message.
    pub async fn next(&mut self) -> String {
        let text = self.inbox.recv().await.expect("the client itself holds a sender");
        self.log.push(text.clone());
        text
    }

    /// The next message for which this holds; others are left out. `None` if it does not come in time.
    pub async fn until(
        &mut self,
        holds: impl Fn(&str) -> bool,
        patience: Duration,
    ) -> Option<String> {
        let finding = async {
            loop {
                let text = self.next().await;
                if holds(&text) {
                    return text;
                }
            }
        };
        tokio::time::timeout(patience, finding).await.ok()
    }

    /// The answer to the request of this id.
    pub async fn answer(&mut self, id: &str, patience: Duration) -> Option<String> {
        let of_it = |text: &str| part(text, "id") == id && part(text, "method").is_empty();
        self.until(of_it, patience).await
    }
}

/// Puts the messages of a response into the inbox.
async fn hear(mut response: reqwest::Response, hears: mpsc::UnboundedSender<String>) {
    let is_stream =
        response.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        text.extend_from_slice(&chunk);
        while let Some(end) = text.windows(2).position(|two| two == b"\n\n").filter(|_| is_stream) {
            let event: Vec<u8> = text.drain(..end + 2).collect();
            let event = String::from_utf8(event).unwrap();
            let lines: Vec<&str> =
                event.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
            if !lines.is_empty() {
                let _gone = hears.send(lines.join("\n"));
            }
        }
    }
    if !is_stream && !text.is_empty() {
        let _gone = hears.send(String::from_utf8(text).unwrap());
    }
}

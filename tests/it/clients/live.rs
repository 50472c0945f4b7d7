//! A legacy client over HTTP that reads its streams event by event, and answers what it is asked.

use serde_json::{Value, json};

use crate::harness::PATIENCE;

/// A session.
pub struct Session {
    http: reqwest::Client,
    url: String,
    pub id: String,
    pub opened: Value,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub retry: bool,
    /// Null if there is no data.
    pub message: Value,
}

/// A stream that is open.
pub struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Session {
    pub async fn open(url: &str, revision: &str, capabilities: Value) -> Self {
        Self::open_with(crate::harness::http::client(), url, revision, capabilities).await
    }

    pub async fn open_with(
        http: reqwest::Client,
        url: &str,
        revision: &str,
        capabilities: Value,
    ) -> Self {
        let mut session =
            Self { http, url: url.to_owned(), id: String::new(), opened: Value::Null };
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": revision, "capabilities": capabilities,
            "clientInfo": {"name": "test", "version": "1"}}});
        let opened = session.post(hello).await;
        session.id = opened.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        session.opened = opened.json().await.unwrap();
        let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(session.post(done).await.status().as_u16(), 202);
        session
    }

    /// Posts a message and returns once the response has begun.
    pub async fn post(&self, message: Value) -> reqwest::Response {
        self.post_accepting(message, "application/json, text/event-stream").await
    }

    pub async fn post_accepting(&self, message: Value, accept: &str) -> reqwest::Response {
        let request = self.http.post(&self.url).body(message.to_string());
        let request = request.header("content-type", "application/json").header("accept", accept);
        let request = match self.id.as_str() {
            "" => request,
            id => request.header("mcp-session-id", id),
        };
        tokio::time::timeout(PATIENCE, request.send()).await.expect("no response").unwrap()
    }

    /// A request that is answered with one JSON message.
    pub async fn request(&self, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.post(message).await.json().await.unwrap()
    }

    /// A request that is answered with a stream.
    pub async fn stream(&self, id: Value, method: &str, params: Value) -> Stream {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        Stream::of(self.post(message).await)
    }

    /// A GET stream; `last` is the event to go on from.
    pub async fn get(&self, last: Option<&str>) -> Stream {
        let request = self.http.get(&self.url).header("accept", "text/event-stream");
        let request = request.header("mcp-session-id", &self.id);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        Stream::of(request.send().await.unwrap())
    }

    /// Answers a question; the status of the response.
    pub async fn answer(&self, id: &Value, result: Value) -> u16 {
        let message = json!({"jsonrpc": "2.0", "id": id, "result": result});
        self.post(message).await.status().as_u16()
    }

    pub async fn end(&self) -> u16 {
        let request = self.http.delete(&self.url).header("mcp-session-id", &self.id);
        request.send().await.unwrap().status().as_u16()
    }
}

impl Stream {
    fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status().as_u16(), 200, "{response:?}");
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response, text: String::new() }
    }

    /// The next event; `None` at the end.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let data = field("data: ");
                let event = Event {
                    id: field("id: ").map(str::to_owned),
                    retry: field("retry: ").is_some(),
                    message: data.map_or(Value::Null, |data| serde_json::from_str(data).unwrap()),
                };
                self.text = rest.to_owned();
                if event.id.is_none() && event.message.is_null() {
                    continue;
                }
                return Some(event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("nothing comes").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next message.
    pub async fn message(&mut self) -> Value {
        loop {
            let event = self.event().await.expect("the stream has ended");
            if !event.message.is_null() {
                return event.message;
            }
        }
    }
}

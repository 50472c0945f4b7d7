//! A bare HTTP client: what is sent is exactly what a test says, and what comes back is shown as it is.

use serde_json::{Value, json};

/// The revision without a handshake.
pub const MODERN: &str = "2026-07-28";
/// The newest revision with one.
pub const LEGACY: &str = "2025-11-25";

/// A client of the library that the tests speak HTTP with.
pub fn client() -> reqwest::Client {
    builder().build().unwrap()
}

/// The same, to be set up. Its TLS needs a provider, which nobody else chooses in the tests.
pub fn builder() -> reqwest::ClientBuilder {
    ready();
    reqwest::Client::builder()
}

/// Chooses the provider of TLS; to be called before a library makes a client by itself.
pub fn ready() {
    // Another test may have been here before.
    let _chosen_already = rustls::crypto::ring::default_provider().install_default();
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Response {
    /// The JSON-RPC message in it: the body, or the last event of the stream.
    pub fn message(&self) -> Value {
        let last = self.text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back();
        let text = last.unwrap_or(&self.text);
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// All messages of a stream.
    pub fn messages(&self) -> Vec<Value> {
        let events = self.text.lines().filter_map(|line| line.strip_prefix("data: "));
        events.map(|text| serde_json::from_str(text).unwrap()).collect()
    }
}

/// A client of one endpoint.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// The legacy session, once opened.
    session: Option<String>,
}

impl Client {
    /// A client without a session: it speaks the modern era.
    pub fn modern(url: &str) -> Self {
        Self { http: client(), url: url.to_owned(), session: None }
    }

    /// A client with a session of the newest legacy revision.
    pub async fn legacy(url: &str) -> Self {
        Self::legacy_of(url, LEGACY).await
    }

    /// A client with a session of this revision.
    pub async fn legacy_of(url: &str, revision: &str) -> Self {
        Self::opened(url, revision, json!({})).await
    }

    /// A client with a session of the newest legacy revision that can do this.
    pub async fn legacy_with(url: &str, capabilities: Value) -> Self {
        Self::opened(url, LEGACY, capabilities).await
    }

    async fn opened(url: &str, revision: &str, capabilities: Value) -> Self {
        let mut client = Self::modern(url);
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": revision, "capabilities": capabilities, "clientInfo": {"name": "test", "version": "1"}}});
        let opened = client.post(&hello.to_string(), &[]).await;
        assert_eq!(opened.status, 200, "{opened:?}");
        client.session = Some(opened.headers["mcp-session-id"].to_str().unwrap().to_owned());
        let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(client.post(&done.to_string(), &[]).await.status, 202);
        client
    }

    /// The session's id.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Posts a body with the headers every client sends, unless `headers` replaces them.
    pub async fn post(&self, body: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.post(&self.url).body(body.to_owned());
        let mut all = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ];
        all.extend(self.session.iter().map(|session| ("mcp-session-id", session.clone())));
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        for (name, value) in all {
            request = request.header(name, value);
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Response { status, headers, text: response.text().await.unwrap() }
    }

    /// Sends a request as the client's era wants it.
    pub async fn request(&self, method: &str, params: Value) -> Response {
        let (body, headers) = self.request_parts(method, params);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(&body, &headers).await
    }

    /// Sends a request, and returns once the response has begun.
    pub async fn stream(&self, method: &str, params: Value) -> reqwest::Response {
        let (body, headers) = self.request_parts(method, params);
        let request = headers
            .iter()
            .fold(self.http.post(&self.url), |request, (name, value)| request.header(*name, value));
        let request = request.header("content-type", "application/json");
        request.header("accept", "text/event-stream").body(body).send().await.unwrap()
    }

    /// The body and headers of a request.
    pub fn request_parts(
        &self,
        method: &str,
        mut params: Value,
    ) -> (String, Vec<(&'static str, String)>) {
        let mut headers = Vec::new();
        if self.session.is_none() {
            headers.push(("mcp-protocol-version", MODERN.to_owned()));
            headers.push(("mcp-method", method.to_owned()));
            if let Some(name) = params["name"].as_str() {
                headers.push(("mcp-name", name.to_owned()));
            }
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = MODERN.into();
            params["_meta"]["io.modelcontextprotocol/clientInfo"] =
                json!({"name": "test", "version": "1"});
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        } else {
            headers.push(("mcp-protocol-version", LEGACY.to_owned()));
        }
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string(),
            headers,
        )
    }

    /// Calls a tool: the whole answer.
    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments})).await.message()
    }

    /// All tools, over all pages.
    pub async fn tools(&self) -> Vec<Value> {
        let (mut all, mut params) = (Vec::new(), json!({}));
        loop {
            let page = self.request("tools/list", params).await.message();
            all.extend(
                page["result"]["tools"]
                    .as_array()
                    .unwrap_or_else(|| panic!("{page}"))
                    .iter()
                    .cloned(),
            );
            match &page["result"]["nextCursor"] {
                Value::Null => return all,
                cursor => params = json!({ "cursor": cursor }),
            }
        }
    }

    /// The tools' names.
    pub async fn names(&self) -> Vec<String> {
        self.tools().await.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}

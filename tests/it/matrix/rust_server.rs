//! The matrix's server on rmcp, within the test: its features are those of `tests/peers/matrix_server.py`.
#![allow(deprecated, reason = "what an era has is tested while it is there")]

mod tools;

use std::borrow::Cow;
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rmcp::model::*;
use rmcp::serde::de::DeserializeOwned;
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext, SubscriptionSink};
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::{RoleServer, ServerHandler, ServiceExt};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::cells::Era;
use crate::harness::http::{LEGACY, MODERN};

/// How many entries a page has.
const PAGE: usize = 6;

/// What all sessions of a server share.
struct Shared {
    era: Era,
    name: String,
    /// The kinds of list that have one entry more than at first.
    extra: Mutex<HashSet<String>>,
    subscribed: Mutex<HashSet<String>>,
    /// The streams of those who listen, in the modern era.
    listening: Mutex<Vec<(RequestId, SubscriptionSink)>>,
    marks: watch::Sender<HashSet<String>>,
    level: Mutex<LoggingLevel>,
}

/// The server; its clones are one.
#[derive(Clone)]
pub(super) struct Matrix(Arc<Shared>);

/// A protocol type from what it is on the wire: most cannot be written as literals.
fn made<T: DeserializeOwned>(wire: Value) -> T {
    serde_json::from_value(wire).unwrap()
}

impl Matrix {
    fn new(era: Era, name: &str) -> Self {
        Self(Arc::new(Shared {
            era,
            name: name.to_owned(),
            extra: Mutex::default(),
            subscribed: Mutex::default(),
            listening: Mutex::default(),
            marks: watch::Sender::default(),
            level: Mutex::new(LoggingLevel::Debug),
        }))
    }

    fn uri(&self, tail: &str) -> String {
        format!("matrix://{}/{tail}", self.0.name)
    }

    fn has_extra(&self, kind: &str) -> bool {
        self.0.extra.lock().unwrap().contains(kind)
    }

    /// A result from what it is on the wire, with the word that tells the modern era what it is.
    fn result<T: DeserializeOwned>(&self, mut wire: Value) -> T {
        if self.0.era == Era::Modern {
            wire["resultType"] = "complete".into();
        }
        made(wire)
    }

    /// One page of a list.
    fn page<T: DeserializeOwned>(
        &self,
        kind: &str,
        mut all: Vec<Value>,
        extra: Value,
        asked: Option<PaginatedRequestParams>,
    ) -> T {
        if self.has_extra(kind) {
            all.push(extra);
        }
        let start = asked.and_then(|asked| asked.cursor).map_or(0, |at| at.parse().unwrap());
        let mut page = json!({ kind: all.iter().skip(start).take(PAGE).collect::<Vec<_>>() });
        if start + PAGE < all.len() {
            page["nextCursor"] = (start + PAGE).to_string().into();
        }
        self.result(page)
    }

    /// Serves on a free port of this machine, as HTTP: the endpoint.
    pub(super) async fn http(era: Era, name: &str) -> String {
        let server = Self::new(era, name);
        let sessions = Arc::new(LocalSessionManager::default());
        let service =
            StreamableHttpService::new(move || Ok(server.clone()), sessions, Default::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let service = service.clone();
                let answer = service_fn(move |request| {
                    let service = service.clone();
                    async move { Ok::<_, Infallible>(service.handle(request).await) }
                });
                let serving = hyper::server::conn::http1::Builder::new();
                tokio::spawn(serving.serve_connection(TokioIo::new(connection), answer));
            }
        });
        url
    }

    /// Serves lines on a free port of this machine, which `bridge.py` makes a program's: the port.
    pub(super) async fn lines(era: Era, name: &str) -> u16 {
        let server = Self::new(era, name);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move {
                    // A probe may end before it has begun.
                    if let Ok(running) = server.serve(connection).await {
                        drop(running.waiting().await);
                    }
                });
            }
        });
        port
    }
}

impl ServerHandler for Matrix {
    fn get_info(&self) -> ServerConfig {
        let capabilities = json!({"tools": {"listChanged": true}, "prompts": {"listChanged": true},
            "resources": {"listChanged": true, "subscribe": true}, "completions": {}, "logging": {}});
        ServerConfig::new(made(capabilities)).with_server_info(Implementation::new("matrix", "1"))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        let revision = if self.0.era == Era::Modern { MODERN } else { LEGACY };
        Cow::Owned(vec![made(revision.into())])
    }

    async fn list_tools(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let extra = json!({"name": "extra", "inputSchema": {"type": "object"}});
        Ok(self.page("tools", tools::all(), extra, asked))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.tool(call, context).await
    }

    async fn list_resources(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let entry = |name: &str| json!({"uri": self.uri(name), "name": name});
        let all = (0..8).map(|n| entry(&format!("r{n}"))).collect();
        Ok(self.page("resources", all, entry("extra"), asked))
    }

    async fn list_resource_templates(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let item = json!({"uriTemplate": self.uri("item/{id}"), "name": "item"});
        Ok(self.page("resourceTemplates", vec![item], Value::Null, asked))
    }

    async fn read_resource(
        &self,
        asked: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(tail) = asked.uri.strip_prefix(&self.uri("")) else {
            let code = if self.0.era == Era::Modern { -32602 } else { -32002 };
            let data = json!({"uri": asked.uri});
            return Err(ErrorData::new(ErrorCode(code), "no such resource", Some(data)));
        };
        let text = format!("content of {tail}");
        let result: ReadResourceResult = self.result(
            json!({"contents": [{"uri": asked.uri, "mimeType": "text/plain", "text": text}]}),
        );
        Ok(result.into())
    }

    async fn subscribe(
        &self,
        asked: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.subscribed.lock().unwrap().insert(asked.uri);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        asked: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.subscribed.lock().unwrap().remove(&asked.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let sink = context.sink().clone();
        let id = sink.id().clone();
        self.0.listening.lock().unwrap().push((id.clone(), sink));
        context.cancelled().await;
        self.0.listening.lock().unwrap().retain(|(other, _)| *other != id);
        Ok(())
    }

    async fn list_prompts(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let greet = json!({"name": "greet", "arguments": [{"name": "name", "required": true}]});
        let all = vec![greet, json!({"name": "plain"})];
        Ok(self.page("prompts", all, json!({"name": "extra"}), asked))
    }

    async fn get_prompt(
        &self,
        asked: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let name = asked.arguments.as_ref().and_then(|all| all.get("name"));
        let name = name.and_then(|name| json!(name).as_str().map(str::to_owned));
        let text = name.map_or(asked.name, |name| format!("hello, {name}"));
        let content = json!({"type": "text", "text": text});
        let result: GetPromptResult =
            self.result(json!({"messages": [{"role": "user", "content": content}]}));
        Ok(result.into())
    }

    async fn complete(
        &self,
        asked: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let asked = json!(asked);
        let known = if asked["ref"]["type"] == "ref/prompt" {
            ["Ada", "Alan", "Grace"]
        } else {
            ["1", "10", "2"]
        };
        let start = asked["argument"]["value"].as_str().unwrap_or_default();
        let values: Vec<_> = known.into_iter().filter(|value| value.starts_with(start)).collect();
        let found = json!({"values": values, "total": values.len(), "hasMore": false});
        Ok(self.result(json!({"completion": found})))
    }

    async fn set_level(
        &self,
        asked: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        *self.0.level.lock().unwrap() = asked.level;
        Ok(())
    }

    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {}
}

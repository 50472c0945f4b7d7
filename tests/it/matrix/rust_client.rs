//! The matrix's client on rmcp, within the test: it tries what `tests/peers/matrix_client.py` does.
#![allow(deprecated, reason = "what an era has is tested while it is there")]

mod features;

use std::time::Duration;

use rmcp::model::*;
use rmcp::serde::de::DeserializeOwned;
use rmcp::service::{
    ClientCacheConfig, NotificationContext, PeerRequestOptions, RequestContext, RequestHandle,
    RunningService, ServiceError,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{IntoTransport, StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::watch;

use super::cells::{Era, Line, Reach};
use crate::harness::http::{LEGACY, MODERN};

/// How long a feature may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a feature does not work.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A protocol type from what it is on the wire: most cannot be written as literals.
fn made<T: DeserializeOwned>(wire: Value) -> T {
    serde_json::from_value(wire).unwrap()
}

/// What a client declares and answers, and what it is told, in order: method and `params`.
struct Listener(watch::Sender<Vec<(&'static str, Value)>>);

impl Listener {
    async fn heard(&self, method: &'static str, params: Value) {
        self.0.send_modify(|news| news.push((method, params)));
    }
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let capabilities =
            json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}});
        ClientConfig::new(made(capabilities), Implementation::new("matrix", "1"))
    }

    async fn create_elicitation(
        &self,
        asked: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let asked = json!(asked);
        if asked["mode"] == "url" {
            let known = asked["url"] == "https://example.test/go";
            return Ok(made(json!({"action": if known { "accept" } else { "cancel" }})));
        }
        let names = asked["requestedSchema"]["properties"].as_object().into_iter().flatten();
        let content: JsonObject = names.map(|(name, _)| (name.clone(), "Ada".into())).collect();
        Ok(made(json!({"action": "accept", "content": content})))
    }

    async fn create_message(
        &self,
        asked: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let content = &json!(asked)["messages"][0]["content"];
        let text =
            content.get(0).unwrap_or(content)["text"].as_str().unwrap_or_default().to_owned();
        let text = format!("{} from the model", text.trim_start_matches("say "));
        let content = json!({"type": "text", "text": text});
        Ok(made(json!({"role": "assistant", "model": "none", "content": content})))
    }

    async fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        let roots = ["file:///matrix/one", "file:///matrix/two"];
        Ok(made(json!({"roots": roots.map(|uri| json!({"uri": uri, "name": uri}))})))
    }

    async fn on_progress(
        &self,
        told: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard("progress", json!(told)).await;
    }

    async fn on_logging_message(
        &self,
        told: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard("message", json!(told)).await;
    }

    async fn on_resource_updated(
        &self,
        told: ResourceUpdatedNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.heard("updated", json!(told)).await;
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard("tools", Value::Null).await;
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard("prompts", Value::Null).await;
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.heard("resources", Value::Null).await;
    }
}

/// One backend, as a client sees it.
struct Backend<'a> {
    client: &'a RunningService<RoleClient, Listener>,
    era: Era,
    name: &'a str,
    prefix: &'a str,
}

/// Tries every feature on each backend, by name and prefix.
pub(super) async fn run(era: Era, reach: &Reach, backends: &[(String, String)]) -> Vec<Line> {
    match reach {
        Reach::Stdio(words) => {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]).kill_on_drop(true);
            try_all(era, TokioChildProcess::new(command).unwrap(), backends).await
        }
        Reach::Http(url) => {
            crate::harness::http::ready();
            let transport = StreamableHttpClientTransport::from_uri(url.as_str());
            try_all(era, transport, backends).await
        }
        Reach::Unix(path) => {
            let http = crate::harness::http::builder().unix_socket(path.as_path()).build().unwrap();
            let config = StreamableHttpClientTransportConfig::with_uri("http://localhost/mcp");
            let transport = StreamableHttpClientTransport::with_client(http, config);
            try_all(era, transport, backends).await
        }
        Reach::Sse(_) => unreachable!("rmcp has no HTTP+SSE"),
    }
}

async fn try_all<T, E, A>(era: Era, transport: T, backends: &[(String, String)]) -> Vec<Line>
where
    T: IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let lifecycle = match era {
        Era::Legacy => ClientLifecycleMode::Initialize,
        Era::Modern => {
            ClientLifecycleMode::Discover { preferred_versions: vec![made(MODERN.into())] }
        }
    };
    let listener = Listener(watch::Sender::default());
    let client = listener.serve_with_lifecycle(transport, lifecycle).await.unwrap();
    let revision = if era == Era::Modern { MODERN } else { LEGACY };
    assert_eq!(json!(client.peer_info().unwrap().protocol_version), revision);
    client.set_response_cache_config(ClientCacheConfig::disabled()).await;
    let mut lines = Vec::new();
    for (name, prefix) in backends {
        let backend = Backend { client: &client, era, name, prefix };
        for feature in super::table::FEATURES {
            let outcome = tokio::time::timeout(PATIENCE, backend.attempt(feature)).await;
            let outcome = outcome.unwrap_or_else(|_| Err("nothing came in time".into()));
            let (ok, detail) = match outcome {
                Ok(detail) => (true, detail),
                Err(failure) => (false, failure.to_string()),
            };
            lines.push(Line { backend: name.clone(), feature: (*feature).to_owned(), ok, detail });
        }
    }
    client.cancel().await.unwrap();
    lines
}

impl Backend<'_> {
    fn uri(&self, tail: &str) -> String {
        format!("matrix://{}/{tail}", self.name)
    }

    fn request(&self, tool: &str, argument: Option<(&str, &str)>) -> CallToolRequestParams {
        let arguments = argument.map(|(key, value)| (key.to_owned(), value.into()));
        CallToolRequestParams::new(format!("{}{tool}", self.prefix))
            .with_arguments(arguments.into_iter().collect())
    }

    /// The text of a tool's answer.
    async fn said(&self, tool: &str, argument: Option<(&str, &str)>) -> Result<String, Failure> {
        let result = self.client.call_tool(self.request(tool, argument)).await?;
        text(&json!(result))
    }

    /// Starts a call that may be cancelled.
    async fn start(
        &self,
        tool: &str,
        argument: Option<(&str, &str)>,
        meta: Option<RequestMetaObject>,
    ) -> Result<RequestHandle<RoleClient>, ServiceError> {
        let request = CallToolRequest::new(self.request(tool, argument));
        let mut options = PeerRequestOptions::no_options();
        options.meta = meta;
        self.client.send_cancellable_request(ClientRequest::CallToolRequest(request), options).await
    }

    /// The names of all entries of this backend, and how many pages they came on.
    async fn pages(&self, kind: &str) -> Result<(Vec<String>, usize), Failure> {
        let (mut names, mut count, mut asked) = (Vec::new(), 0, None);
        loop {
            let page = match kind {
                "tools" => json!(self.client.list_tools(asked).await?),
                "prompts" => json!(self.client.list_prompts(asked).await?),
                "resources" => json!(self.client.list_resources(asked).await?),
                _ => json!(self.client.list_resource_templates(asked).await?),
            };
            count += 1;
            let (key, start) = match kind {
                "tools" | "prompts" => ("name", self.prefix.to_owned()),
                "resources" => ("uri", self.uri("")),
                _ => ("uriTemplate", self.uri("")),
            };
            let all = page[kind].as_array().into_iter().flatten();
            let all = all.filter_map(|entry| entry[key].as_str()?.strip_prefix(&start));
            names.extend(all.map(str::to_owned));
            let Some(cursor) = page["nextCursor"].as_str() else { return Ok((names, count)) };
            asked = Some(made(json!({ "cursor": cursor })));
        }
    }

    /// Waits until the news hold.
    async fn until(
        &self,
        holds: impl FnMut(&Vec<(&'static str, Value)>) -> bool,
    ) -> Result<Vec<(&'static str, Value)>, Failure> {
        let mut news = self.client.service().0.subscribe();
        Ok(news.wait_for(holds).await?.clone())
    }

    fn news(&self) -> Vec<(&'static str, Value)> {
        self.client.service().0.borrow().clone()
    }
}

/// The text of a result's first block.
fn text(result: &Value) -> Result<String, Failure> {
    let text = result["content"][0]["text"].as_str();
    Ok(text.ok_or_else(|| format!("no text in {result}"))?.to_owned())
}

/// What differs is why a feature does not work.
fn equal<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    found: T,
    expected: U,
) -> Result<(), Failure> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found:?} instead of {expected:?}").into())
    }
}

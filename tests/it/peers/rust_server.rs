//! The Rust SDK as a server behind mcpmux, in both eras, over standard input and output.

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    Implementation, JsonObject, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, ServiceExt};
use serde_json::json;

use super::home;
use crate::harness::http::Client;

/// A server with one tool, that speaks these revisions.
#[derive(Clone)]
struct Greeter(&'static [ProtocolVersion]);

impl ServerHandler for Greeter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("greeter", "1.0.0"))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(self.0)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let greet = Tool::new(
            "greet",
            "Greets",
            JsonObject::from_iter([("type".to_owned(), "object".into())]),
        );
        Ok(ListToolsResult::with_all_items(vec![greet]))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = call.arguments.unwrap_or_default();
        let Some(name) = arguments.get("name").and_then(|name| name.as_str()) else {
            return Err(ErrorData::invalid_params("whom?", None));
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(format!("hello, {name}"))]).into())
    }
}

/// Serves it for as long as the test runs: the command that reaches it.
async fn greeter(revisions: &'static [ProtocolVersion]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let running = Greeter(revisions).serve(connection).await.unwrap();
                running.waiting().await.unwrap();
            });
        }
    });
    format!(r#"command = ["{{python}}", "{{peers}}/bridge.py", "{port}"]"#)
}

#[tokio::test]
async fn the_rust_sdk_is_reached_in_the_era_it_speaks() {
    let modern = greeter(&[ProtocolVersion::V_2026_07_28]).await;
    let legacy = greeter(&[ProtocolVersion::V_2025_11_25]).await;
    let both = greeter(ProtocolVersion::KNOWN_VERSIONS).await;
    let home = home(&format!(
        "[backends.modern]\n{modern}\n[backends.legacy]\n{legacy}\n[backends.both]\n{both}\n"
    ));
    let served = home.serve().await;
    for line in [
        "modern  1 tool  (2026-07-28)",
        "legacy  1 tool  (2025-11-25)",
        "both    1 tool  (2026-07-28)",
    ] {
        assert!(served.log().contains(line), "{line} in {}", served.log());
    }
    for client in [Client::modern(&served.url), Client::legacy(&served.url).await] {
        assert_eq!(client.names().await, ["modern__greet", "legacy__greet", "both__greet"]);
        for backend in ["modern", "legacy", "both"] {
            let answer = client.call(&format!("{backend}__greet"), json!({"name": "you"})).await;
            assert_eq!(answer["result"]["content"][0]["text"], "hello, you", "{answer}");
            let answer = client.call(&format!("{backend}__greet"), json!({})).await;
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            assert_eq!(answer["error"]["message"], "whom?", "{answer}");
        }
    }
    assert_eq!(served.stop().await, 0);
}

//! The Rust SDK as a client, in both eras, over a child process and HTTP.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::RunningService;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};

use super::{THREE, check_names, home};
use crate::harness::Home;

/// Both eras.
fn lifecycles() -> [(ClientLifecycleMode, ProtocolVersion); 2] {
    let modern = ProtocolVersion::V_2026_07_28;
    [
        (ClientLifecycleMode::Initialize, ProtocolVersion::V_2025_11_25),
        (ClientLifecycleMode::Discover { preferred_versions: vec![modern.clone()] }, modern),
    ]
}

#[tokio::test]
async fn the_rust_sdk_lists_and_calls_over_http() {
    let home = home(THREE);
    let served = home.serve().await;
    for (lifecycle, revision) in lifecycles() {
        crate::harness::http::ready();
        let transport = StreamableHttpClientTransport::from_uri(served.url.as_str());
        check(().serve_with_lifecycle(transport, lifecycle).await.unwrap(), &home, &revision).await;
    }
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn the_rust_sdk_lists_and_calls_over_stdio() {
    let home = home(THREE);
    for (lifecycle, revision) in lifecycles() {
        let transport = TokioChildProcess::new(home.mcpmux(&["serve", "--stdio"])).unwrap();
        check(().serve_with_lifecycle(transport, lifecycle).await.unwrap(), &home, &revision).await;
    }
}

async fn check(client: RunningService<RoleClient, ()>, home: &Home, revision: &ProtocolVersion) {
    let server = client.peer_info().unwrap();
    assert_eq!(&server.protocol_version, revision);
    assert_eq!(server.server_info.as_ref().map(|info| info.name.as_str()), Some("mcpmux"));
    let tools = client.list_all_tools().await.unwrap();
    check_names(tools.iter().map(|tool| tool.name.as_ref()));
    let here = home.path().to_str().unwrap();
    for (tool, argument, expected) in [
        ("everything__echo", ("message", "here I am"), "Echo: here I am"),
        ("files__list_directory", ("path", here), "[FILE] mcpmux.toml"),
        ("memory__search_nodes", ("query", "x"), r#""entities": []"#),
    ] {
        let arguments = [(argument.0.to_owned(), argument.1.into())].into_iter().collect();
        let call = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = client.call_tool(call).await.unwrap();
        let text = &result.content[0].as_text().unwrap().text;
        assert!(text.contains(expected), "{expected} in {text}");
    }
    client.cancel().await.unwrap();
}

//! Modern requests over HTTP whose headers, `_meta` and body do not fit together.

use serde_json::{Value, json};

use super::{home, refused, serves};
use crate::harness::http::{Client, MODERN, Response};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Sends a good request with one thing changed.
async fn send(
    client: &Client,
    method: &str,
    change: impl FnOnce(&mut Value, &mut Vec<(&'static str, String)>),
) -> Response {
    let params = json!({"name": "ok__echo", "arguments": {}});
    let (body, mut headers) = client.request_parts(method, params);
    let mut body: Value = serde_json::from_str(&body).unwrap();
    change(&mut body, &mut headers);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.post(&body.to_string(), &headers).await
}

/// Sends a call with one header changed; without a value it is left out.
async fn with(client: &Client, header: &'static str, value: Option<&str>) -> Response {
    send(client, "tools/call", |_, headers| {
        headers.retain(|(name, _)| *name != header);
        headers.extend(value.map(|value| (header, value.to_owned())));
    })
    .await
}

#[tokio::test]
async fn headers_must_be_there_and_mirror_the_body() {
    let served = home().serve().await;
    let client = Client::modern(&served.url);
    for (header, wrong) in [
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-protocol-version", "2099-01-01"),
        ("mcp-method", "tools/list"),
        ("mcp-method", "TOOLS/CALL"),
        ("mcp-name", "ok__fail"),
        ("mcp-name", "=?base64?%%?="),
        ("mcp-name", "=?base64?b2tfX2ZhaWw=?="),
        ("mcp-name", "=?base64?b2tfX2VjaG8?="),
    ] {
        refused(&with(&client, header, Some(wrong)).await, 400, -32020);
        refused(&with(&client, header, None).await, 400, -32020);
        serves(&client).await;
    }
    let twice = send(&client, "tools/call", |_, headers| {
        headers.push(("mcp-name", "ok__fail".to_owned()));
    });
    refused(&twice.await, 400, -32020);
    for same in ["=?base64?b2tfX2VjaG8=?=", " ok__echo "] {
        let response = with(&client, "mcp-name", Some(same)).await;
        assert_eq!(response.message()["result"]["resultType"], "complete", "{same}: {response:?}");
    }
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_answered_with_those_that_are() {
    let served = home().serve().await;
    let client = Client::modern(&served.url);
    for version in ["2099-01-01", "2025-11-25", "soon"] {
        let response = send(&client, "tools/call", |body, headers| {
            body["params"]["_meta"][VERSION] = version.into();
            headers.retain(|(name, _)| *name != "mcp-protocol-version");
            headers.push(("mcp-protocol-version", version.to_owned()));
        });
        let response = response.await;
        refused(&response, 400, -32022);
        let message = response.message();
        assert_eq!(message["id"], 1, "{message}");
        assert_eq!(message["error"]["data"]["requested"], version, "{message}");
        let supported = message["error"]["data"]["supported"].as_array().unwrap();
        assert!(supported.contains(&MODERN.into()), "{message}");
        serves(&client).await;
    }
}

#[tokio::test]
async fn what_a_client_must_say_of_itself_must_be_there() {
    let served = home().serve().await;
    let client = Client::modern(&served.url);
    for key in [VERSION, CAPABILITIES] {
        let response = send(&client, "tools/call", |body, _| {
            body["params"]["_meta"].as_object_mut().unwrap().remove(key);
        });
        let response = response.await;
        refused(&response, 400, -32602);
        assert!(response.text.contains(key), "{response:?}");
        serves(&client).await;
    }
    let wrong = send(&client, "tools/call", |body, _| {
        body["params"]["_meta"][CAPABILITIES] = json!([]);
    });
    refused(&wrong.await, 400, -32602);
}

#[tokio::test]
async fn methods_of_the_other_era_and_of_none_are_not_found() {
    let served = home().serve().await;
    let client = Client::modern(&served.url);
    for method in ["tools/bogus", "ping", "initialize", "logging/setLevel"] {
        let response = client.request(method, json!({})).await;
        refused(&response, 404, -32601);
        assert_eq!(response.message()["id"], 1);
        serves(&client).await;
    }
    let legacy = Client::legacy(&served.url).await;
    for method in ["tools/bogus", "server/discover", "subscriptions/listen"] {
        let message = legacy.request(method, json!({})).await.message();
        assert_eq!(message["error"]["code"], -32601, "{message}");
    }
    serves(&legacy).await;
}

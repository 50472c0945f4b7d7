//! Wrong input over HTTP, of either era: who may come in at all, bodies, sessions, parameters, pages of other sites.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{both, home, refused, serves};
use crate::harness::http::Client;
use crate::harness::{Home, PATIENCE};

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

#[tokio::test]
async fn who_is_no_client_of_mcp_is_turned_away() {
    let served = home().serve().await;
    let client = Client::legacy(&served.url).await;
    for (header, value, status) in [
        ("host", "evil.test", 403),
        ("host", "127.0.0.1.evil.test", 403),
        ("origin", "https://evil.test", 403),
        ("origin", "null", 403),
        ("content-type", "text/plain", 415),
        ("content-type", "", 415),
        ("content-encoding", "gzip", 415),
        ("accept", "text/html", 406),
        ("mcp-protocol-version", "1999-01-01", 400),
        ("mcp-protocol-version", "latest", 400),
    ] {
        let response = client.post(LIST, &[(header, value)]).await;
        assert_eq!(response.status, status, "{header}: {value}: {response:?}");
        assert!(response.message()["error"]["message"].is_string(), "{response:?}");
        serves(&client).await;
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let served = home().serve().await;
    let address = served.url.trim_start_matches("http://").trim_end_matches("/mcp");
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let announced = format!("{head}content-length: 5000\r\n\r\n");
    let chunked =
        format!("{head}transfer-encoding: chunked\r\n\r\n7d0\r\n{}\r\n", " ".repeat(2000));
    for request in [announced, chunked] {
        // Neither body is sent to its end, so that an answer shows that nobody waits for it.
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer));
        read.await.expect("it waits for the body").unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413", "{request:?}");
        serves(&Client::modern(&served.url)).await;
    }
}

#[tokio::test]
async fn sessions_paths_and_methods_that_are_not_there() {
    let served = home().serve().await;
    let (http, client) = (crate::harness::http::client(), Client::legacy(&served.url).await);
    let unknown = client.post(LIST, &[("mcp-session-id", "0")]).await;
    refused(&unknown, 404, -32600);
    refused(&client.post(LIST, &[("mcp-session-id", "")]).await, 400, -32600);
    let other = Client::modern(&served.url.replace("/mcp", "/other"));
    refused(&other.post(LIST, &[]).await, 404, -32600);
    for (method, status) in [("GET", 405), ("DELETE", 405), ("PUT", 405)] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = http.request(method.clone(), &served.url);
        let request = request.header("accept", "text/event-stream");
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{method}");
    }
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = http.request(method.clone(), &served.url).header("mcp-session-id", "0");
        assert_eq!(request.send().await.unwrap().status().as_u16(), 404, "{method}");
    }
    let session = client.session().unwrap();
    let end = http.delete(&served.url).header("mcp-session-id", session).send().await.unwrap();
    assert_eq!(end.status().as_u16(), 204);
    refused(&client.post(LIST, &[]).await, 404, -32600);
    serves(&Client::legacy(&served.url).await).await;
}

#[tokio::test]
async fn bodies_that_are_no_message() {
    let served = home().serve().await;
    for client in both(&served).await {
        for (body, code) in [
            ("", -32700),
            ("{\"jsonrpc\":", -32700),
            ("\u{0}", -32700),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\ud800","arguments":{}}}"#,
                -32700,
            ),
            ("[]", -32600),
            (r#"["2.0",7,"tools/list"]"#, -32600),
            (&"[".repeat(600), -32600),
            (&format!("{{\"jsonrpc\":\"2.0\",\"x\":{}", "[".repeat(200)), -32600),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","id":2}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"ping"}"#, -32600),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
                -32602,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"a":1,"a":2}}}"#,
                -32602,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}"#, -32602),
        ] {
            refused(&client.post(body, &[]).await, 400, code);
            serves(&client).await;
        }
        let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "x"}).to_string();
        let body = body.replace("\"x\"", &format!("\"x\",\"params\":{deep}"));
        assert_eq!(client.post(&body, &[]).await.status, 400);
        serves(&client).await;
    }
}

#[tokio::test]
async fn parameters_that_name_what_is_not_there() {
    let served = home().serve().await;
    for client in both(&served).await {
        let unknown = client.call("x", json!({})).await;
        assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
        assert_eq!(unknown["error"]["message"], "Unknown tool: x");
        let native = client.call("echo", json!({})).await;
        assert_eq!(native["error"]["message"], "Unknown tool: echo");
        for cursor in [json!("nonsense"), json!(7), json!({})] {
            let bad = client.request("tools/list", json!({ "cursor": cursor })).await;
            refused(&bad, 200, -32602);
        }
        let nameless = client.request("tools/call", json!({"arguments": {}})).await;
        refused(&nameless, 200, -32602);
        serves(&client).await;
    }
}

#[tokio::test]
async fn the_session_that_idled_longest_makes_room_for_a_new_one() {
    let home = Home::new("[limits]\nsessions = 2\n");
    let served = home.serve().await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(Client::legacy(&served.url).await);
    }
    let mut statuses = Vec::new();
    for client in &clients {
        statuses.push(client.request("ping", json!({})).await.status);
    }
    assert_eq!(statuses, [404, 200, 200]);
}

#[tokio::test]
async fn a_page_of_this_machine_may_read_answers_and_no_other_page() {
    let served = home().serve().await;
    let http = crate::harness::http::client();
    for (origin, status, allowed) in [
        ("http://localhost:6274", 204, Some("http://localhost:6274")),
        ("https://evil.test", 403, None),
        ("null", 403, None),
    ] {
        let preflight = http.request(reqwest::Method::OPTIONS, &served.url);
        let preflight = preflight.header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "POST");
        let answer = preflight.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{origin}");
        let header = answer.headers().get("access-control-allow-origin");
        assert_eq!(header.map(|value| value.to_str().unwrap()), allowed, "{origin}");
    }
    let client = Client::legacy(&served.url).await;
    let answer = client.post(LIST, &[("origin", "http://127.0.0.1:1")]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "http://127.0.0.1:1");
    let plain = client.post(LIST, &[]).await;
    assert!(!plain.headers.contains_key("access-control-allow-origin"), "{plain:?}");
}

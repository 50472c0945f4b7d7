//! Every method of both eras, and the headers that modern ones need.

use serde_json::{Value, json};

use super::{home, text, tool};
use crate::harness::Home;
use crate::harness::http::{Client, Response};
use crate::harness::scripted::backend;

#[tokio::test]
async fn prompts_resources_and_completion_are_served_in_both_eras() {
    let home = home();
    let served = home.serve().await;
    for client in [Client::modern(&served.url), Client::legacy(&served.url).await] {
        let ask = async |method: &str, params: Value| {
            let mut headers = Vec::new();
            let (body, standard) = client.request_parts(method, params.clone());
            headers.extend(standard);
            headers.extend(params["uri"].as_str().map(|uri| ("mcp-name", uri.to_owned())));
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            client.post(&body, &headers).await.message()
        };
        for (method, key, count) in [
            ("tools/list", "tools", 6),
            ("prompts/list", "prompts", 1),
            ("resources/list", "resources", 2),
            ("resources/templates/list", "resourceTemplates", 1),
        ] {
            let listed = ask(method, json!({})).await;
            assert_eq!(listed["result"][key].as_array().unwrap().len(), count, "{listed}");
        }
        let prompt = ask("prompts/get", json!({"name": "c__greet", "arguments": {"a": "b"}})).await;
        assert_eq!(prompt["result"]["messages"][0]["content"]["text"], r#"{"a": "b"}"#, "{prompt}");
        for uri in ["test://one", "test://t/7"] {
            let read = ask("resources/read", json!({ "uri": uri })).await;
            assert_eq!(read["result"]["contents"][0]["uri"], uri, "{read}");
        }
        let params = json!({"ref": {"type": "ref/prompt", "name": "c__greet"}, "argument": {"name": "a", "value": "b"}});
        let completed = ask("completion/complete", params).await;
        let values = &completed["result"]["completion"]["values"][0];
        assert_eq!(values, r#"{"name": "greet", "type": "ref/prompt"}"#, "{completed}");
    }
}

#[tokio::test]
async fn what_no_backend_has_is_neither_offered_nor_served() {
    let home = Home::new(&backend("ok", "ok"));
    let served = home.serve().await;
    let (modern, legacy) = (Client::modern(&served.url), Client::legacy(&served.url).await);
    let offered = modern.request("server/discover", json!({})).await.message();
    assert_eq!(offered["result"]["capabilities"], json!({"tools": {"listChanged": true}}));
    for method in ["prompts/list", "resources/list", "resources/templates/list"] {
        assert_eq!(legacy.request(method, json!({})).await.message()["error"]["code"], -32601);
        let refused = modern.request(method, json!({})).await;
        assert_eq!((refused.status, &refused.message()["error"]["code"]), (404, &json!(-32601)));
    }
}

#[tokio::test]
async fn a_header_that_a_tool_wants_must_mirror_its_argument() {
    let home = home();
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let send = async |arguments: Value, region: Option<&str>| -> Response {
        let (body, mut headers) = client.request_parts("tools/call", tool("mark", arguments));
        headers.extend(region.map(|region| ("mcp-param-region", region.to_owned())));
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client.post(&body, &headers).await
    };
    let hello = json!({"region": "Hello"});
    for (arguments, region) in [
        (hello.clone(), Some("Hello")),
        (hello.clone(), Some("=?base64?SGVsbG8=?=")),
        (json!({"region": null}), None),
        (json!({}), None),
    ] {
        let good = send(arguments.clone(), region).await.message();
        assert_eq!(text(&good), arguments.to_string().replace(':', ": "), "{region:?}");
    }
    for region in [None, Some("hello"), Some("=?base64?SGVsbG8?="), Some("=?base64?SGVs!!!bG8=?=")]
    {
        let bad = send(hello.clone(), region).await;
        assert_eq!(
            (bad.status, &bad.message()["error"]["code"]),
            (400, &json!(-32020)),
            "{region:?}"
        );
    }
}

#[tokio::test]
async fn methods_that_name_a_task_or_a_uri_need_the_header_too() {
    let home = home();
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    for (method, params) in
        [("resources/read", json!({"uri": "test://one"})), ("tasks/get", json!({"taskId": "1"}))]
    {
        let bad = client.request(method, params).await;
        assert_eq!(
            (bad.status, &bad.message()["error"]["code"]),
            (400, &json!(-32020)),
            "{method}"
        );
    }
}

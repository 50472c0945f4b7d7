//! `subscriptions/listen`: what is acknowledged, what comes, and how it ends.

use serde_json::{Value, json};

use super::{home, tool, with};
use crate::harness::http::Client;
use crate::harness::lines::Process;

const ALL: [&str; 3] = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
const ID: &str = "io.modelcontextprotocol/subscriptionId";

fn filter(uris: &[&str]) -> Value {
    let mut filter = json!({"resourceSubscriptions": uris});
    ALL.iter().for_each(|kind| filter[kind] = true.into());
    json!({ "notifications": filter })
}

/// The next message of a stream.
async fn next(stream: &mut reqwest::Response, text: &mut String) -> Value {
    loop {
        if let Some((event, rest)) = text.split_once("\n\n") {
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            let message = data.map(|data| serde_json::from_str(data).unwrap());
            *text = rest.to_owned();
            if let Some(message) = message {
                return message;
            }
            continue;
        }
        let chunk = tokio::time::timeout(crate::harness::PATIENCE, stream.chunk()).await;
        let chunk = chunk.expect("nothing comes").unwrap().expect("the stream has ended");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}

#[tokio::test]
async fn a_client_hears_what_was_acknowledged_and_no_more() {
    let home = home();
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let params = filter(&["test://one", "test://t/9", "nowhere:x"]);
    let (mut stream, mut text) =
        (client.stream("subscriptions/listen", params).await, String::new());
    let acknowledged = next(&mut stream, &mut text).await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    let granted = filter(&["test://one", "test://t/9"])["notifications"].clone();
    assert_eq!(acknowledged["params"]["notifications"], granted, "{acknowledged}");
    for uri in ["test://two", "test://one", "test://t/9"] {
        client.call("c__update", json!({ "uri": uri })).await;
    }
    client.call("c__grow", json!({})).await;
    let mut heard = Vec::new();
    while heard.len() < 5 {
        let message = next(&mut stream, &mut text).await;
        assert_eq!(message["params"]["_meta"][ID], 1, "{message}");
        let method = message["method"].as_str().unwrap().to_owned();
        heard.push((method, message["params"]["uri"].as_str().unwrap_or_default().to_owned()));
    }
    heard.sort();
    let expected = [
        ("prompts/list_changed", ""),
        ("resources/list_changed", ""),
        ("resources/updated", "test://one"),
        ("resources/updated", "test://t/9"),
        ("tools/list_changed", ""),
    ];
    let expected =
        expected.map(|(method, uri)| (format!("notifications/{method}"), uri.to_owned()));
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn a_subscription_on_standard_input_ends_when_it_is_cancelled() {
    let home = home();
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let mut params = filter(&["test://one"]);
    params["_meta"] = Process::meta();
    let listen =
        json!({"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": params});
    process.write(&listen.to_string()).await;
    let acknowledged = process.read().await;
    assert_eq!(acknowledged["params"]["_meta"][ID], "s", "{acknowledged}");
    let mut update = tool("update", json!({"uri": "test://one"}));
    update["_meta"] = Process::meta();
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": update.clone()});
    process.write(&call.to_string()).await;
    let (first, second) = (process.read().await, process.read().await);
    let updated = if first["method"].is_string() { first } else { second };
    assert_eq!(updated["params"], json!({"uri": "test://one", "_meta": {ID: "s"}}), "{updated}");
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "s"}});
    process.write(&cancel.to_string()).await;
    // A request later, nothing precedes the answer any more.
    let discover = json!({"jsonrpc": "2.0", "id": 3, "method": "server/discover", "params": {"_meta": Process::meta()}});
    process.write(&discover.to_string()).await;
    assert_eq!(process.read().await["id"], 3);
    let call = json!({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": update});
    process.write(&call.to_string()).await;
    let answer = process.read().await;
    assert_eq!(answer["id"], 4, "{answer}");
    assert_eq!(process.close().await, 0);
}

#[tokio::test]
async fn subscriptions_have_a_bound_and_wrong_ones_are_refused() {
    let home = with("[limits]\nlistens = 1");
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    for wrong in
        [json!({}), json!({"notifications": []}), json!({"notifications": {"toolsListChanged": 1}})]
    {
        let refused = client.request("subscriptions/listen", wrong).await;
        assert_eq!((refused.status, &refused.message()["error"]["code"]), (400, &json!(-32602)));
    }
    let mut open = client.stream("subscriptions/listen", filter(&[])).await;
    next(&mut open, &mut String::new()).await;
    let refused = client.request("subscriptions/listen", filter(&[])).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.text.contains("limits.listens"), "{refused:?}");
}

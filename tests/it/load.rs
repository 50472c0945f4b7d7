//! Many calls at once: ids and progress tokens of different clients are the same, and nothing reaches another caller.

use serde_json::{Value, json};

use crate::harness::Home;
use crate::harness::http::{Client, LEGACY};
use crate::harness::lines::Process;
use crate::harness::scripted::backend;

/// Clients of each kind, and the calls that each has under way at once.
const OVER_HTTP: usize = 24;
const OVER_STDIO: usize = 2;
const CALLS: usize = 20;
/// How often progress is told of each call.
const STEPS: usize = 5;

/// The backend answers none of them before it has all of them, and tells the progress of all of them mixed.
#[tokio::test]
async fn a_thousand_calls_of_fifty_clients_get_their_own_progress_and_answers() {
    let home = Home::new(&format!("{}in_flight = 1000\n", backend("ok", "ok")));
    let served = home.serve().await;
    let mut callers = tokio::task::JoinSet::new();
    let of = 2 * OVER_HTTP * CALLS;
    for client in 0..OVER_HTTP {
        for (era, client_of_era) in
            [("legacy", Client::legacy(&served.url).await), ("modern", Client::modern(&served.url))]
        {
            for call in 0..CALLS {
                callers.spawn(over_http(
                    client_of_era.clone(),
                    format!("{era} {client}"),
                    call,
                    of,
                ));
            }
        }
    }
    for client in 0..OVER_STDIO {
        let process = Process::start(home.mcpmux(&["serve", "--stdio"]));
        callers.spawn(over_stdio(process, format!("stdio {client}")));
    }
    assert_eq!(2 * OVER_HTTP + OVER_STDIO, 50);
    assert_eq!((2 * OVER_HTTP + OVER_STDIO) * CALLS, 1000);
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(served.stop().await, 0);
}

/// What a client's call is known by, on its side: the same for every client.
fn id(call: usize) -> Value {
    if call.is_multiple_of(2) { json!(call) } else { json!(format!("call {call}")) }
}

fn token(call: usize) -> Value {
    if call.is_multiple_of(3) { json!(call.to_string()) } else { json!(call) }
}

fn params(who: &str, call: usize, of: usize) -> Value {
    json!({"name": "ok__progress", "_meta": {"progressToken": token(call)},
        "arguments": {"who": format!("{who} {call}"), "of": of, "steps": STEPS, "mixed": true}})
}

async fn over_http(client: Client, who: String, call: usize, of: usize) {
    let (body, headers) = client.request_parts("tools/call", params(&who, call, of));
    let mut body: Value = serde_json::from_str(&body).unwrap();
    body["id"] = id(call);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let response = client.post(&body.to_string(), &headers).await;
    assert_eq!(response.headers["content-type"], "text/event-stream", "{who} {call}: {response:?}");
    check(&response.messages(), &who, call);
}

/// Calls of both eras on one stream.
async fn over_stdio(mut process: Process, who: String) {
    let opened = process.initialize().await;
    assert_eq!(opened["result"]["protocolVersion"], LEGACY, "{opened}");
    for call in 0..CALLS {
        let mut params = params(&who, call, CALLS);
        if call.is_multiple_of(4) {
            for (key, value) in Process::meta().as_object().unwrap() {
                params["_meta"][key] = value.clone();
            }
        }
        let message =
            json!({"jsonrpc": "2.0", "id": id(call), "method": "tools/call", "params": params});
        process.write(&message.to_string()).await;
    }
    let mut heard = vec![Vec::new(); CALLS];
    for _ in 0..CALLS * (STEPS + 1) {
        let message = loop {
            let message = process.read().await;
            // A legacy client may hear at any time that a list has changed.
            if message["method"] != "notifications/tools/list_changed" {
                break message;
            }
        };
        let own = |call: &usize| {
            message["id"] == id(*call) || message["params"]["progressToken"] == token(*call)
        };
        let call = (0..CALLS).find(own).unwrap_or_else(|| panic!("of no call: {message}"));
        heard[call].push(message);
    }
    for (call, messages) in heard.iter().enumerate() {
        check(messages, &who, call);
    }
    assert_eq!(process.close().await, 0);
}

/// All progress of this call in order, then its answer, and nothing else.
#[track_caller]
fn check(messages: &[Value], who: &str, call: usize) {
    let who = format!("{who} {call}");
    let (answer, told) = messages.split_last().expect("nothing came");
    let told: Vec<&Value> = told.iter().map(|message| &message["params"]).collect();
    let step = |step: usize| json!({"progressToken": token(call), "progress": step, "total": STEPS, "message": who});
    let steps: Vec<Value> = (1..=STEPS).map(step).collect();
    assert!(told.iter().copied().eq(&steps), "{who}: {messages:?}");
    assert_eq!(answer["id"], id(call), "{who}: {answer}");
    assert_eq!(answer["result"]["content"][0]["text"], who, "{answer}");
}

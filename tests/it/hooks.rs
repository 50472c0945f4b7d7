//! Each hook of a plugin through the real binary, between a real server and clients of both eras, followed or only
//! recorded. A backend for each thing a plugin can do; all are the same server.

mod asking;
mod hostile;
mod lists;
mod swapping;

use serde_json::{Value, json};

use crate::harness::http::{Client, LEGACY, MODERN};
use crate::harness::scripted::until;
use crate::harness::{Home, PATIENCE, Served};
use crate::peers::server::Server;

/// What the plugin is told to do; the backend and the plugin are named after it.
const TOLD: [(&str, &str); 11] = [
    ("request-change", r#"request = "change", mark = "by request""#),
    ("request-answer", r#"request = "answer""#),
    ("request-refuse", r#"request = "refuse""#),
    ("request-reroute", r#"request = "reroute""#),
    ("authorize-deny", r#"authorize = "deny""#),
    ("authorize-oblige", r#"authorize = "oblige""#),
    ("authorize-ask", r#"authorize = "ask""#),
    ("response-change", r#"response = "change", mark = "by response""#),
    ("response-withhold", r#"response = "withhold""#),
    ("notify-change", r#"notify = "change", mark = "by notify""#),
    ("notify-drop", r#"notify = "drop""#),
];

/// A plugin of this name that does what it is told.
fn plugin(name: &str, config: &str) -> String {
    let file = "path = \"{guests}/policy.wasm\"\ngrant = [\"kv\"]";
    format!("[[plugins]]\nname = \"{name}\"\n{file}\nconfig = {{ {config} }}\n")
}

/// A backend of this name at this server, and a plugin of its own that does what it is told.
fn told(url: &str, name: &str, config: &str, more: &str) -> String {
    let own = plugin(&format!("p-{name}"), config);
    let matching = format!("match = {{ backends = [\"{name}\"] }}");
    format!("[backends.{name}]\nurl = \"{url}\"\n{own}{matching}\n{more}\n")
}

/// Serves all of [`TOLD`], each plugin once followed and once only asked.
async fn served() -> (Server, Served) {
    let server = Server::python().await;
    let mut config = format!("[backends.plain]\nurl = \"{}\"\n", server.url);
    for (name, to_do) in TOLD {
        config += &told(&server.url, name, to_do, "");
        config += &told(&server.url, &format!("{name}-shadow"), to_do, "mode = \"shadow\"");
    }
    config += &told(&server.url, "observed", "observe = true", "");
    let served = Home::new(&config).serve().await;
    (server, served)
}

/// What the server saw of a call's arguments.
async fn seen(client: &Client, backend: &str) -> Value {
    let answer = client.call(&format!("{backend}__seen"), json!({"n": 1})).await;
    let seen = &answer["result"]["structuredContent"]["arguments"];
    assert!(seen.is_object(), "{backend}: {answer}");
    seen.clone()
}

/// The answer of `seen`, a result as the server gave it.
async fn untouched(client: &Client, backend: &str) {
    let answer = client.call(&format!("{backend}__seen"), json!({"n": 1})).await;
    let result = &answer["result"];
    assert_eq!(result["structuredContent"]["arguments"], json!({"n": 1}), "{backend}: {answer}");
    assert_eq!(result["_meta"]["example.test/kept"], 1, "{backend}: {answer}");
    assert_eq!(result["_meta"]["mark"], Value::Null, "{backend}: {answer}");
}

/// The error of a call that a plugin ended.
async fn refused(client: &Client, backend: &str, message: &str, outcome: &str) {
    let answer = client.call(&format!("{backend}__seen"), json!({"n": 1})).await;
    let error = &answer["error"];
    assert_eq!(error["code"], 1006, "{backend}: {answer}");
    assert!(error["message"].as_str().unwrap().contains(message), "{backend}: {answer}");
    assert_eq!(error["data"]["outcome"], outcome, "{backend}: {answer}");
    assert_eq!(error["data"]["code"], "test.no", "{backend}: {answer}");
}

/// The `params` of the progress that comes before the answer of `count`.
async fn progress(client: &Client, backend: &str) -> Vec<Value> {
    let params = json!({"name": format!("{backend}__count"), "_meta": {"progressToken": "t"}});
    let response = client.request("tools/call", params).await;
    // An answer that nothing precedes comes without a stream.
    let mut messages = response.messages();
    if messages.is_empty() {
        messages.push(response.message());
    }
    let (answer, before) = messages.split_last().unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "counted", "{backend}: {answer}");
    before.iter().map(|message| message["params"].clone()).collect()
}

async fn requests(client: &Client) {
    assert_eq!(seen(client, "request-change").await, json!({"n": 1, "mark": "by request"}));
    let answer = client.call("request-answer__seen", json!({})).await;
    let text = &answer["result"]["content"][0]["text"];
    assert_eq!(text, "answered request-answer__seen", "{answer}");
    refused(client, "request-refuse", "refused by request", "not_delivered").await;
    let answer = client.call("request-reroute__fail", json!({})).await;
    assert_eq!(answer["result"]["structuredContent"]["arguments"], json!({"rerouted": true}));
}

async fn verdicts(client: &Client) {
    refused(client, "authorize-deny", "denied by authorize", "not_delivered").await;
    let answer = client.call("authorize-oblige__seen", json!({})).await;
    let content = &answer["result"]["content"][0];
    assert_eq!(content["type"], "text", "{answer}");
    assert_eq!(content["text"], Value::Null, "what was to be taken out is there: {answer}");
    // The clients of these tests cannot ask anybody.
    let answer = client.call("authorize-ask__seen", json!({})).await;
    assert_eq!(answer["error"]["code"], 1006, "{answer}");
}

async fn responses(client: &Client) {
    let answer = client.call("response-change__seen", json!({})).await;
    let meta = &answer["result"]["_meta"];
    assert_eq!(meta["mark"], "by response", "{answer}");
    assert_eq!(meta["example.test/kept"], 1, "{answer}");
    let answer = client.call("response-change__fail", json!({"how": "protocol"})).await;
    assert_eq!(answer["error"]["message"], "by response", "{answer}");
    assert_eq!(answer["error"]["code"], -31234, "{answer}");
    refused(client, "response-withhold", "withheld by response", "delivered").await;
}

async fn notifications(client: &Client) {
    let changed = progress(client, "notify-change").await;
    assert_eq!(changed.len(), 3, "{changed:?}");
    assert!(changed.iter().all(|params| params["mark"] == "by notify"), "{changed:?}");
    assert!(changed.iter().all(|params| params["progressToken"] == "t"), "{changed:?}");
    assert_eq!(progress(client, "notify-drop").await, [] as [Value; 0]);
}

/// Only asked, no plugin changes anything.
async fn shadows(client: &Client) {
    for (name, _) in TOLD {
        let backend = format!("{name}-shadow");
        untouched(client, &backend).await;
        let told = progress(client, &backend).await;
        assert_eq!(told.len(), 3, "{backend}: {told:?}");
        assert!(told.iter().all(|params| params["mark"] == Value::Null), "{backend}: {told:?}");
    }
    untouched(client, "plain").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_plugins_decide_is_followed_or_only_recorded_in_both_eras() {
    let (_server, served) = served().await;
    let clients =
        [(LEGACY, Client::legacy(&served.url).await), (MODERN, Client::modern(&served.url))];
    for (era, client) in &clients {
        eprintln_of_a_failure(era);
        requests(client).await;
        verdicts(client).await;
        responses(client).await;
        notifications(client).await;
        shadows(client).await;
        client.call("observed__seen", json!({})).await;
        client.call("observed__fail", json!({"how": "tool"})).await;
        client.call("observed__fail", json!({"how": "protocol"})).await;
    }
    let observed = |text: &str| served.log().matches(text).count() == clients.len();
    for outcome in ["observed seen: success", "observed fail: tool_error", "observed fail: error"] {
        assert!(until(|| observed(outcome)).await, "{outcome} is not in\n{}", served.log());
    }
    // What was only recorded can be read, with who said it and how long it took.
    for plugin in ["p-request-refuse-shadow", "p-authorize-deny-shadow"] {
        let log = served.log();
        let line = log.lines().find(|line| line.contains(plugin) && line.contains("shadow"));
        assert!(line.is_some(), "nothing is said of {plugin}");
    }
    assert_eq!(served.stop().await, 0);
}

/// Shown only with a failure: which client it was.
#[allow(clippy::print_stderr, reason = "tests show it when they fail")]
fn eprintln_of_a_failure(era: &str) {
    eprintln!("a client of {era}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_cannot_say_refuses_unless_it_may_be_passed_over() {
    let server = Server::python().await;
    let mut config = String::new();
    for hook in ["request", "authorize", "response"] {
        for how in ["error", "trap", "loop", "bomb"] {
            let name = format!("{hook}-{how}");
            config += &told(&server.url, &name, &format!("{hook} = \"{how}\""), "");
        }
    }
    for hook in ["request", "response", "notify"] {
        let name = format!("{hook}-open");
        config += &told(&server.url, &name, &format!("{hook} = \"error\""), "on_error = \"open\"");
    }
    let served = Home::new(&config).serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        for hook in ["request", "authorize", "response"] {
            for how in ["error", "trap", "loop", "bomb"] {
                let answer = client.call(&format!("{hook}-{how}__seen"), json!({})).await;
                assert_eq!(answer["error"]["code"], 1006, "{hook} {how}: {answer}");
                assert_eq!(answer["error"]["data"]["code"], "plugin.failed", "{answer}");
            }
        }
        for hook in ["request", "response"] {
            untouched(&client, &format!("{hook}-open")).await;
        }
        assert_eq!(progress(&client, "notify-open").await.len(), 3);
    }
    assert_eq!(served.stop().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_refusal_ends_a_call_and_later_plugins_are_not_asked() {
    let server = Server::python().await;
    let config = [
        format!("[backends.srv]\nurl = \"{}\"\n", server.url),
        plugin("first", r#"request = "change", mark = "first""#),
        plugin("second", r#"request = "change", mark = "second", authorize = "seen""#),
        plugin("third", r#"authorize = "trap""#),
    ];
    let served = Home::new(&config.concat()).serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        let answer = client.call("srv__seen", json!({"n": 1})).await;
        let error = &answer["error"];
        assert_eq!(error["data"]["code"], "test.no", "{answer}");
        let judged: Value = serde_json::from_str(denied(error)).unwrap();
        assert_eq!(judged, json!({"n": 1, "mark": "second"}), "not the final bytes: {answer}");
    }
    assert_eq!(served.stop().await, 0);
}

/// The JSON within the message of an error.
fn denied(error: &Value) -> &str {
    let message = error["message"].as_str().unwrap();
    &message[message.find('{').unwrap()..]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_is_shown_what_a_plugin_says_and_it_is_asked_again_when_that_is_refused() {
    // The plugin's tokens count up each time that it is asked.
    let (shown, locked) =
        tokio::join!(Server::bearer(&["t-2", "t-3", "t-9"]), Server::bearer(&["none"]));
    let backend = |name: &str, server: &Server, plugin: &str| {
        let auth = format!("auth = {{ type = \"plugin\", plugin = \"{plugin}\" }}");
        format!("[backends.{name}]\nurl = \"{}\"\n{auth}\n", server.url)
    };
    let config = [
        backend("shown", &shown, "tokens"),
        backend("locked", &locked, "person"),
        plugin("tokens", r#"token = "t""#),
        plugin("person", r#"token = "?""#),
    ];
    let served = Home::new(&config.concat()).serve().await;
    served.said("log in to locked").await;
    let legacy = Client::legacy(&served.url).await;
    let modern = Client::modern(&served.url);
    // The first token was refused at the start; the second is until it is used up, and the third comes in its place.
    let answer = legacy.call("shown__echo", json!({"rotate": true})).await;
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"rotate": true}"#, "{answer}");
    // A plugin is not asked again at once.
    let mut answer = json!(null);
    let renewed = async {
        while answer["result"].is_null() {
            answer = modern.call("shown__echo", json!({"n": 1})).await;
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.expect("it is never renewed");
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"n": 1}"#, "{answer}");
    // One that is refused again is not shown for ever.
    modern.call("shown__echo", json!({"rotate": true})).await;
    let answer = modern.call("shown__echo", json!({"n": 2})).await;
    assert_eq!(answer["error"]["code"], 1008, "{answer}");
    assert_eq!(served.stop().await, 0);
}

//! Policy is swapped while clients call: rules and the plugin's file change, and no call fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::harness::http::Client;
use crate::harness::news::News;
use crate::harness::scripted::{backend, until};
use crate::harness::{Home, Served, paths};

/// Clients that call at the same time, half of them by a name that never changes.
const CLIENTS: usize = 16;

/// The configuration with a `policy.wasm` of the test's own, and this as the plugin's configuration.
fn config(policy: &str) -> String {
    let only = "only = [\"echo\"]\n";
    let backends = format!("{}{only}{}{only}", backend("fixed", "ok"), backend("moving", "ok"));
    let plugin = "[[plugins]]\nname = \"policy\"\npath = \"policy.wasm\"\n[plugins.config]\n";
    format!("{backends}{plugin}{policy}\n")
}

/// A rule of `rename`.
fn rule(to: &str) -> String {
    config(&format!("rules = [{{ backend = \"moving\", exact = \"echo\", to = \"{to}\" }}]"))
}

/// Puts another file in the plugin's place, at once.
fn place(home: &Home, component: &[u8]) {
    let next = home.path().join("policy.next");
    std::fs::write(&next, component).unwrap();
    std::fs::rename(next, home.path().join("policy.wasm")).unwrap();
}

/// The same component with other bytes: a custom section more.
fn another(component: &[u8]) -> Vec<u8> {
    [component, b"\0\x05\x04note"].concat()
}

/// Calls until it is told to end, and says how often it did. Any other answer than its own ends the test.
async fn call(client: Client, number: usize, end: Arc<AtomicBool>) -> usize {
    let (mut calls, fixed) = (0, number.is_multiple_of(2));
    while !end.load(Ordering::Relaxed) {
        let arguments = json!({"n": number * 1_000_000 + calls});
        let expected = format!("{{\"n\": {}}}", number * 1_000_000 + calls);
        let mut answer = json!(null);
        for _ in 0..3 {
            let name = if fixed { "fixed__echo".to_owned() } else { moving(&client).await };
            answer = client.call(&name, arguments.clone()).await;
            // Between list and call the name may have gone; then the list says which it has now.
            if fixed || answer["error"]["code"] != -32602 {
                break;
            }
        }
        assert_eq!(answer["result"]["content"][0]["text"], expected, "{answer}");
        calls += 1;
    }
    calls
}

/// What the tool of `moving` is called now.
async fn moving(client: &Client) -> String {
    let names = client.names().await;
    assert_eq!(names.len(), 2, "{names:?}");
    names.into_iter().find(|name| name.starts_with("moving__")).unwrap()
}

/// The files that were loaded so far.
fn loaded(served: &Served) -> Vec<String> {
    let log = served.log();
    let sums = log.lines().filter_map(|line| line.split_once("sha256="));
    sums.map(|(_, rest)| rest.split_whitespace().next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_rules_and_plugin_are_swapped() {
    let rename = std::fs::read(paths::plugin("rename.wasm")).unwrap();
    let hostile = std::fs::read(paths::guests().join("hostile.wasm")).unwrap();
    let home = Home::new(&rule("v0"));
    place(&home, &rename);
    let served = home.serve().await;
    let clients = [Client::legacy(&served.url).await, Client::modern(&served.url)];
    let end = Arc::new(AtomicBool::new(false));
    let start = |number: usize| call(clients[number / 2 % 2].clone(), number, Arc::clone(&end));
    let load: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(start(number))).collect();
    let mut news =
        [News::of(&clients[0], &served.url).await, News::of(&clients[1], &served.url).await];

    for round in 1..4 {
        let (to, exposed) = (format!("v{round}"), format!("moving__v{round}"));
        if round == 2 {
            place(&home, &another(&rename));
        }
        home.write("mcpmux.toml", &rule(&to));
        for news in &mut news {
            news.until(&["fixed__echo", &exposed]).await;
        }
    }
    let sums = loaded(&served);
    assert_ne!(sums.first(), sums.last(), "the new file was not loaded");

    // The file alone, with the same rules: nobody has to hear of it, but it is taken up.
    place(&home, &rename);
    assert!(until(|| loaded(&served).last() == sums.first()).await, "{}", served.log());

    // Another plugin in its place.
    place(&home, &hostile);
    home.write("mcpmux.toml", &config("mode = \"tame\""));
    for news in &mut news {
        news.until(&["fixed__echo", "moving__echo"]).await;
    }
    assert_eq!(clients[1].tools().await[0]["title"], "tame");

    // A broken one: the one that works stays, and that is said.
    place(&home, &rename[..rename.len() / 2]);
    served
        .said("the change is not applied, the old plugins stay: [[plugins]] name = \"policy\"")
        .await;
    served.said("it is no valid component").await;
    assert_eq!(clients[1].tools().await[0]["title"], "tame");
    place(&home, &rename);
    home.write("mcpmux.toml", &rule("last"));
    for news in &mut news {
        news.until(&["fixed__echo", "moving__last"]).await;
    }

    end.store(true, Ordering::Relaxed);
    for (number, task) in load.into_iter().enumerate() {
        let calls = task.await.unwrap();
        assert!(calls > 10, "client {number} made {calls} calls");
    }
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn a_plugin_that_loses_its_grant_or_its_rules_stays_as_it_was() {
    let home = Home::new(&rule("v0"));
    place(&home, &std::fs::read(paths::plugin("rename.wasm")).unwrap());
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    for (edit, said) in [
        (config("rules = [{ exact = \"echo\" }]"), "config: rules[0]"),
        (rule("v1").replace("policy.wasm", "{guests}/clockwatch.wasm"), "grant: it needs `clock`"),
    ] {
        home.write("mcpmux.toml", &edit);
        served.said(said).await;
        assert_eq!(client.names().await, ["fixed__echo", "moving__v0"]);
        assert!(client.call("moving__v0", json!({})).await["result"].is_object());
    }
    std::fs::remove_file(home.path().join("policy.wasm")).unwrap();
    assert_eq!(client.names().await, ["fixed__echo", "moving__v0"]);
}

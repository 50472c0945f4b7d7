//! Backends that fail: the others are served, the failing ones are tried again, and each call ends one way.

mod calls;

use std::time::{Duration, Instant};

use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::news::News;
use crate::harness::scripted::{backend, until};

const TOOLS: [&str; 5] = ["die", "echo", "fail", "hold", "progress"];

fn named(backends: &[&str]) -> Vec<String> {
    let all = |backend: &&str| TOOLS.map(|tool| format!("{backend}__{tool}"));
    backends.iter().flat_map(all).collect()
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_list_does_not_wait_for_a_backend_that_hangs() {
    let home = Home::new(&format!(
        "{}{}[limits]\nlist_wait = \"1s\"\n",
        backend("hang", "hang {here}/gate"),
        backend("ok", "ok")
    ));
    let served = home.serve_at_once().await;
    let client = Client::modern(&served.url);
    let start = Instant::now();
    let first = client.request("tools/list", serde_json::json!({})).await.message();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(first["result"]["ttlMs"], 0, "a list that may grow is not to be kept: {first}");
    served.said("backend is ready backend=ok").await;
    assert!(until_named(&client, &named(&["ok"])).await);
}

async fn until_named(client: &Client, expected: &[String]) -> bool {
    let deadline = Instant::now() + crate::harness::PATIENCE;
    while Instant::now() < deadline {
        if client.names().await == expected {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn backends_that_exit_or_hang_appear_when_they_come_up() {
    let home = Home::new(&format!(
        "[limits]\nlist_wait = \"100ms\"\n{}{}init_timeout = \"1s\"\n{}{}",
        backend("exit", "exit {here}/exit"),
        backend("hang", "hang {here}/hang"),
        backend("late", "late {here}/late"),
        backend("garbage", "garbage"),
    ));
    let served = home.serve_at_once().await;
    let clients = [Client::legacy(&served.url).await, Client::modern(&served.url)];
    let mut news = Vec::new();
    for client in &clients {
        news.push(News::of(client, &served.url).await);
    }
    served.said("backend is ready backend=garbage").await;
    served.said("backend is down backend=exit").await;
    let log = served.said("set TOKEN and try again").await;
    assert!(!log.contains("backend is ready backend=exit"), "{log}");
    assert!(until_named(&clients[0], &named(&["garbage"])).await);
    for (gate, there) in
        [("exit", &["exit", "garbage"][..]), ("late", &["exit", "late", "garbage"])]
    {
        home.write(gate, "");
        for news in &mut news {
            news.until(&texts(&named(there))).await;
        }
    }
    served.said("backend is down backend=hang").await;
    assert!(served.log().contains("it did not answer the handshake within 1s"), "{}", served.log());
    home.write("hang", "");
    for news in &mut news {
        news.until(&texts(&named(&["exit", "hang", "late", "garbage"]))).await;
    }
    for name in ["exit", "hang", "late", "garbage"] {
        let answer = clients[1].call(&format!("{name}__echo"), serde_json::json!({})).await;
        assert_eq!(answer["result"]["content"][0]["text"], "{}", "{name}: {answer}");
    }
}

#[tokio::test]
async fn an_odd_tool_spoils_nothing_and_definitions_stay_as_they_are() {
    let odd = [
        r#"{"name":"plain","description":"\u00e9 \/ é","inputSchema":{ "type" : "object", "n":1.50, "big":12345678901234567890123},"vendor/x":[ 1,null ]}"#,
        r#"{"annotations":{"readOnlyHint":"yes","title":7,"x":{}},"name":"hints","inputSchema":{}}"#,
        r#"{"title":"it has no name","inputSchema":{}}"#,
        "17",
        r#"{"_meta":{"a":[]},"name":"types","inputSchema":"none","outputSchema":true,"icons":0,"title":null}"#,
        r#"{"name":"with space","inputSchema":{}}"#,
        r#"{"name":"last","inputSchema":{"type":"object"}}"#,
    ];
    let home = Home::new(&format!("{}{}", backend("odd", "odd {here}/tools"), backend("ok", "ok")));
    home.write("tools", &odd.join("\n"));
    let served = home.serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        let names = client.names().await;
        let four = ["odd__hints", "odd__last", "odd__plain", "odd__types"];
        assert_eq!(names[..4], four);
        assert_eq!(names[4..], named(&["ok"]));
        let text = client.request("tools/list", serde_json::json!({})).await.text;
        for name in ["plain", "hints", "types", "last"] {
            let native = format!(r#""name":"{name}""#);
            let written = odd.iter().find(|tool| tool.contains(&native)).unwrap();
            let expected = written.replace(&native, &format!(r#""name":"odd__{name}""#));
            assert!(text.contains(&expected), "{expected} is not in {text}");
        }
    }
    let said = served.log();
    for part in [
        "a tool of `odd` is left out: it has no `name`",
        "the tool `with space` of `odd` is left out",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[tokio::test]
async fn the_tools_of_a_backend_that_died_stay_while_it_is_restarted() {
    let home = Home::new(&backend("ok", "ok"));
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let before = client.names().await;
    client.call("ok__die", serde_json::json!({})).await;
    served.said("backend is down backend=ok").await;
    assert_eq!(client.names().await, before);
    assert!(until(|| served.log().matches("backend is ready backend=ok").count() > 1).await);
    assert_eq!(client.names().await, before);
}

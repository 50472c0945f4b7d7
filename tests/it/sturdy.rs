//! Backends as they are found: each oddity costs its own entry or message, and nothing beside it.

use serde_json::{Value, json};

use crate::harness::http::{Client, LEGACY};
use crate::harness::peer::{Heard, Over, Peer};
use crate::harness::{Home, PATIENCE, Served};

fn tool(name: &str) -> String {
    format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#)
}

/// A peer with these answers to `tools/list`, behind a mcpmux that is served.
async fn served(tools: &[String]) -> (Peer, Home, Served) {
    let tools = format!(r#"{{"tools":[{}]}}"#, tools.join(","));
    let peer = Peer::new("p", LEGACY, Over::Lines, &[("tools/list", &tools)]).await;
    let home = Home::new(&peer.section);
    let served = home.serve().await;
    (peer, home, served)
}

/// Calls the tool `ok`, and answers as told: what the client gets.
async fn call(peer: &mut Peer, served: &Served, answer: impl FnOnce(&Heard)) -> Value {
    let client = Client::modern(&served.url);
    let params = json!({"name": "p__ok", "_meta": {"progressToken": "mine"}});
    let calling = tokio::spawn(async move { client.request("tools/call", params).await });
    answer(&tokio::time::timeout(PATIENCE, peer.next()).await.expect("no call came"));
    let response = tokio::time::timeout(PATIENCE, calling).await.expect("no answer came");
    response.unwrap().message()
}

/// A call is answered as if nothing had happened.
async fn works(peer: &mut Peer, served: &Served) {
    let answer = call(peer, served, |heard| heard.answer(r#"{"content":[],"n":1}"#)).await;
    assert_eq!(answer["result"]["n"], 1, "{answer}");
}

#[tokio::test]
async fn a_name_listed_twice_is_listed_once_and_called() {
    let second = r#"{"name":"ok","description":"the second","inputSchema":{}}"#.to_owned();
    let (mut peer, _home, served) = served(&[tool("ok"), second, tool("last")]).await;
    let tools = Client::modern(&served.url).tools().await;
    let names: Vec<&Value> = tools.iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["p__last", "p__ok"]);
    assert!(tools.iter().all(|tool| tool["description"].is_null()), "{tools:?}");
    assert!(served.log().contains("`p` lists the tool `ok` twice"), "{}", served.log());
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn a_name_over_the_limit_is_left_out_and_one_at_the_limit_is_not() {
    let [at, over] = [128, 129].map(|length| "x".repeat(length - "p__".len()));
    let (mut peer, _home, served) = served(&[tool(&over), tool(&at), tool("ok")]).await;
    let names = Client::modern(&served.url).names().await;
    assert_eq!(names, ["p__ok".to_owned(), format!("p__{at}")]);
    assert!(served.log().contains("is left out: "), "{}", served.log());
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn pages_that_go_in_circles_end_and_what_they_held_is_served() {
    let page = format!(r#"{{"tools":[{},{}],"nextCursor":"again"}}"#, tool("ok"), tool("last"));
    let mut peer = Peer::new("p", LEGACY, Over::Lines, &[("tools/list", &page)]).await;
    let home = Home::new(&peer.section);
    let served = home.serve().await;
    assert_eq!(Client::modern(&served.url).names().await, ["p__last", "p__ok"]);
    assert!(served.log().contains("goes in circles"), "{}", served.log());
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn cursors_that_are_no_strings_are_given_back_as_they_came() {
    let mut peer = Peer::new("p", LEGACY, Over::Lines, &[]).await;
    let home = Home::new(&peer.section);
    let serving = tokio::spawn(async move { (home.serve().await, home) });
    let first = peer.next().await;
    first.answer(&format!(r#"{{"tools":[{}],"nextCursor":{{"page":1.0}}}}"#, tool("ok")));
    let second = peer.next().await;
    assert_eq!(second.part("params.cursor"), r#"{"page":1.0}"#, "{}", second.text);
    second.answer(&format!(r#"{{"tools":[{}],"nextCursor":null}}"#, tool("last")));
    let (served, _home) = serving.await.unwrap();
    assert_eq!(Client::modern(&served.url).names().await, ["p__last", "p__ok"]);
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn answers_to_nothing_and_progress_of_nothing_change_nothing() {
    let (mut peer, _home, served) = served(&[tool("ok")]).await;
    for noise in [
        r#"{"jsonrpc":"2.0","id":null,"result":{"content":[]}}"#,
        r#"{"jsonrpc":"2.0","id":999999,"result":{"content":[]}}"#,
        r#"{"jsonrpc":"2.0","id":"never","result":{"content":[]}}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"result":{"content":[]}}"#,
        r#"{"jsonrpc":"2.0","id":{},"result":{"content":[]}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":999999,"progress":1}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/vendor/unknown","params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":999999}}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
    ] {
        let answer = call(&mut peer, &served, |heard| {
            heard.say(noise);
            heard.answer(r#"{"content":[],"n":2}"#);
        });
        let answer = answer.await;
        assert_eq!(answer["result"]["n"], 2, "after {noise}: {answer}");
    }
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn an_id_that_comes_back_as_a_string_is_still_the_id() {
    let (mut peer, _home, served) = served(&[tool("ok")]).await;
    let answer = call(&mut peer, &served, |heard| {
        heard.say(r#"{"jsonrpc":"2.0","id":"$id","result":{"content":[],"n":3}}"#);
    });
    let answer = answer.await;
    assert_eq!(answer["result"]["n"], 3, "{answer}");
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn a_second_answer_and_progress_after_the_answer_go_to_nobody() {
    let (mut peer, _home, served) = served(&[tool("ok")]).await;
    let answer = call(&mut peer, &served, |heard| {
        heard.answer(r#"{"content":[],"n":4}"#);
        heard.say(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":1}}"#);
        heard.answer(r#"{"content":[],"n":5}"#);
    });
    let answer = answer.await;
    assert_eq!(answer["result"]["n"], 4, "{answer}");
    works(&mut peer, &served).await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_nobodys() {
    let tools = format!(r#"{{"tools":[{}]}}"#, tool("ok"));
    let mut peer = Peer::new("p", LEGACY, Over::Lines, &[("tools/list", &tools)]).await;
    let home = Home::new(&format!("{}call_timeout = \"300ms\"\n", peer.section));
    let served = home.serve().await;
    let mut late = None;
    let answer = call(&mut peer, &served, |heard| late = Some(heard.clone())).await;
    assert_eq!(answer["error"]["code"], 1003, "{answer}");
    let cancelled = peer.next().await;
    let late = late.unwrap();
    assert_eq!(cancelled.part("params.requestId"), late.part("id"), "{}", cancelled.text);
    let answer = call(&mut peer, &served, |heard| {
        late.answer(r#"{"content":[],"n":6}"#);
        heard.answer(r#"{"content":[],"n":7}"#);
    });
    let answer = answer.await;
    assert_eq!(answer["result"]["n"], 7, "{answer}");
}

#[tokio::test]
async fn an_answer_nested_too_deeply_ends_its_own_call_at_once() {
    let (mut peer, _home, served) = served(&[tool("ok")]).await;
    let deep = format!(r#"{{"content":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let answer = call(&mut peer, &served, |heard| heard.answer(&deep)).await;
    assert_eq!(answer["error"]["code"], 1007, "{answer}");
    works(&mut peer, &served).await;
}

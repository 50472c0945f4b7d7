//! Makes mcpmux write of its own accord: greetings, pages, refusals, faults, farewells.

use super::{To, Written, answered};
use crate::harness::http::Client;
use crate::harness::peer::{Over, Peer, part};
use crate::harness::raw::RawClient;
use crate::harness::{Home, PATIENCE};
use crate::lossless::WAYS;
use crate::lossless::stage::ABILITIES;

/// What mcpmux wrote, on every way.
pub async fn record() -> Vec<Written> {
    let mut recording = tokio::task::JoinSet::new();
    for (revision, client, backend) in WAYS {
        recording.spawn(one(revision, *client, *backend));
    }
    recording.join_all().await.into_iter().flatten().collect()
}

async fn one(revision: &'static str, over: Over, backend: Over) -> Vec<Written> {
    let own = if revision >= crate::harness::http::MODERN {
        r#","resultType":"complete","ttlMs":0,"cacheScope":"public""#
    } else {
        ""
    };
    let tool = |name: &str| format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#);
    let tools = format!(r#"{{"tools":[{},{}]{own}}}"#, tool("one"), tool("two"));
    let mut peer = Peer::new("p", revision, backend, &[("tools/list", &tools)]).await;
    let config = format!("{}call_timeout = \"1s\"\n[limits]\npage = 1\n", peer.section);
    let home = Home::new(&config);
    let served = match over {
        Over::Http => Some(home.serve().await),
        Over::Lines => None,
    };
    let url = served.as_ref().map_or("", |served| served.url.as_str());
    let mut client = RawClient::open(&home, url, revision, over, ABILITIES).await;
    let mut more = Vec::new();

    for (method, params) in [
        ("ping", ""),
        ("server/discover", ""),
        ("tools/list", ""),
        ("tools/list", r#""cursor":"nonsense""#),
        ("tools/call", r#""name":"nobody""#),
        ("tools/call", ""),
        ("tools/bogus", ""),
    ] {
        let id = client.request(method, params, "").await;
        let answer = client.answer(&id, PATIENCE).await.expect(method);
        if method == "tools/list" && params.is_empty() {
            let cursor = part(&answer, "result.nextCursor");
            assert!(!cursor.is_empty(), "one page only: {answer}");
            let id = client.request(method, &format!(r#""cursor":{cursor}"#), "").await;
            client.answer(&id, PATIENCE).await.unwrap();
        }
    }
    // What cannot be read, or is no message, is answered without an id.
    for text in ["{nope", r#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#, "[]"] {
        client.send(text).await;
        client.until(|text| !part(text, "error").is_empty(), PATIENCE).await.expect(text);
    }
    if client.is_modern() {
        more.extend(misfits(&client, url).await);
    }
    // A call that is answered, one that takes too long and so is cancelled, and what the backend asks meanwhile.
    let id = client.request("tools/call", r#""name":"p__two""#, r#""progressToken":1"#).await;
    let call = heard(&mut peer, "tools/call").await;
    call.say(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":1}}"#);
    client.until(|text| part(text, "method").contains("progress"), PATIENCE).await.expect(revision);
    if !client.is_modern() {
        call.say(r#"{"jsonrpc":"2.0","id":"ask ping","method":"ping"}"#);
        heard(&mut peer, "ask ping").await;
    }
    let extra = if own.is_empty() { "" } else { r#","resultType":"complete""# };
    call.answer(&format!(r#"{{"content":[]{extra}}}"#));
    client.answer(&id, PATIENCE).await.unwrap();
    let late = client.request("tools/call", r#""name":"p__one""#, "").await;
    let _unanswered = heard(&mut peer, "tools/call").await;
    let fault = client.answer(&late, PATIENCE).await.unwrap();
    assert_eq!(part(&fault, "error.code"), "1003", "{fault}");

    // The end of a subscription is its answer.
    client.close();
    if let Some(served) = served {
        served.stop().await;
    }
    if client.is_modern() {
        client.answer("\"r 1\"", PATIENCE).await.expect("the end of the subscription");
    }
    // The cancellation of the late call is on its way, if the transport has one.
    if !client.is_modern() {
        let cancelled = || peer.log().iter().any(|text| text.contains("notifications/cancelled"));
        assert!(crate::harness::scripted::until(cancelled).await, "{:?}", peer.log());
    }
    let way = format!("{revision} {over:?} client, {backend:?} backend");
    let written = |to: To, text: String| {
        let answers = answered(&text, to, &client.asked);
        Written { way: way.clone(), revision, to, text, answers }
    };
    let to_client = client.log.iter().cloned().chain(more).map(|text| written(To::Client, text));
    to_client.chain(peer.log().into_iter().map(|text| written(To::Backend, text))).collect()
}

/// The next message with this part that the backend hears.
async fn heard(peer: &mut Peer, part: &str) -> crate::harness::peer::Heard {
    let heard = peer.until(|heard| heard.text.contains(part), PATIENCE).await;
    heard.unwrap_or_else(|| panic!("{part} was not heard, but {:?}", peer.log()))
}

/// Requests whose version nobody speaks, or whose headers and body differ.
async fn misfits(client: &RawClient, url: &str) -> Vec<String> {
    let mut texts = Vec::new();
    if url.is_empty() {
        return texts;
    }
    let http = Client::modern(url);
    let future = client.sent.replace("2026-07-28", "2099-01-01");
    for (text, version) in [(future.as_str(), "2099-01-01"), (client.sent.as_str(), "2099-01-01")] {
        let headers = [("mcp-protocol-version", version), ("mcp-method", "tools/bogus")];
        texts.push(http.post(text, &headers).await.text);
    }
    texts
}

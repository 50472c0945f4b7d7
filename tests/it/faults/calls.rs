//! Calls that do not simply get an answer: lost, late, cancelled, or with progress on the way.

use serde_json::{Value, json};

use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::lines::Process;
use crate::harness::scripted::{backend, noted};

/// A backend that notes calls and cancellations in the file `ledger`.
fn noting() -> Home {
    Home::new(&backend("slow", "slow {here}/ledger"))
}

/// A call of `hold`, which is never answered.
fn held(who: &str) -> Value {
    json!({"name": "slow__hold", "arguments": {"who": who}})
}

#[tokio::test]
async fn a_call_whose_backend_dies_is_lost_and_the_next_one_works() {
    let home = Home::new(&format!("{}{}", backend("a", "ok"), backend("b", "ok")));
    let served = home.serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        let lost = client.call("a__die", json!({})).await;
        assert_eq!(lost["error"]["code"], 1002, "{lost}");
        let data = json!({"source": "mcpmux", "backend": "a", "outcome": "unknown"});
        assert_eq!(lost["error"]["data"], data, "{lost}");
        for tool in ["b__echo", "a__echo"] {
            let next = client.call(tool, json!({})).await;
            assert_eq!(next["result"]["content"][0]["text"], "{}", "{tool}: {next}");
        }
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_ended_and_cancelled() {
    let slow = backend("slow", "slow {here}/ledger");
    let home = Home::new(&format!("{slow}call_timeout = \"300ms\"\n"));
    let served = home.serve().await;
    let client = Client::legacy(&served.url).await;
    let late = client.request("tools/call", held("late")).await.message();
    assert_eq!(late["error"]["code"], 1003, "{late}");
    assert_eq!(late["error"]["data"]["backend"], "slow", "{late}");
    noted(&home.path().join("ledger"), "cancelled late").await;
    let next = client.call("slow__echo", json!({})).await;
    assert_eq!(next["result"]["content"][0]["text"], "{}", "{next}");
}

#[tokio::test]
async fn a_legacy_client_cancels_with_a_notification() {
    let home = noting();
    let served = home.serve().await;
    let ledger = home.path().join("ledger");
    let client = Client::legacy(&served.url).await;
    let calling = tokio::spawn({
        let client = client.clone();
        async move { client.request("tools/call", held("legacy")).await }
    });
    noted(&ledger, "call hold").await;
    // Another session's request of the same id is another request.
    let cancel =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let other = Client::legacy(&served.url).await;
    assert_eq!(other.post(&cancel.to_string(), &[]).await.status, 202);
    assert!(other.call("slow__echo", json!({})).await["result"].is_object());
    assert!(!std::fs::read_to_string(&ledger).unwrap().contains("cancelled"));
    assert_eq!(client.post(&cancel.to_string(), &[]).await.status, 202);
    noted(&ledger, "cancelled legacy").await;
    let ended = tokio::time::timeout(crate::harness::PATIENCE, calling).await.unwrap().unwrap();
    assert!(ended.message()["error"]["code"].is_i64(), "{ended:?}");
    assert!(client.call("slow__echo", json!({})).await["result"].is_object());
}

#[tokio::test]
async fn a_modern_client_cancels_by_closing() {
    let home = noting();
    let served = home.serve().await;
    let ledger = home.path().join("ledger");
    for (who, meta) in [("plain", json!({})), ("streaming", json!({"progressToken": 1}))] {
        // A client of its own, since closing means closing the connection.
        let client = Client::modern(&served.url);
        let mut params = held(who);
        params["_meta"] = meta;
        let calling = tokio::spawn(async move { client.request("tools/call", params).await });
        noted(&ledger, &format!(r#"call hold {{"who": "{who}"}}"#)).await;
        calling.abort();
        noted(&ledger, &format!("cancelled {who}")).await;
    }
    let next = Client::modern(&served.url).call("slow__echo", json!({})).await;
    assert!(next["result"].is_object(), "{next}");
}

#[tokio::test]
async fn a_stdio_client_cancels_with_a_notification() {
    let home = noting();
    let ledger = home.path().join("ledger");
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    process.initialize().await;
    let call =
        json!({"jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": held("stdio")});
    process.write(&call.to_string()).await;
    noted(&ledger, "call hold").await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "x"}});
    process.write(&cancel.to_string()).await;
    noted(&ledger, "cancelled stdio").await;
    let next = process.request(2, "tools/call", json!({"name": "slow__echo"})).await;
    assert!(next["result"].is_object(), "{next}");
    assert_eq!(process.close().await, 0);
}

#[tokio::test]
async fn progress_comes_before_the_answer_with_the_clients_own_token() {
    let home = Home::new(&backend("ok", "ok"));
    let served = home.serve().await;
    let call = |client: Client, who: &'static str| async move {
        let params = json!({"name": "ok__progress", "arguments": {"who": who, "of": 2},
            "_meta": {"progressToken": "same"}});
        (client.request("tools/call", params).await, who)
    };
    for clients in [
        [Client::legacy(&served.url).await, Client::legacy(&served.url).await],
        [Client::modern(&served.url), Client::modern(&served.url)],
        [Client::legacy(&served.url).await, Client::modern(&served.url)],
    ] {
        let [one, two] = clients;
        let both = async { tokio::join!(call(one, "one"), call(two, "two")) };
        let (one, two) = tokio::time::timeout(crate::harness::PATIENCE, both).await.unwrap();
        for (response, who) in [one, two] {
            let messages = response.messages();
            let (answer, progress) = messages.split_last().unwrap();
            assert_eq!(answer["result"]["content"][0]["text"], who, "{answer}");
            assert_eq!(progress.len(), 3, "{messages:?}");
            for (at, beat) in progress.iter().enumerate() {
                assert_eq!(beat["method"], "notifications/progress");
                let expected = json!({"progressToken": "same", "progress": at + 1, "total": 3, "message": who});
                assert_eq!(beat["params"], expected);
            }
        }
    }
}

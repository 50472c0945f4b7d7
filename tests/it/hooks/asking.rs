//! A plugin that has a person asked: clients of both eras that can ask one, yes and no, and what is remembered.

use serde_json::{Value, json};

use super::told;
use crate::harness::Home;
use crate::harness::lines::Process;
use crate::peers::server::Server;

/// Serves a backend that is asked about each time, and one that is asked about once.
async fn asked() -> (Server, Home) {
    let server = Server::python().await;
    let each = told(&server.url, "each", r#"authorize = "ask""#, "");
    let once = told(&server.url, "once", r#"authorize = "ask once""#, "");
    (server, Home::new(&format!("{each}{once}")))
}

/// A legacy client's call, its question answered like this; how often it was asked, and the answer.
async fn ask_legacy(client: &mut Process, id: u64, tool: &str, says: &Value) -> (usize, Value) {
    let params = json!({"name": tool, "arguments": {"n": 1}});
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    client.write(&call.to_string()).await;
    let mut questions = 0;
    loop {
        let message = client.read().await;
        if message["method"] == "elicitation/create" {
            questions += 1;
            let text = message["params"]["message"].as_str().unwrap();
            assert!(text.starts_with("May "), "{message}");
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": says});
            client.write(&answer.to_string()).await;
        } else if message["id"] == id {
            return (questions, message);
        }
    }
}

/// A modern client's call, which comes back with this answer.
async fn ask_modern(client: &mut Process, id: u64, tool: &str, says: &Value) -> (usize, Value) {
    let mut meta = Process::meta();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
    let mut params = json!({"name": tool, "arguments": {"n": 1}, "_meta": meta});
    let mut questions = 0;
    loop {
        let answer = client.request(id + questions, "tools/call", params.clone()).await;
        let result = &answer["result"];
        if result["resultType"] != "input_required" {
            return (usize::try_from(questions).unwrap(), answer);
        }
        questions += 1;
        let requests = result["inputRequests"].as_object().unwrap();
        let (key, request) = requests.iter().next().unwrap();
        assert_eq!(request["method"], "elicitation/create", "{answer}");
        params["requestState"] = result["requestState"].clone();
        params["inputResponses"] = json!({ key: says });
    }
}

#[track_caller]
fn went_through(answer: &Value) {
    let arguments = &answer["result"]["structuredContent"]["arguments"];
    assert_eq!(*arguments, json!({"n": 1}), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_decides_at_clients_of_both_eras() {
    let (_server, home) = asked().await;
    let yes = json!({"action": "accept", "content": {"answer": "yes"}});
    let noes = [
        json!({"action": "accept", "content": {"answer": "no"}}),
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
    ];

    let mut legacy = Process::start(home.mcpmux(&["serve", "--stdio"]));
    legacy.initialize_able(json!({"elicitation": {}})).await;
    let (questions, answer) = ask_legacy(&mut legacy, 1, "each__seen", &yes).await;
    assert_eq!(questions, 1);
    went_through(&answer);
    for (id, no) in (2..).zip(&noes) {
        let (questions, answer) = ask_legacy(&mut legacy, id, "each__seen", no).await;
        assert_eq!((questions, &answer["error"]["code"]), (1, &json!(1006)), "{no}: {answer}");
    }
    // A yes is remembered, a no is not.
    for (id, says, expected) in [(10, &noes[0], 1), (11, &yes, 1), (12, &yes, 0)] {
        let (questions, answer) = ask_legacy(&mut legacy, id, "once__seen", says).await;
        assert_eq!(questions, expected, "{id}: {answer}");
        assert_eq!(answer["error"].is_object(), id == 10, "{answer}");
    }

    let mut modern = Process::start(home.mcpmux(&["serve", "--stdio"]));
    let (questions, answer) = ask_modern(&mut modern, 1, "each__seen", &yes).await;
    assert_eq!(questions, 1);
    went_through(&answer);
    for (id, no) in (1..).zip(&noes) {
        let (questions, answer) = ask_modern(&mut modern, 10 * id, "each__seen", no).await;
        assert_eq!((questions, &answer["error"]["code"]), (1, &json!(1006)), "{no}: {answer}");
    }
    for (id, expected) in [(50, 1), (60, 0)] {
        let (questions, answer) = ask_modern(&mut modern, id, "once__seen", &yes).await;
        assert_eq!(questions, expected, "{id}: {answer}");
        went_through(&answer);
    }
}

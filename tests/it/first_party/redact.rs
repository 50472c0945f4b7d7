//! `redact`: secrets and personal data are taken out of all that a client reads, and of nothing else.

use serde_json::{Value, json};

use super::{BACKENDS, Stage, Tool, first, text};

/// Made up, and of the form that real ones have.
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_reach_no_client_in_texts_content_errors_or_progress() {
    let beside = json!({"content": [{"type": "text", "text": format!("use {KEY}")}],
        "structuredContent": {"deep": [{"api_key": "9f8c7d6e5b4a39281706"}], "url": "https://a:hunter2@b.example/", "n": 1.5},
        "_meta": {"example.test/kept": KEY}});
    let tools = [
        Tool::says("promised", text("password: hunter2, mail jane@corp.example")),
        Tool::says("own", text("ask EMP-123456 or help@example.com")),
        Tool::says("beside", beside),
        Tool::says("clean", text("commit 970c611a8b264e9f1bf1e5bf46ea73a7a7a21b54")),
        Tool::says(
            "broken",
            json!({"error": {"code": -32000, "message": format!("no {KEY}"), "data": {"key": KEY}}}),
        ),
        Tool::says("slow", json!({"progress": format!("step with {KEY}")})),
        Tool::new("echo"),
    ];
    let stage = Stage::new(&tools, &super::readmes::example("redact")).await;
    for client in stage.clients().await {
        for backend in BACKENDS {
            let call = async |tool: &str, arguments: Value| {
                client.call(&format!("{backend}__{tool}"), arguments).await
            };
            let promised = call("promised", json!({})).await;
            assert_eq!(first(&promised), "password: [redacted:secret], mail [redacted:email]");
            let own = call("own", json!({})).await;
            assert_eq!(first(&own), "ask [redacted:staff-number] or help@example.com");
            let beside = call("beside", json!({})).await;
            assert_eq!(first(&beside), "use [redacted:aws-key]");
            let expected = json!({"deep": [{"api_key": "[redacted:secret]"}],
                "url": "https://a:[redacted:url-password]@b.example/", "n": 1.5});
            assert_eq!(beside["result"]["structuredContent"], expected, "{beside}");
            let clean = call("clean", json!({})).await;
            assert_eq!(first(&clean), "commit 970c611a8b264e9f1bf1e5bf46ea73a7a7a21b54");
            let broken = call("broken", json!({})).await;
            assert_eq!(broken["error"]["message"], "no [redacted:aws-key]", "{broken}");
            // Arguments go to the backend as they are, if nothing else is said, and come back without the secret.
            let echo = call("echo", json!({"key": KEY, "n": 1})).await;
            assert_eq!(first(&echo), r#"{"key":"[redacted:aws-key]","n":1}"#);
            for answer in [&beside, &broken, &echo] {
                assert!(!answer.to_string().contains(KEY), "{answer}");
            }
            let params =
                json!({"name": format!("{backend}__slow"), "_meta": {"progressToken": "t"}});
            let told = client.request("tools/call", params).await.messages();
            assert_eq!(told[0]["params"]["message"], "step with [redacted:aws-key]", "{told:?}");
            assert_eq!(first(&told[1]), "done");
        }
    }
    stage.stop().await;
}

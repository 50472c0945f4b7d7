//! What HTTP status an error of a method has: none in a session, where a status speaks of the session itself.

use serde_json::json;

use super::home;
use crate::harness::http::Client;

#[tokio::test]
async fn an_error_of_a_method_has_a_status_in_the_modern_era_alone() {
    let home = home(
        "[backends.fixture]\nprefix = \"\"\n\
         command = [\"{python}\", \"{peers}/conformance_backend.py\", \"--stdio\"]",
    );
    let served = home.serve().await;
    let lacking = json!({"name": "test_missing_capability", "arguments": {}});
    let (modern, legacy) = (Client::modern(&served.url), Client::legacy(&served.url).await);
    for (method, params, code, status) in
        [("no/method", json!({}), -32601, 404), ("tools/call", lacking, -32021, 400)]
    {
        for (client, status) in [(&modern, status), (&legacy, 200)] {
            for token in [json!(null), json!("t")] {
                let mut params = params.clone();
                if token.is_string() {
                    params["_meta"] = json!({"progressToken": token});
                }
                let response = client.request(method, params).await;
                assert_eq!(response.message()["error"]["code"], code, "{response:?}");
                assert_eq!(response.status, status, "{response:?}");
            }
        }
    }
    assert_eq!(legacy.request("ping", json!({})).await.message()["result"], json!({}));
    assert_eq!(served.stop().await, 0);
}

//! Input that is wrong: each is refused as the protocol says, and whoever comes next is served.

mod headers;
mod http;
mod stdio;

use serde_json::json;

use crate::harness::http::{Client, Response};
use crate::harness::scripted::backend;
use crate::harness::{Home, Served};

/// One scripted backend, and a low limit on bodies.
fn home() -> Home {
    Home::new(&format!("{}[limits]\nbody = \"1KiB\"\n", backend("ok", "ok")))
}

/// A good call is answered.
async fn serves(client: &Client) {
    let answer = client.call("ok__echo", json!({"a": 1})).await;
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"a": 1}"#, "{answer}");
}

/// The refusal is one of this status and code, and a good call works after it. Code 0: any body.
#[track_caller]
fn refused(response: &Response, status: u16, code: i64) {
    assert_eq!(response.status, status, "{response:?}");
    if code != 0 {
        let message = response.message();
        assert_eq!(message["error"]["code"], code, "{message}");
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
    }
}

/// A modern client and a legacy one of the same endpoint.
async fn both(served: &Served) -> [Client; 2] {
    [Client::modern(&served.url), Client::legacy(&served.url).await]
}

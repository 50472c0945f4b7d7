//! The credential that a program prints, and the header that the configuration holds: what arrives, and what never does.

use std::process::Stdio;

use tokio::process::Command;

use super::{down, program, text};
use crate::harness::{Home, paths};
use crate::peers::server::Server;
use crate::vault::{KEYFILE, set};

/// A server that takes these tokens, one after the other.
async fn bearer(tokens: &[&str]) -> Server {
    let mut command = Command::new("python3");
    command.arg(paths::root().join("tests/fixtures/bearer.py")).args(tokens).stdin(Stdio::null());
    Server::start(command).await
}

fn section(url: &str, keys: &str) -> String {
    format!(
        "[backends.b]\nurl = \"{url}\"\nauth = {{ type = \"command\", command = [\"{{here}}/token\"]{keys} }}\n"
    )
}

#[tokio::test]
async fn a_program_is_asked_again_when_its_token_is_refused() {
    let server = bearer(&["first", "second"]).await;
    let home = Home::new(&section(&server.url, ""));
    let script = format!(
        "#!/bin/sh\necho x >> {0}/runs\n[ $(wc -l < {0}/runs) = 1 ] && echo first || echo second\n",
        home.path().display()
    );
    program(home.path(), "token", &script);
    let served = home.serve().await;
    for _ in 0..3 {
        assert_eq!(text(&served, "b__echo").await, "{}");
    }
    let runs = || std::fs::read_to_string(home.path().join("runs")).unwrap().lines().count();
    assert_eq!(runs(), 1);
    let client = crate::harness::http::Client::modern(&served.url);
    let rotate = serde_json::json!({ "name": "b__echo", "arguments": { "rotate": true } });
    assert_eq!(client.request("tools/call", rotate).await.status, 200);
    assert_eq!(text(&served, "b__echo").await, "{}");
    assert_eq!(runs(), 2);
}

#[tokio::test]
async fn a_program_that_prints_no_token_is_a_login_that_is_lacking_and_none_of_it_shows() {
    let server = bearer(&["never"]).await;
    for (script, part) in [
        ("printf 'tok-s3cret\\r\\nX-Evil: 1\\n'", "more than one line"),
        ("head -c 1048576 /dev/zero | tr '\\0' s", "more than 65536 bytes"),
        ("echo tok-s3cret >&2; exit 1", "exit status: 1"),
        ("echo '{\"headers\":{\"authorization\":\"tok-s3cret\\r\\nX-Evil: 1\"}}'", "credential"),
    ] {
        let home = Home::new(&section(&server.url, ""));
        program(home.path(), "token", &format!("#!/bin/sh\n{script}\n"));
        let served = home.serve().await;
        let state = down(&home, "b").await;
        assert!(state["why"].as_str().unwrap().contains("wants a login"), "{script}: {state}");
        let said = format!("{state}{}", served.log());
        assert!(said.contains(part) && !said.contains("tok-s3cret"), "{script}: {said}");
    }
}

#[tokio::test]
async fn a_header_of_the_configuration_arrives_with_what_the_vault_keeps_of_it() {
    let server = bearer(&["whole"]).await;
    let auth = "auth = { type = \"header\", name = \"Authorization\", value = \"Bearer w${secret:rest}\" }";
    let home = Home::new(&format!("[backends.b]\nurl = \"{}\"\n{auth}\n{KEYFILE}", server.url));
    set(&home, "rest", "hole").await;
    let served = home.serve().await;
    assert_eq!(text(&served, "b__echo").await, "{}");
}

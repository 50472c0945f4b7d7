//! The credential that a program prints, and the header that the configuration holds: what arrives, and what never does.

use serde_json::{Value, json};

use super::{needs_auth, program, text};
use crate::harness::http::{self, Client};
use crate::harness::{Home, PATIENCE};
use crate::peers::server::Server;
use crate::vault::{KEYFILE, set};

fn section(url: &str, keys: &str) -> String {
    format!(
        "[backends.b]\nurl = \"{url}\"\nauth = {{ type = \"command\", command = [\"{{here}}/token\"]{keys} }}\n"
    )
}

#[tokio::test]
async fn a_program_is_asked_again_when_its_token_is_refused() {
    for status in [401, 403] {
        let server = Server::bearer_or(&["first", "second"], status).await;
        let home = Home::new(&section(&server.url, ""));
        in_turn(&home, "first second");
        let served = home.serve().await;
        for _ in 0..3 {
            assert_eq!(text(&served, "b__echo").await, "{}");
        }
        assert_eq!(runs(&home), 1);
        let client = Client::modern(&served.url);
        let rotate = json!({ "name": "b__echo", "arguments": { "rotate": true } });
        assert_eq!(client.request("tools/call", rotate).await.status, 200);
        assert_eq!(text(&served, "b__echo").await, "{}", "{status}");
        assert_eq!(runs(&home), 2);
    }
}

/// Prints each word in turn, then the last one, and notes every run in `runs`.
fn in_turn(home: &Home, words: &str) {
    let script = format!(
        "#!/bin/sh\necho x >> {0}/runs\nset -- {words}\nrun=$(wc -l < {0}/runs)\n\
         [ $run -gt $# ] && run=$#\nshift $((run - 1))\necho $1\n",
        home.path().display()
    );
    program(home.path(), "token", &script);
}

fn runs(home: &Home) -> usize {
    std::fs::read_to_string(home.path().join("runs")).unwrap().lines().count()
}

/// What the server has refused: methods and tokens.
async fn refused(server: &Server) -> Value {
    let answer = http::client().get(server.url.replace("/mcp", "/refused")).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_refusal_in_the_midst_of_a_stream_costs_one_token_and_one_more_request() {
    let server = Server::bearer(&["first", "second"]).await;
    let home = Home::new(&section(&server.url, ""));
    in_turn(&home, "first second");
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let cut = json!({ "name": "b__echo", "arguments": { "cut": true } });
    let answer = client.request("tools/call", cut).await.message();
    assert_eq!(answer["result"]["content"][0]["text"], "{\"cut\": true}", "{answer}");
    assert_eq!(refused(&server).await, json!([["GET", "Bearer first"]]));
    assert_eq!(runs(&home), 2);
}

#[tokio::test]
async fn what_is_refused_twice_is_not_sent_a_third_time() {
    let server = Server::bearer(&["first", "third"]).await;
    let home = Home::new(&section(&server.url, ""));
    in_turn(&home, "first second");
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let call = |arguments| json!({ "name": "b__echo", "arguments": arguments });
    client.request("tools/call", call(json!({ "rotate": true }))).await;
    let answer = client.request("tools/call", call(json!({}))).await.message();
    assert_eq!(answer["error"]["code"], 1008, "{answer}");
    let twice = json!([["POST", "Bearer first"], ["POST", "Bearer second"]]);
    assert_eq!(refused(&server).await.as_array().unwrap()[..2], twice.as_array().unwrap()[..]);
    assert_eq!(runs(&home), 2);
}

#[tokio::test]
async fn a_program_that_prints_no_token_is_a_login_that_is_lacking_and_none_of_it_shows() {
    let server = Server::bearer(&["never"]).await;
    for (script, part) in [
        ("printf 'tok-s3cret\\r\\nX-Evil: 1\\n'", "more than one line"),
        ("head -c 1048576 /dev/zero | tr '\\0' s", "more than 65536 bytes"),
        ("echo tok-s3cret >&2; exit 1", "exit status: 1"),
        ("echo '{\"headers\":{\"authorization\":\"tok-s3cret\\r\\nX-Evil: 1\"}}'", "credential"),
    ] {
        let home = Home::new(&section(&server.url, ""));
        program(home.path(), "token", &format!("#!/bin/sh\n{script}\n"));
        let served = home.serve().await;
        let state = needs_auth(&home, "b").await;
        assert!(state["why"].as_str().unwrap().contains("wants a login"), "{script}: {state}");
        let said = format!("{state}{}", served.log());
        assert!(said.contains(part) && !said.contains("tok-s3cret"), "{script}: {said}");
    }
}

#[tokio::test]
async fn a_header_of_the_configuration_arrives_with_what_the_vault_keeps_of_it() {
    let server = Server::bearer(&["whole"]).await;
    let auth = "auth = { type = \"header\", name = \"Authorization\", value = \"Bearer w${secret:rest}\" }";
    let home = Home::new(&format!("[backends.b]\nurl = \"{}\"\n{auth}\n{KEYFILE}", server.url));
    set(&home, "rest", "hole").await;
    let served = home.serve().await;
    assert_eq!(text(&served, "b__echo").await, "{}");
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_with_what_it_started() {
    let server = Server::bearer(&["never"]).await;
    let home = Home::new(&section(&server.url, ""));
    program(
        home.path(),
        "token",
        "#!/bin/sh\nsleep 1000 &\necho $! > \"$(dirname \"$0\")/started\"\nwait\n",
    );
    let served = home.serve_at_once().await;
    served.said("took longer than 10s").await;
    let started = std::fs::read_to_string(home.path().join("started")).unwrap();
    let process = std::path::PathBuf::from(format!("/proc/{}", started.trim()));
    let gone = async {
        // Until whoever inherited it has taken note, a dead process has a folder without a command line.
        while std::fs::read(process.join("cmdline")).is_ok_and(|line| !line.is_empty()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("it is ended");
    needs_auth(&home, "b").await;
    let answer = super::call(&served, "b__echo").await;
    assert_eq!(answer["error"]["code"], 1008, "{answer}");
}

//! What is shown to backends and authorization servers is where it is meant to be and nowhere else, whatever it comes from:
//! the configuration, a variable, a program, a login.

use serde_json::json;

use super::evil::{Evil, Twist};
use super::{home, program, text};
use crate::harness::http::Client;
use crate::peers::server::Server;
use crate::vault::leaks::{CANARY, clean, command_lines};
use crate::vault::{noting, run};

/// Sections of backends that get the canary in one way each; those whose server refuses it are called `no-..`.
async fn sections(takes: &str, refuses: &str, evil: &Evil) -> String {
    let url =
        |name: &str, url: &str, keys: &str| format!("[backends.{name}]\nurl = \"{url}\"\n{keys}\n");
    let bearer = format!(
        "auth = {{ type = \"bearer\", token = \"{CANARY}\" }}\nheaders = {{ X-Key = \"{CANARY}\" }}"
    );
    let header =
        "auth = { type = \"header\", name = \"Authorization\", value = \"Bearer ${CANARY}\" }";
    let printed = "auth = { type = \"command\", command = [\"{here}/token\"] }";
    let machine = format!(
        "auth = {{ type = \"oauth\", grant = \"client_credentials\", client_id = \"m\", client_secret = \"{CANARY}\", issuer = \"{}\" }}",
        evil.origin
    );
    let asked = "auth = { type = \"oauth\", client_id = \"p\", client_secret_command = [\"{here}/token\"] }";
    let mut all = noting("env", CANARY);
    for (end, server) in [("", takes), ("no-", refuses)] {
        all += &url(&format!("{end}bearer"), server, &bearer);
        all += &url(&format!("{end}header"), server, header);
        all += &url(&format!("{end}printed"), server, printed);
    }
    let mcp = format!("{}/mcp", evil.origin);
    all + &evil.section() + &url("machine", &mcp, &machine) + &url("asked", &mcp, asked)
}

#[tokio::test]
async fn no_credential_turns_up_anywhere() {
    let (takes, refuses) = (Server::bearer(&[CANARY]).await, Server::bearer(&["another"]).await);
    // What it gives bears the mark: tokens, codes, and the secrets of clients that register themselves.
    let evil = Evil::start(Twist { mark: CANARY, ..Twist::default() }).await;
    let config = sections(&takes.url, &refuses.url, &evil).await;
    let home = home(&format!("{config}[audit]\nfile = \"audit.jsonl\"\narguments = true\n"));
    program(home.path(), "token", &format!("#!/bin/sh\nprintf '%s\\n' '{CANARY}'\n"));
    let browser = home.path().join("browser");
    let variables =
        [("BROWSER", browser.to_str().unwrap()), ("CANARY", CANARY), ("MCPMUX_LOG", "trace")];
    let served = home.serve_with(&variables).await;
    for name in ["bearer", "header", "printed"] {
        assert_eq!(text(&served, &format!("{name}__echo")).await, "{}");
        let client = Client::modern(&served.url);
        let refused = client.call(&format!("no-{name}__echo"), json!({})).await.to_string();
        assert!(refused.contains("1008"), "{refused}");
        clean("an answer", &refused);
    }
    for name in ["b", "machine", "asked"] {
        served.said(&format!("backend is ready backend={name}")).await;
        assert_eq!(text(&served, &format!("{name}__read")).await, "read done");
    }
    for (path, line) in command_lines() {
        // The browser brings the code.
        if !line.contains("browser") {
            clean(path.to_str().unwrap(), &line);
        }
    }
    for args in [
        &["status", "--json"][..],
        &["auth", "status", "--json"],
        &["check", "--json"],
        &["list", "--json"],
        &["auth", "logout", "b"],
    ] {
        let (_, out, said) = run(&home, &variables, args, "").await;
        clean(&format!("{args:?}"), &format!("{out}{said}"));
    }
    assert!(served.log().contains("TRACE"), "the log was at its loudest");
    clean("the log", &served.log());
    for file in ["audit.jsonl", "state/mcpmux/vault.mcv"] {
        clean(file, &std::fs::read_to_string(home.path().join(file)).unwrap());
    }
}

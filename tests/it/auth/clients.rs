//! Clients that the authorization server knows already, and what a configuration says of a login: how they prove
//! themselves, what they ask for, and where a browser comes back to.

use serde_json::Value;

use super::evil::{Evil, Twist};
use super::real::Guarded;
use super::{appears, home, opened, program, serve, text};
use crate::harness::{Home, PATIENCE};
use crate::vault::set;

/// The keys of a client that acts for itself, at this server.
async fn machine(guarded: &Guarded, client: &str, proof: &str) -> String {
    let issuer = &guarded.get("issuer").await[0];
    let keys = "auth.grant = \"client_credentials\"";
    format!("{keys}\nauth.client_id = \"{client}\"\nauth.issuer = {issuer}\n{proof}")
}

#[tokio::test]
async fn a_machine_needs_nobody() {
    let guarded = Guarded::start(&[]).await;
    let keys = machine(&guarded, "machine", "auth.client_secret = \"${secret:machine}\"").await;
    let home = home(&guarded.section("one", &keys));
    let served = serve(&home).await;
    served.said("hint: mcpmux secret set machine").await;
    set(&home, "machine", "machine-secret-of-the-test").await;
    appears(&served, "one__read").await;
    assert_eq!(text(&served, "one__read").await, "read done");
    // Without a refresh token it asks again.
    guarded.tell("expire").await;
    assert_eq!(text(&served, "one__read").await, "read done");
    assert_eq!(guarded.grants("client_credentials").await, 2);
    assert!(opened(&home).is_empty());
}

#[tokio::test]
async fn a_program_prints_a_clients_secret() {
    let guarded = Guarded::start(&[]).await;
    let command = "auth.client_secret_command = [\"{here}/secret\"]";
    let home = home(&guarded.section("one", &machine(&guarded, "machine", command).await));
    program(home.path(), "secret", "#!/bin/sh\necho machine-secret-of-the-test\n");
    let served = serve(&home).await;
    assert_eq!(text(&served, "one__read").await, "read done");
}

#[tokio::test]
async fn a_key_signs_in_the_place_of_a_secret() {
    let guarded = Guarded::start(&[]).await;
    let mut sections = String::new();
    for (backend, algorithm) in [("one", "es256"), ("two", "rs256")] {
        let key = format!("auth.client_key = \"{algorithm}.pem\"");
        let keys = machine(&guarded, &format!("signs-{algorithm}"), &key).await;
        sections.push_str(&guarded.section(backend, &keys));
    }
    let home = home(&sections);
    let keys = guarded.get("keys").await;
    for (key, algorithm) in keys.iter().zip(["es256", "rs256"]) {
        let name = format!("{algorithm}.pem");
        home.write(&name, key.as_str().unwrap());
        mode(&home.path().join(&name), 0o640);
        let why = checked(&home).await;
        assert!(why.contains("chmod 600"), "{why}");
        mode(&home.path().join(name), 0o600);
    }
    assert_eq!(checked(&home).await, "");
    let served = serve(&home).await;
    for backend in ["one", "two"] {
        assert_eq!(text(&served, &format!("{backend}__read")).await, "read done");
    }
    let asked = guarded.asked("/token").await;
    let clients: Vec<&Value> = asked.iter().map(|asked| &asked["client"]).collect();
    assert!(clients.contains(&&"signs-es256".into()), "{clients:?}");
    assert!(clients.contains(&&"signs-rs256".into()), "{clients:?}");
}

/// What `mcpmux check` has against a configuration.
async fn checked(home: &Home) -> String {
    let (code, _, error) = home.run(&["check"]).await;
    assert_eq!(code == 0, error.is_empty(), "{error}");
    error
}

/// Says who may do what with a file.
fn mode(file: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_machine_that_needs_more_keeps_what_it_had() {
    let guarded = Guarded::start(&[]).await;
    let keys = machine(&guarded, "machine", "auth.client_secret = \"machine-secret-of-the-test\"");
    let home = home(&guarded.section("one", &keys.await));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    for tool in ["read", "write", "read", "write", "read"] {
        assert_eq!(text(&served, &format!("one__{tool}")).await, format!("{tool} done"));
    }
    assert_eq!(guarded.grants("client_credentials").await, 2);
}

#[tokio::test]
async fn a_machine_shows_its_secret_to_nobody_but_the_issuer_that_is_configured() {
    let one = Evil::start(Twist::default()).await;
    let two = Evil::start(Twist { mark: "two", ..Twist::default() }).await;
    let keys = format!(
        "auth.grant = \"client_credentials\"\nauth.client_id = \"machine\"\n\
         auth.client_secret = \"s3cret\"\nauth.issuer = \"{}\"\n",
        one.origin
    );
    let home = home(&format!("{}{keys}", one.section()));
    one.twist(|twist| twist.moved = Some(two.origin.clone()));
    let served = serve(&home).await;
    served.said("and the configuration another `issuer`").await;
    assert!(two.seen().is_empty(), "{:?}", two.seen());
    assert_eq!(one.asked("POST /token"), 0);
}

#[tokio::test]
async fn the_configuration_says_by_which_name_and_on_which_port() {
    let guarded = Guarded::start(&[]).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let keys = format!("auth.callback_port = {port}\nauth.client_name = \"mcpmux at work\"");
    let home = home(&guarded.section("one", &keys));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    let url = reqwest::Url::parse(&opened(&home)[0]).unwrap();
    let (_, back) = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap();
    assert_eq!(reqwest::Url::parse(&back).unwrap().port(), Some(port), "{back}");
    assert_eq!(guarded.asked("/reg").await[0]["name"], "mcpmux at work");
}

#[tokio::test]
async fn a_person_can_grant_more_than_the_backend_asks_for() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let browser = home.path().join("browser");
    let mut login = home.mcpmux(&["auth", "login", "one", "--scope", "read write"]);
    let login = login.env("BROWSER", browser).stdin(std::process::Stdio::null()).output();
    let login = tokio::time::timeout(PATIENCE, login).await.unwrap().unwrap();
    assert!(login.status.success(), "{login:?}");
    let served = serve(&home).await;
    assert_eq!(text(&served, "one__write").await, "write done");
    assert_eq!(opened(&home).len(), 1);
}

#[tokio::test]
async fn the_configuration_chooses_among_the_servers_that_a_backend_names() {
    let servers = serde_json::json!(["https://other.test", "{me}"]);
    let twist = Twist { resource: vec![("authorization_servers", servers)], ..Twist::default() };
    let evil = Evil::start(twist).await;
    let home = home(&format!("{}auth.issuer = \"{}\"\n", evil.section(), evil.origin));
    let served = serve(&home).await;
    appears(&served, "b__read").await;
    assert_eq!(text(&served, "b__read").await, "read done");
}

#[tokio::test]
async fn a_server_of_another_name_is_met_where_the_operator_allows_it() {
    let twist = Twist { server: vec![("issuer", "https://other.test".into())], ..Twist::default() };
    let evil = Evil::start(twist).await;
    let home = home(&format!("{}auth.allow_issuer_mismatch = true\n", evil.section()));
    let served = serve(&home).await;
    appears(&served, "b__read").await;
    assert_eq!(text(&served, "b__read").await, "read done");
}

//! `mcpmux auth login`, beside the login itself: what it finds out first, which backends it is for, and what it says.

use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::evil::{Evil, Twist};
use super::real::Guarded;
use super::{appears, home, opened, serve};
use crate::harness::{Home, PATIENCE};

/// Runs `mcpmux auth login` with a browser that goes where it is sent.
async fn log_in(home: &Home, args: &[&str]) -> Output {
    let mut command = home.mcpmux(&[&["auth", "login"][..], args].concat());
    command.env("BROWSER", home.path().join("browser")).stdin(Stdio::null());
    tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").unwrap()
}

/// The rows that a command printed.
fn rows(printed: &[u8]) -> Vec<Value> {
    serde_json::from_slice(printed).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes another configuration, with the vault that [`home`] has.
fn write(home: &Home, config: &str) {
    home.write("mcpmux.toml", &format!("{config}{}", crate::vault::KEYFILE));
}

#[tokio::test]
async fn the_backend_is_asked_first_what_it_wants() {
    let challenge = r#"resource_metadata="{me}/elsewhere", scope="told""#;
    let away = "/.well-known/oauth-protected-resource/mcp";
    let evil = Evil::start(Twist {
        challenge: Some(challenge),
        redirects: vec![(away, "/nowhere".to_owned())],
        ..Twist::default()
    })
    .await;
    let home = home(&evil.section());
    let done = log_in(&home, &["b"]).await;
    assert!(done.status.success(), "{done:?}");
    assert_eq!((evil.asked("GET /elsewhere"), evil.asked(&format!("GET {away}"))), (1, 0));
    assert!(opened(&home)[0].contains("scope=told"), "{:?}", opened(&home));
}

#[tokio::test]
async fn a_client_that_the_server_has_forgotten_is_registered_anew() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    assert!(log_in(&home, &["one"]).await.status.success());
    guarded.tell("forget").await;
    let done = log_in(&home, &["one"]).await;
    assert!(done.status.success(), "{done:?}");
    assert_eq!(guarded.asked("/reg").await.len(), 2);
    let served = serve(&home).await;
    appears(&served, "one__read").await;
}

#[tokio::test]
async fn what_a_person_names_is_asked_for_beside_what_is_configured() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", "auth.scopes = [\"read\"]"));
    let done = log_in(&home, &["one", "--scope", "write"]).await;
    assert!(done.status.success(), "{done:?}");
    assert!(opened(&home)[0].contains("scope=read+write"), "{:?}", opened(&home));
    let done = log_in(&home, &["one", "--scope", "a\"b"]).await;
    assert_eq!((done.status.code(), opened(&home).len()), (Some(2), 1), "{done:?}");
}

#[tokio::test]
async fn without_a_name_it_is_for_all_that_have_no_login_of_use_and_goes_on_after_a_failure() {
    let guarded = Guarded::start(&[]).await;
    let gone = "[backends.a]\nurl = \"http://127.0.0.1:1/mcp\"\nauth.type = \"oauth\"\n";
    let home = home(&format!("{gone}{}", guarded.section("one", "")));
    let done = log_in(&home, &["--json"]).await;
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let found = rows(&done.stdout);
    assert_eq!((&found[0]["backend"], &found[0]["logged_in"]), (&json!("a"), &json!(false)));
    assert_eq!((&found[1]["backend"], &found[1]["usable"]), (&json!("one"), &json!(true)));
    assert!(text(&done.stderr).contains("cannot log in to backend `a`"), "{done:?}");

    write(&home, &guarded.section("one", ""));
    let done = log_in(&home, &["--json"]).await;
    assert_eq!((done.status.code(), text(&done.stdout)), (Some(0), "[]\n".to_owned()));
    // A login of another client is of no use.
    let known = "auth.client_id = \"known\"\nauth.client_secret = \"known-secret-of-the-test\"";
    write(&home, &guarded.section("one", known));
    let (_, status, _) = home.run(&["auth", "status", "--json"]).await;
    let found = rows(status.as_bytes());
    let row = found.first().unwrap();
    assert_eq!((&row["logged_in"], &row["usable"]), (&json!(true), &json!(false)), "{row}");
    let done = log_in(&home, &["--json"]).await;
    assert!(done.status.success(), "{done:?}");
    assert_eq!((rows(&done.stdout).len(), opened(&home).len()), (1, 2));
}

#[tokio::test]
async fn nobody_logs_in_for_nothing() {
    let guarded = Guarded::start(&[]).await;
    let known =
        |proof: &str| guarded.section("one", &format!("auth.client_id = \"known\"\n{proof}"));
    let home = home("");
    for (proof, part) in [
        ("auth.client_key = \"missing.pem\"", "missing.pem` cannot be read"),
        ("auth.client_secret_command = [\"/does/not/exist\"]", "cannot be started"),
        ("auth.client_secret = \"${secret:missing}\"", "hint: mcpmux secret set missing"),
    ] {
        write(&home, &known(proof));
        let done = log_in(&home, &["one"]).await;
        assert_eq!(done.status.code(), Some(1), "{done:?}");
        assert!(text(&done.stderr).contains(part), "{part}: {done:?}");
    }
    // A keyfile that holds no key.
    home.write("bad.key", "no");
    let bad = "[vault]\nkey = \"keyfile\"\nkeyfile = \"bad.key\"\n";
    home.write("mcpmux.toml", &format!("{}{bad}", guarded.section("one", "")));
    let done = log_in(&home, &["one"]).await;
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(text(&done.stderr).contains("a login could not be kept"), "{done:?}");
    assert!(opened(&home).is_empty());
    assert_eq!(guarded.asked("/reg").await, Vec::<Value>::new());
}

#[tokio::test]
async fn where_to_log_in_is_an_event_where_the_log_is_json() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let done = log_in(&home, &["one", "--json", "--quiet", "--log-format", "json"]).await;
    assert!(done.status.success(), "{done:?}");
    let said = text(&done.stderr);
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let urls: Vec<&Value> = said.iter().map(|event| &event["fields"]["url"]).collect();
    assert_eq!(urls, [&json!(opened(&home)[0])]);
}

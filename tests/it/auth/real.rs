//! Logins at a real authorization server: once, kept over restarts, refreshed for all at once, widened, revoked.

use serde_json::{Value, json};
use tokio::process::Command;

use super::{Person, appears, browser, call, home, needs_auth, opened, says, serve, text};
use crate::harness::{PATIENCE, http, paths, together};
use crate::peers::server::Server;
use crate::vault::set;

/// The authorization server with its MCP servers.
pub(crate) struct Guarded {
    server: Server,
}

impl Guarded {
    pub(crate) async fn start(args: &[&str]) -> Self {
        let mut command = Command::new(paths::node());
        command.arg(paths::root().join("tests/peers/authorization.mjs"));
        command.arg(paths::root().join("tests/.deps")).args(args);
        Self { server: Server::start(command).await }
    }

    /// A section for the server of this name, with more keys.
    pub(crate) fn section(&self, name: &str, keys: &str) -> String {
        let url = self.url(&format!("{name}/mcp"));
        format!("[backends.{name}]\nurl = \"{url}\"\nauth.type = \"oauth\"\n{keys}\n")
    }

    fn url(&self, path: &str) -> String {
        self.server.url.replace("/mcp", &format!("/{path}"))
    }

    pub(super) async fn get(&self, what: &str) -> Vec<Value> {
        let answer = http::client().get(self.url(what)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// What the authorization server was asked, at one of its paths.
    pub(super) async fn asked(&self, path: &str) -> Vec<Value> {
        let all = self.get("asked").await;
        all.into_iter().filter(|asked| asked["path"] == path).collect()
    }

    /// The tokens of this kind that it has given.
    pub(super) async fn tokens(&self, kind: &str) -> Vec<String> {
        let all = self.get("tokens").await;
        let all = all.into_iter().filter(|token| token["kind"] == kind);
        all.map(|token| token["value"].as_str().unwrap().to_owned()).collect()
    }

    /// The requests for tokens by this grant that were answered with 200.
    pub(super) async fn grants(&self, grant: &str) -> usize {
        let asked = self.asked("/token").await;
        asked.iter().filter(|asked| asked["grant"] == grant && asked["status"] == 200).count()
    }

    /// Tells the server to do this from now on.
    pub(crate) async fn tell(&self, what: &str) {
        let told = http::client().post(self.url(what)).send().await.unwrap();
        assert_eq!(told.status(), 200);
    }
}

#[tokio::test]
async fn a_login_is_asked_for_once_and_outlives_a_restart() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    assert_eq!(text(&served, "one__read").await, "read done");
    let urls = opened(&home);
    assert_eq!(urls.len(), 1, "{urls:?}");
    served.said(&format!("here:\n{}", urls[0])).await;
    let registered = guarded.asked("/reg").await;
    assert_eq!((registered.len(), &registered[0]["type"]), (1, &"native".into()));
    let resource = guarded.url("one/mcp");
    for asked in guarded.asked("/token").await.iter().chain(&guarded.asked("/auth").await[..1]) {
        assert_eq!(asked["resource"], resource.as_str(), "{asked}");
    }
    assert_eq!(guarded.asked("/auth").await[0]["method"], "S256");
    assert_eq!(served.stop().await, 0);

    let served = serve(&home).await;
    assert_eq!(text(&served, "one__read").await, "read done");
    assert_eq!((opened(&home).len(), guarded.grants("authorization_code").await), (1, 1));
    let (access, refresh) =
        (guarded.tokens("AccessToken").await, guarded.tokens("RefreshToken").await);
    assert_eq!((access.len(), refresh.len()), (1, 1));
    let vault = std::fs::read(home.path().join("state/mcpmux/vault.mcv")).unwrap();
    let vault = String::from_utf8_lossy(&vault).into_owned();
    for secret in access.iter().chain(&refresh).map(String::as_str).chain(["127.0.0.1"]) {
        assert!(!vault.contains(secret), "the vault shows {secret}");
    }
    for token in access.iter().chain(&refresh) {
        assert!(!served.log().contains(token), "a token is in the log");
    }
    let (_, listed, _) = home.run(&["secret", "list", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed[0]["kind"], &listed[0]["backend"]), (&"login".into(), &"one".into()));
}

#[tokio::test]
async fn two_backends_of_one_issuer_have_a_login_each() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&(guarded.section("one", "") + &guarded.section("two", "")));
    let served = serve(&home).await;
    for backend in ["one", "two"] {
        appears(&served, &format!("{backend}__read")).await;
        assert_eq!(text(&served, &format!("{backend}__read")).await, "read done");
    }
    assert_eq!((opened(&home).len(), guarded.grants("authorization_code").await), (2, 2));
}

#[tokio::test]
async fn two_hundred_calls_at_the_end_of_a_token_refresh_it_once() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", "in_flight = 256"));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    guarded.tell("expire").await;
    let answers = together((0..200).map(|_| text(&served, "one__read"))).await;
    assert!(answers.iter().all(|answer| answer == "read done"), "{answers:?}");
    assert_eq!(guarded.grants("refresh_token").await, 1);
    assert_eq!(opened(&home).len(), 1);
}

#[tokio::test]
async fn a_confidential_client_refreshes_after_a_restart() {
    let guarded = Guarded::start(&["--secret"]).await;
    let known = "auth.client_id = \"known\"\nauth.client_secret = \"known-${secret:rest}\"";
    let home = home(&(guarded.section("one", "") + &guarded.section("two", known)));
    set(&home, "rest", "secret-of-the-test").await;
    let served = serve(&home).await;
    for backend in ["one", "two"] {
        appears(&served, &format!("{backend}__read")).await;
    }
    assert_eq!(served.stop().await, 0);
    guarded.tell("expire").await;
    let served = serve(&home).await;
    for backend in ["one", "two"] {
        assert_eq!(text(&served, &format!("{backend}__read")).await, "read done");
    }
    assert_eq!(guarded.grants("refresh_token").await, 2);
    assert_eq!((opened(&home).len(), guarded.asked("/reg").await.len()), (2, 1));
}

#[tokio::test]
async fn a_revoked_login_is_said_and_made_again_without_registering_anew() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    browser(&home, Person::DoesNothing);
    guarded.tell("revoke").await;
    let answer = call(&served, "one__read").await;
    assert_eq!(answer["error"]["code"], 1008, "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("mcpmux auth login one"), "{message}");
    let state = needs_auth(&home, "one").await;
    assert!(state["why"].as_str().unwrap().contains("mcpmux auth login one"), "{state}");
    for _ in 0..5 {
        assert_eq!(call(&served, "one__read").await["error"]["code"], 1008);
    }
    assert_eq!(opened(&home).len(), 2, "a browser opens once for it");

    let follow = opened(&home).pop().unwrap();
    assert!(!message.contains("http"), "a client that cannot show a URL reads none: {message}");
    let able = json!({ "elicitation": { "url": {} } });
    let client = http::Client::legacy_with(&served.url, able).await;
    let answer = client.call("one__read", json!({})).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!(", or open {follow}")), "{message}");
    let script = paths::root().join("tests/peers/browser.py");
    let followed = Command::new(paths::python()).arg(script).arg(&follow).output().await.unwrap();
    assert!(followed.status.success(), "{followed:?}");
    says(&served, "one__read", "read done").await;
    assert_eq!(guarded.asked("/reg").await.len(), 1);
}

#[tokio::test]
async fn more_rights_are_asked_for_when_a_call_needs_them() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    let answer = text(&served, "one__write").await;
    assert_eq!(answer, "write done", "{}", served.log());
    let asked = opened(&home);
    assert_eq!(asked.len(), 2);
    assert!(asked[1].contains("scope=read+write"), "{asked:?}");
    assert_eq!(text(&served, "one__read").await, "read done");
}

#[tokio::test]
async fn rights_that_a_person_denies_are_not_asked_for_again_and_cost_nothing_else() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    browser(&home, Person::Denies);
    for _ in 0..2 {
        let answer = call(&served, "one__write").await;
        assert_eq!(answer["error"]["code"], 1008, "{answer}");
        let text = answer["error"]["message"].as_str().unwrap();
        assert!(text.contains("mcpmux auth login one --scope \"read write\""), "{text}");
    }
    assert_eq!(opened(&home).len(), 2);
    assert_eq!(text(&served, "one__read").await, "read done");
    guarded.tell("expire").await;
    assert_eq!(text(&served, "one__read").await, "read done");
    assert_eq!((opened(&home).len(), guarded.grants("refresh_token").await), (2, 1));
    // What was denied stays denied, also with a token that was refreshed.
    assert_eq!(call(&served, "one__write").await["error"]["code"], 1008);
    assert_eq!(opened(&home).len(), 2);
}

#[tokio::test]
async fn a_refresh_that_is_on_its_way_at_the_end_is_not_lost() {
    let guarded = Guarded::start(&["--ttl", "1", "--slow", "1000"]).await;
    let home = home(&guarded.section("one", ""));
    let served = serve(&home).await;
    appears(&served, "one__read").await;
    let refreshing = async {
        while guarded.grants("refresh_token").await == 0 {
            // Refreshing begins when somebody needs the token.
            assert_eq!(text(&served, "one__read").await, "read done");
        }
    };
    tokio::time::timeout(PATIENCE, refreshing).await.expect("it is refreshed");
    assert_eq!(served.stop().await, 0);
    let served = serve(&home).await;
    assert_eq!(text(&served, "one__read").await, "read done", "{}", served.log());
    assert_eq!(opened(&home).len(), 1, "a person was asked once");
}

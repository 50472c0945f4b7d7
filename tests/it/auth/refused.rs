//! Logins that would not be safe, at a server that breaks one rule at a time: nothing is opened, no secret leaves.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::evil::{Evil, Refuses, Twist};
use super::{Person, appears, browser, call, home, needs_auth, opened, says, serve};

/// With this twist there is no login: no browser opens, no token is asked for, and the reason is said.
async fn never_begins(twist: Twist, part: &str) {
    let evil = Evil::start(twist).await;
    let home = home(&evil.section());
    let served = serve(&home).await;
    let state = needs_auth(&home, "b").await;
    let why = state["why"].as_str().unwrap();
    assert!(why.contains("wants a login") && why.contains(part), "{part}: {state}");
    assert!(opened(&home).is_empty(), "{part}");
    assert_eq!(evil.asked("POST /token") + evil.asked("GET /authorize"), 0, "{part}");
    assert_eq!(served.stop().await, 0);
}

fn server(name: &'static str, value: Value) -> Twist {
    Twist { server: vec![(name, value)], ..Twist::default() }
}

fn resource(name: &'static str, value: Value) -> Twist {
    Twist { resource: vec![(name, value)], ..Twist::default() }
}

#[tokio::test]
async fn nothing_is_opened_but_a_plain_https_address() {
    for (endpoint, part) in [
        ("javascript:alert(1)", "is neither `https` nor `http`"),
        ("file:///etc/passwd", "is neither"),
        ("http://a$(calc)", "the authorization endpoint names a host that is none"),
        ("--help", "is no URL"),
        ("https://u:p@h/", "user info"),
        ("https://h/\n--evil", "no URL has"),
        ("http://example.com/", "plain `http`"),
    ] {
        never_begins(server("authorization_endpoint", endpoint.into()), part).await;
    }
}

#[tokio::test]
async fn no_address_is_dialled_that_the_operator_did_not_mean() {
    for (issuer, part) in [
        ("http://169.254.169.254/", "metadata service"),
        ("http://2130706433/", "hides it"),
        ("http://0x7f.1/", "hides it"),
        ("http://[::ffff:7f00:1]/", "hides it"),
        ("http://10.0.0.1/", "private network"),
        ("http://0.0.0.0/", "unspecified"),
    ] {
        never_begins(resource("authorization_servers", json!([issuer])), part).await;
    }
    let hidden = "resource_metadata=\"http://[::ffff:7f00:1]:1/elsewhere\"";
    never_begins(Twist { challenge: Some(hidden), ..Twist::default() }, "hides it").await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_wherever_it_goes() {
    let other = Evil::start(Twist::default()).await;
    let to = format!("{}/elsewhere", other.origin);
    for (path, part) in [
        ("/.well-known/oauth-authorization-server", "no metadata of the authorization server"),
        ("/register", "HTTP status 307"),
    ] {
        never_begins(Twist { redirects: vec![(path, to.clone())], ..Twist::default() }, part).await;
    }
    // The token endpoint's comes after the login.
    let evil = Evil::start(Twist { redirects: vec![("/token", to)], ..Twist::default() }).await;
    let home = home(&evil.section());
    let served = serve(&home).await;
    served.said("the login did not succeed").await;
    assert_eq!(evil.asked("POST /token"), 1);
    needs_auth(&home, "b").await;
    assert!(other.seen().is_empty(), "{:?}", other.seen());
}

#[tokio::test]
async fn a_token_for_something_else_is_not_asked_for() {
    for id in
        ["https://evil.test/mcp", "{me}/mc", "{me}/mcp/more", "{me}/mcp#x", "{me}/mcp?x=1", ""]
    {
        never_begins(resource("resource", id.into()), "could be meant for somebody else").await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_who_it_says_is_refused() {
    for issuer in ["https://evil.test", "{me}/", "{me}/x"] {
        never_begins(server("issuer", issuer.into()), "the backend names").await;
    }
}

#[tokio::test]
async fn a_server_without_pkce_is_refused() {
    for methods in [Value::Null, json!([]), json!(["plain"])] {
        never_begins(server("code_challenge_methods_supported", methods), "PKCE with `S256`").await;
    }
}

#[tokio::test]
async fn a_reply_of_another_server_ends_the_login_and_its_text_is_not_shown() {
    let says = || server("authorization_response_iss_parameter_supported", true.into());
    for (twist, reply) in [
        (says(), ""),
        (says(), "&iss=https://evil.test"),
        (says(), "&iss={me}/"),
        (says(), "&iss=https://evil.test&error=s3cret&error_description=s3cret"),
        (Twist::default(), "&iss=https://evil.test"),
    ] {
        let evil = Evil::start(Twist { reply, ..twist }).await;
        let home = home(&evil.section());
        let served = serve(&home).await;
        served.said("the login did not succeed").await;
        let state = needs_auth(&home, "b").await;
        assert!(state["why"].as_str().unwrap().contains("wants a login"), "{reply}: {state}");
        assert_eq!(evil.asked("POST /token"), 0, "{reply}");
        assert!(!served.log().contains("s3cret"), "{reply}: {}", served.log());
        assert_eq!(opened(&home).len(), 1, "{reply}");
    }
}

#[tokio::test]
async fn nothing_of_one_issuer_is_shown_to_another() {
    let two = Evil::start(Twist { mark: "two", ..Twist::default() }).await;
    let one = Evil::start(Twist { mark: "one", ..Twist::default() }).await;
    let home = home(&one.section());
    let served = serve(&home).await;
    appears(&served, "b__read").await;
    one.twist(|twist| twist.moved = Some(two.origin.clone()));
    assert_eq!(call(&served, "b__read").await["error"]["code"], 1008);
    appears(&served, "b__read").await;
    says(&served, "b__read", "read done").await;
    assert_eq!((two.asked("POST /register"), two.asked("POST /token")), (1, 1));
    for request in two.seen() {
        for secret in ["access-one", "refresh-one", "secret-one", "client-one"] {
            assert!(!request.contains(secret), "{request}");
        }
    }
}

#[tokio::test]
async fn a_backend_that_refuses_whatever_was_just_given_is_not_tried_all_the_time() {
    for (refuses, once) in
        [(Refuses::Token, false), (Refuses::Token, true), (Refuses::Scopes, false)]
    {
        let evil = Evil::start(Twist { refuses: Some(refuses), once, ..Twist::default() }).await;
        let home = home(&evil.section());
        let served = serve(&home).await;
        served.said("logged in backend=b").await;
        // All this takes a while, in which much could be asked.
        for _ in 0..20 {
            needs_auth(&home, "b").await;
            assert_eq!(call(&served, "b__read").await["error"]["code"], 1008);
        }
        assert_eq!(opened(&home).len(), 1, "{}", served.log());
        let (tokens, requests) = (evil.asked("POST /token"), evil.asked("POST /mcp"));
        assert!(tokens <= 3 && requests <= 30, "{tokens} {requests}: {}", served.log());
        assert_eq!(served.stop().await, 0);
    }
}

#[tokio::test]
async fn what_comes_to_the_callback_by_mistake_changes_nothing() {
    let evil = Evil::start(Twist::default()).await;
    let home = home(&evil.section());
    browser(&home, Person::DoesNothing);
    let served = serve(&home).await;
    let said = served.said("redirect_uri=").await;
    let url = said.lines().find(|line| line.contains("redirect_uri=")).unwrap();
    let url = reqwest::Url::parse(url).unwrap();
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let (callback, state) = (reqwest::Url::parse(&value("redirect_uri")).unwrap(), value("state"));
    let (host, path) =
        (format!("127.0.0.1:{}", callback.port().unwrap()), callback.path().to_owned());
    let good = format!("GET {path}?code=c1&state={state} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let long = format!(
        "GET {path}?code={}&state={state} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let mut pages = Vec::new();
    for odd in [
        good.replace(&state, "wrong"),
        good.replace(&format!("&state={state}"), ""),
        good.replace("GET", "POST"),
        good.replace(&path, "/callback"),
        good.replace(&host, "evil.test"),
        long,
        "nonsense\r\n\r\n".to_owned(),
    ] {
        pages.push(send(&host, &odd).await);
    }
    for page in &pages {
        assert!(
            page.starts_with("HTTP/1.1 400 ") && *page == pages[0] && !page.contains("wrong"),
            "{page}"
        );
    }
    assert_eq!(evil.asked("POST /token"), 0);
    assert!(send(&host, &good).await.starts_with("HTTP/1.1 200 "));
    appears(&served, "b__read").await;
    assert!(TcpStream::connect(&host).await.is_err(), "the port is closed");
}

async fn send(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    // It need not read all of it.
    let _cut = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    let _cut = stream.read_to_string(&mut answer).await;
    answer
}

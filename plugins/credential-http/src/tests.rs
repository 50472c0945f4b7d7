//! The plugin through the test kit: what endpoints are asked, what backends are shown, what operators read.

mod mistakes;

use std::time::{Duration, SystemTime};

use mcpmux_sdk::http::{Error, Request, Response};
use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Grant, Problem, Query};

use super::CredentialHttp;

const URL: &str = "https://auth.example.com/token";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_222_000)
}

/// Runs the plugin with one entry and an endpoint that answers so.
fn fetch(
    entry: Value,
    answer: impl Fn(&Request) -> Result<Response, Error> + 'static,
) -> Result<Grant, Problem> {
    let mut host = Host::<CredentialHttp>::new(&json!({"backends": [entry]}).to_string()).unwrap();
    host.set_time(now());
    host.secret("KEY", "s3cr3t & more");
    host.on_http(answer);
    host.credentials(&Query::new("api", "https://api.example.com/mcp"))
}

fn answer(text: &str) -> impl Fn(&Request) -> Result<Response, Error> + 'static {
    let response = Response::new(200, text);
    move |_| Ok(response.clone())
}

/// Checks what the endpoint is sent: the method, the headers, and the body.
#[track_caller]
fn check_request(entry: Value, method: &'static str, headers: &[(&str, &str)], body: &str) {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let expected = (method.to_owned(), URL.to_owned(), headers, body.to_owned());
    let grant = fetch(entry, move |request| {
        let body = String::from_utf8(request.body.clone()).unwrap();
        let sent = (request.method.clone(), request.url.clone(), request.headers.clone(), body);
        assert_eq!(sent, expected);
        Ok(Response::new(200, r#"{"access_token": "t"}"#))
    });
    assert_eq!(grant, Ok(Grant::bearer("t")));
}

#[track_caller]
fn check_problem(entry: Value, response: Result<Response, Error>, expected: Problem) {
    assert_eq!(fetch(entry, move |_| response.clone()), Err(expected));
}

#[test]
fn an_endpoint_is_asked_as_it_is_configured() {
    let accept = ("accept", "application/json");
    check_request(json!({"url": URL}), "GET", &[accept], "");
    check_request(json!({"url": URL, "method": "POST"}), "POST", &[accept], "");
    check_request(
        json!({"url": URL, "headers": {"x-key": "Key {secret:KEY}", "Accept": "*/*"}}),
        "GET",
        &[("Accept", "*/*"), ("x-key", "Key s3cr3t & more")],
        "",
    );
    check_request(
        json!({"url": URL, "json": {"key": "{secret:KEY}", "for": ["{backend}", {"url": "{url}", "n": 1}]}}),
        "POST",
        &[accept, ("content-type", "application/json")],
        r#"{"for":["api",{"n":1,"url":"https://api.example.com/mcp"}],"key":"s3cr3t & more"}"#,
    );
    check_request(
        json!({"url": URL, "form": {"key": "{secret:KEY}"}}),
        "POST",
        &[accept, ("content-type", "application/x-www-form-urlencoded")],
        "key=s3cr3t%20%26%20more",
    );
    check_request(
        json!({"url": URL, "headers": {"Content-Type": "application/x-json"}, "json": {}}),
        "POST",
        &[("Content-Type", "application/x-json"), accept],
        "{}",
    );
}

#[test]
fn the_client_credentials_of_oauth_are_a_form() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let accept = ("accept", "application/json");
    check_request(
        json!({"oauth": {"token_url": URL, "client_id": "me", "client_secret": "{secret:KEY}", "scope": "a b"}}),
        "POST",
        &[accept, ("authorization", "Basic bWU6czNjcjN0JTIwJTI2JTIwbW9yZQ=="), form],
        "grant_type=client_credentials&scope=a%20b",
    );
    check_request(
        json!({"oauth": {
            "token_url": URL, "client_id": "me", "client_secret": "{secret:KEY}", "auth": "body",
            "audience": "x", "resource": "{url}",
        }}),
        "POST",
        &[accept, form],
        "grant_type=client_credentials&audience=x&resource=https%3A%2F%2Fapi.example.com%2Fmcp&client_id=me&\
         client_secret=s3cr3t%20%26%20more",
    );
}

#[test]
fn the_answer_says_what_backends_are_shown_and_until_when() {
    let check = |entry: Value, text: &str, header: &str, value: &str, seconds: Option<u64>| {
        let grant = fetch(entry, answer(text)).unwrap();
        assert_eq!(grant.headers, [(header.to_owned(), value.to_owned())]);
        assert_eq!(grant.expires_at, seconds.map(|seconds| now() + Duration::from_secs(seconds)));
    };
    let usual = r#"{"access_token": "t", "expires_in": 60, "token_type": "bearer"}"#;
    check(json!({"url": URL}), usual, "authorization", "Bearer t", Some(60));
    check(json!({"url": URL, "ttl": "30s"}), usual, "authorization", "Bearer t", Some(30));
    check(
        json!({"url": URL, "token": "/data/0/jwt", "expires_at": "/data/0/end", "header": "x-token"}),
        r#"{"data": [{"jwt": "t", "end": "2026-01-01T00:00:00Z"}]}"#,
        "x-token",
        "t",
        Some(3_600),
    );
    check(json!({"url": URL, "format": "text"}), "t\n", "authorization", "Bearer t", None);
}

#[test]
fn an_endpoint_that_refuses_is_named_with_its_error_and_no_secret() {
    let status = |status, body: &str| Ok(Response::new(status, body));
    let entry = || json!({"url": format!("{URL}?a=b"), "headers": {"x": "{secret:KEY}"}});
    check_problem(
        entry(),
        status(
            401,
            r#"{"error": "invalid_client", "error_description": "no such key: s3cr3t & more\n"}"#,
        ),
        Problem::Permanent(format!(
            "`{URL}` answered with status 401: invalid_client: no such key: ****"
        )),
    );
    let text = format!("`{URL}` answered with status 400: temporarily_unavailable");
    check_problem(
        entry(),
        status(400, r#"{"error": "temporarily_unavailable"}"#),
        Problem::Temporary(text),
    );
    for code in [429, 503] {
        let text = format!("`{URL}` answered with status {code}");
        check_problem(entry(), status(code, "<html>s3cr3t"), Problem::Temporary(text));
    }
    let text = format!(
        "`{URL}` answered with a redirect (302), which is not followed; write the URL that it leads to"
    );
    check_problem(entry(), status(302, ""), Problem::Permanent(text));
}

#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    let check =
        |error: Error, expected: Problem| check_problem(json!({"url": URL}), Err(error), expected);
    check(Error::Timeout, Problem::Temporary(format!("`{URL}` took too long to answer")));
    check(
        Error::Network("refused".to_owned()),
        Problem::Temporary(format!("`{URL}` cannot be asked: refused")),
    );
    check(
        Error::TooLarge,
        Problem::Permanent(format!("`{URL}` answered with more than a token can be")),
    );
    check(
        Error::NotAllowed("no grant".to_owned()),
        Problem::Permanent(format!("`{URL}` may not be asked: no grant")),
    );
}

#[test]
fn an_answer_without_a_token_is_a_problem_that_does_not_show_it() {
    for (text, why) in [
        ("s3cr3t", "it is no JSON (line 1, column 1)"),
        (
            r#"{"x": "s3cr3t"}"#,
            "there is no token at `/token` or `/access_token`, and no `/headers`",
        ),
        (r#"{"token": "s3cr3t\n\ns3cr3t"}"#, "it has several lines"),
        (r#"{"token": "s3cr3t", "expires_at": 5}"#, "it has expired already"),
    ] {
        let expected = Problem::Temporary(format!("the answer of `{URL}` cannot be used: {why}"));
        assert_eq!(fetch(json!({"url": URL}), answer(text)), Err(expected));
    }
}

#[test]
fn a_secret_that_is_not_there_or_no_header_is_named() {
    let problem = |entry: Value| fetch(entry, answer("{}")).unwrap_err();
    let text = "there is no secret `OTHER`\nhint: add `OTHER = \"...\"` to `[plugins.secrets]` of this plugin";
    let missing = problem(json!({"url": URL, "headers": {"x": "{secret:OTHER}"}}));
    assert_eq!(missing, Problem::Permanent(text.to_owned()));
    let empty = problem(json!({"url": URL, "headers": {"x": ""}}));
    assert_eq!(empty, Problem::Permanent("`headers.x` cannot be sent: it is empty".to_owned()));
}

#[test]
fn a_backend_that_no_entry_is_for_is_a_problem() {
    let expected =
        "no entry of `backends` is for `api`; add one with `backend = \"api\"` and its `url`";
    let problem = fetch(json!({"backend": "other", "url": URL}), answer("{}"));
    assert_eq!(problem, Err(Problem::Permanent(expected.to_owned())));
}

#[test]
fn it_wants_endpoints_secrets_and_the_clock() {
    let wants: Vec<_> =
        Host::<CredentialHttp>::describe().wants.into_iter().map(|want| want.grant).collect();
    assert_eq!(wants, ["http", "secrets", "clock"]);
}

#[test]
fn the_golden_calls_are_decided_as_written() -> mcpmux_sdk::Result<()> {
    golden::<CredentialHttp>("golden")
}

//! The plugin through the test kit: what backends are shown, and what operators read.

mod mistakes;

use std::time::{Duration, SystemTime};

use mcpmux_sdk::exec::{Error, Output};
use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Grant, Problem, Query, Reason};

use super::CredentialExec;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_222_000)
}

/// Runs the plugin with one entry and a command that ends so.
fn fetch(entry: Value, ends: Result<Output, Error>) -> Result<Grant, Problem> {
    let mut host = Host::<CredentialExec>::new(&json!({"backends": [entry]}).to_string()).unwrap();
    host.set_time(now());
    host.on_exec(move |_, _| ends.clone());
    host.credentials(&Query::new("github", "https://api.example.com/mcp"))
}

#[track_caller]
fn check(entry: Value, stdout: &str, headers: &[(&str, &str)], seconds: Option<u64>) {
    let grant = fetch(entry, Ok(Output::success(stdout))).unwrap();
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(grant.headers, headers);
    assert_eq!(grant.expires_at, seconds.map(|seconds| now() + Duration::from_secs(seconds)));
}

#[track_caller]
fn check_problem(entry: Value, ends: Result<Output, Error>, expected: Problem) {
    assert_eq!(fetch(entry, ends), Err(expected));
}

/// One that ends an hour from now.
const JWT: &str =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ4IiwiZXhwIjoxNzY3MjI1NjAwfQ.c2ln";

#[test]
fn the_output_is_the_token() {
    check(json!({"command": ["gh"]}), " t0ken\n", &[("authorization", "Bearer t0ken")], None);
    check(
        json!({"command": ["gh"], "scheme": "token"}),
        "t",
        &[("authorization", "token t")],
        None,
    );
    check(json!({"command": ["gh"], "header": "x-api-key"}), "t", &[("x-api-key", "t")], None);
}

#[test]
fn the_token_is_good_as_long_as_it_says_and_as_it_may() {
    let bearer = format!("Bearer {JWT}");
    let shown = [("authorization", bearer.as_str())];
    check(json!({"command": ["x"]}), JWT, &shown, Some(3_600));
    check(json!({"command": ["x"], "ttl": "10m"}), JWT, &shown, Some(600));
    check(json!({"command": ["x"], "ttl": "2h"}), JWT, &shown, Some(3_600));
    check(
        json!({"command": ["x"], "ttl": "10m"}),
        "t",
        &[("authorization", "Bearer t")],
        Some(600),
    );
}

#[test]
fn json_says_more() {
    let shown = [("authorization", "Bearer t")];
    let entry = || json!({"command": ["x"]});
    check(entry(), r#"{"token": "t", "expires_in": 60}"#, &shown, Some(60));
    check(
        entry(),
        r#"{"access_token": "t", "expires_at": "2026-01-01T00:00:00Z"}"#,
        &shown,
        Some(3_600),
    );
    let headers = r#"{"headers": {"x-a": "1", "x-b": "2"}, "expires_in": 60}"#;
    check(entry(), headers, &[("x-a", "1"), ("x-b", "2")], Some(60));
    let kubernetes = json!({
        "command": ["x"],
        "json": {"token": "/status/token", "expires_at": "/status/expirationTimestamp"},
    });
    let output = r#"{"status": {"token": "t", "expirationTimestamp": "2026-01-01T00:00:00Z"}}"#;
    check(kubernetes, output, &shown, Some(3_600));
    let text = json!({"command": ["x"], "format": "text"});
    check(text, r#"{"a":"b"}"#, &[("authorization", r#"Bearer {"a":"b"}"#)], None);
}

#[test]
fn the_first_entry_for_a_backend_is_its_own_and_words_are_filled_in() {
    let config = json!({"backends": [
        {"backend": "git*", "command": ["a", "--for={backend}", "{url}"]},
        {"command": ["b"]},
    ]});
    let mut host = Host::<CredentialExec>::new(&config.to_string()).unwrap();
    host.on_exec(|argv, stdin| {
        assert!(stdin.is_empty());
        Ok(Output::success(argv.join("_")))
    });
    let mut shown = |backend: &str| {
        host.credentials(&Query::new(backend, "https://x/")).unwrap().headers[0].1.clone()
    };
    assert_eq!(shown("github"), "Bearer a_--for=github_https://x/");
    assert_eq!(shown("other"), "Bearer b");
}

#[test]
fn the_command_is_told_why_if_it_wants_to_know() {
    let config = json!({"backends": [{"command": ["x"], "stdin": true}]});
    let mut host = Host::<CredentialExec>::new(&config.to_string()).unwrap();
    host.on_exec(|_, stdin| {
        let told: Value = mcpmux_sdk::serde_json::from_slice(stdin).unwrap();
        let expected = json!({"backend": "b", "url": "https://x/", "why": "refused", "challenge": "Bearer scope=\"a\""});
        assert_eq!(told, expected);
        Ok(Output::success("t"))
    });
    let mut query = Query::new("b", "https://x/").because(Reason::Refused);
    query.challenge = Some("Bearer scope=\"a\"".to_owned());
    host.credentials(&query).unwrap();
}

#[test]
fn a_command_that_fails_is_named_with_what_it_said() {
    let failed = || {
        Ok(Output {
            code: Some(4),
            stdout: "s3cr3t-t0ken".into(),
            stderr: "run `gh auth login`".into(),
        })
    };
    let entry = || json!({"command": ["gh", "auth", "token"]});
    let text = "`gh` failed with exit code 4: run `gh auth login`".to_owned();
    check_problem(entry(), failed(), Problem::Temporary(text.clone()));
    let login = json!({"command": ["gh"], "login_exit_codes": [4]});
    check_problem(login, failed(), Problem::NeedsLogin(text));
    check_problem(
        entry(),
        Err(Error::Timeout),
        Problem::Temporary("`gh` took too long".to_owned()),
    );
    let large = "`gh` wrote more than a token can be".to_owned();
    check_problem(entry(), Err(Error::TooLarge), Problem::Permanent(large));
    let missing = Err(Error::Failed("not found".to_owned()));
    check_problem(
        entry(),
        missing,
        Problem::Temporary("`gh` could not be run: not found".to_owned()),
    );
}

#[test]
fn a_missing_grant_is_printed_as_it_has_to_be_written() {
    let entry = json!({"command": ["pass", "show", "mcp/{backend}"]});
    let text = "`pass` may not be run: no\nhint: add `exec:pass show *` to `grant` of this plugin";
    check_problem(
        entry,
        Err(Error::NotAllowed("no\nhint: more".to_owned())),
        Problem::Permanent(text.to_owned()),
    );
}

#[test]
fn output_that_is_no_token_is_a_problem_that_does_not_show_it() {
    for (stdout, why) in [
        (&b""[..], "it is empty"),
        (b"s3cr3t\ns3cr3t", "it has several lines"),
        (b"{\"token\": \"s3cr3t", "it is no JSON (line 1, column 17)"),
        (b"{\"s3cr3t\": 1}", "there is no token at `/token` or `/access_token`, and no `/headers`"),
        (b"{\"token\": \"s3cr3t\", \"expires_in\": 0}", "it has expired already"),
        (b"\xff\xfe", "it is no text (UTF-8)"),
    ] {
        let expected = format!("what `x` wrote cannot be used: {why}");
        check_problem(
            json!({"command": ["x"]}),
            Ok(Output::success(stdout)),
            Problem::Temporary(expected),
        );
    }
}

#[test]
fn a_backend_that_no_entry_is_for_is_a_problem() {
    let expected = "no entry of `backends` is for `github`; add one with `backend = \"github\"` and its `command`";
    let entry = json!({"backend": "other", "command": ["x"]});
    check_problem(entry, Ok(Output::success("t")), Problem::Permanent(expected.to_owned()));
}

#[test]
fn it_wants_programs_and_the_clock() {
    let wants: Vec<_> =
        Host::<CredentialExec>::describe().wants.into_iter().map(|want| want.grant).collect();
    assert_eq!(wants, ["exec", "clock"]);
}

#[test]
fn the_golden_calls_are_decided_as_written() -> mcpmux_sdk::Result<()> {
    golden::<CredentialExec>("golden")
}

//! One plugin with all hooks, run natively by the test kit.

#![expect(clippy::unwrap_used, reason = "all of this file is a test")]

#[path = "../examples/everything.rs"]
pub mod everything;

use std::time::{Duration, SystemTime};

use mcpmux_sdk::serde_json::json;
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{
    Action, Call, Client, Delivery, Denial, Doc, Entry, Grant, ListEntry, NoConfig, Notice,
    Obligations, Outcome, Plugin, Problem, Query, Question, Reason, Result, Source, Status,
    Verdict, ask, deny, entries, exec, http, kv, plugin, withhold,
};

use everything::Everything;

fn host() -> Host<Everything> {
    Host::new("{}").unwrap()
}

#[test]
fn it_is_described_by_its_package() {
    let description = Host::<Everything>::describe();
    assert_eq!((description.id.as_str(), description.version.as_str()), ("mcpmux-sdk", "0.1.0"));
    assert_eq!(description.summary, "does a bit of everything");
}

#[test]
fn a_catalog_is_read_changed_and_added_to() {
    let wipe = Entry::new("files", "wipe")
        .with_definition(json!({"annotations": {"destructiveHint": true}}));
    let catalog =
        host().catalog(vec![wipe, Entry::new("files", "read"), Entry::prompt("a", "b")]).unwrap();
    assert_eq!(catalog.names(), ["files__read", "a__b", "time"]);
    assert_eq!(catalog.edits().len(), 4);
}

#[test]
fn a_request_is_forwarded_answered_refused_or_sent_elsewhere() {
    let mut host = host();
    host.set_time(SystemTime::UNIX_EPOCH + Duration::from_secs(7));
    let answered = host.request(&Call::tool("plugin", "time"), json!({})).unwrap();
    assert_eq!(answered.action, Action::text("7"));
    let refused = host.request(&Call::tool("files", "never"), json!({})).unwrap();
    assert_eq!(refused.action, Action::Refuse(Denial::new("everything.never", "never")));
    let elsewhere = host.request(&Call::tool("files", "old"), json!({"a": 1})).unwrap();
    assert_eq!(elsewhere.action, Action::reroute("files__new", json!({"a": 1})));
    let read = Call::tool("files", "read");
    let forwarded = host.request(&read, json!({"path": "/x", "force": true, "b": [1]})).unwrap();
    assert_eq!(forwarded.action, Action::Forward);
    assert_eq!(forwarded.arguments, json!({"path": "/srv/x", "b": [1]}));
    let error = host.request(&read, json!({"path": "/x"})).unwrap_err().to_string();
    assert_eq!(error, "there is nothing at `/force`");
}

#[test]
fn a_call_is_judged() {
    let mut host = host();
    let call = Call::tool("files", "read");
    let verdict = host.authorize(&call, json!({"path": 1, "paths": [1, "/etc"]})).unwrap();
    assert_eq!(verdict, deny("everything.etc", "not there"));
    let verdict = host.authorize(&call, json!({"path": 1})).unwrap();
    let obligations = Obligations { redact: vec!["/secret".to_owned()], ..Default::default() };
    assert_eq!(verdict, Verdict::AllowWith(obligations));
    assert_eq!(host.authorize(&call, json!({})).unwrap(), ask("May I?"));
    let somebody = call.with_client(Client::new("c").with_principal("ann"));
    let verdict = host.authorize(&somebody, json!({})).unwrap();
    let question = Question::new("May I?").remember("may", Duration::from_secs(60));
    assert_eq!(verdict, Verdict::Ask(question));
    let mut read = ListEntry::tool("files", "read");
    read.read_only = Some(true);
    let list = [ListEntry::tool("files", "write"), read];
    assert_eq!(host.authorize_list(&Client::default(), &list).unwrap(), [false, true]);
}

#[test]
fn what_comes_back_is_changed_or_withheld() {
    let mut host = host();
    let call = Call::tool("files", "read");
    let answered = host.response(&call, Source::Success, json!({"content": []})).unwrap();
    assert_eq!(answered.document, json!({"content": [{"type": "text", "text": "seen"}]}));
    let question = host.response(&call, Source::Question, json!({})).unwrap();
    assert_eq!(question.reply, withhold("everything.question", "no questions"));
    let notified = host.notify(&Notice::new("files", "notifications/progress"), json!({})).unwrap();
    assert_eq!(
        (notified.delivery, notified.params),
        (Delivery::Deliver, json!({"replaced": true}))
    );
    let dropped = host.notify(&Notice::new("files", "notifications/message"), json!({})).unwrap();
    assert_eq!(dropped.delivery, Delivery::Drop);
    host.observe(&Outcome::new(call.clone(), Status::Success)).unwrap();
    host.observe(&Outcome::new(call, Status::Refused)).unwrap();
    assert_eq!(
        host.kv().into_iter().collect::<Vec<_>>(),
        [("files__read".to_owned(), "2".to_owned())]
    );
}

#[test]
fn credentials_come_from_a_secret_an_endpoint_or_a_program() {
    let mut host = host();
    let query = Query::new("files", "https://files.example.com/mcp");
    host.secret("TOKEN", "t1");
    assert_eq!(host.credentials(&query).unwrap(), Grant::bearer("t1"));
    let query = query.because(Reason::Expired);
    assert!(matches!(host.credentials(&query), Err(Problem::Temporary(_))));
    host.on_http(|request| {
        assert_eq!(request.body, b"grant_type=refresh%20token");
        Ok(http::Response::new(200, "\"t2\""))
    });
    assert_eq!(host.credentials(&query).unwrap(), Grant::bearer("t2"));
    host.set_time(SystemTime::UNIX_EPOCH);
    host.on_exec(|argv, _| Ok(exec::Output::success(format!("{}\n", argv.join("+")))));
    let granted = host.credentials(&query.because(Reason::Refused)).unwrap();
    assert_eq!(granted, Grant::header("x-token", "token+files").expires_at(SystemTime::UNIX_EPOCH));
}

struct Unasked;

#[plugin]
impl Plugin for Unasked {
    type Config = NoConfig;

    fn new(NoConfig {}: NoConfig) -> Result<Self> {
        Ok(Self)
    }

    fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
        match call.name.as_str() {
            "kv" => drop(kv::get("a")),
            "entries" => drop(entries::all()),
            "http" => drop(http::send(http::Request::get("https://example.com"))?),
            "pointer" => drop(arguments.str("path")),
            "twice" => drop(arguments.str("/a")),
            _ => {}
        }
        Ok(Verdict::Allow)
    }
}

#[test]
fn what_a_plugin_does_not_want_or_may_not_do_fails_the_hook() {
    #[track_caller]
    fn check(name: &str, text: &str) {
        let mut host = Host::<Unasked>::new("{}").unwrap();
        let arguments = Doc::new(r#"{"a": 1, "a": 2}"#).unwrap();
        let error = host.authorize(&Call::tool("files", name), arguments).unwrap_err().to_string();
        assert_eq!(error, text);
    }
    let hint = |grant: &str| {
        format!(
            "`{grant}` is not granted\nhint: in `describe` say `.wants(\"{grant}\", \"what for\")`, \
             and in the configuration `grant = [\"{grant}\"]`"
        )
    };
    check("kv", &hint("kv"));
    check("entries", &hint("catalog"));
    check(
        "http",
        "`http` waits, and `authorize` may not; it can be used in `observe` and `credentials`",
    );
    check(
        "pointer",
        "`path` is no JSON Pointer: it is empty or starts with `/`, and `~` is followed by 0 or 1",
    );
    check("twice", "the document names `a` twice in one object");
}

#[test]
fn a_want_that_is_not_granted_keeps_the_plugin_from_starting() {
    let error = Host::<Everything>::granted("{}", &["kv"]).unwrap_err().to_string();
    assert_eq!(error, "wants `clock` (says when), which is not granted");
}

#[test]
fn golden_calls_are_decided_as_written() -> Result<()> {
    golden::<Everything>("tests/golden")
}

#[test]
fn golden_calls_that_are_decided_otherwise_are_all_named() {
    let error = golden::<Everything>("tests/golden-wrong").unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(
        lines,
        [
            r#"tests/golden-wrong/calls.json: call 1 (authorize): expected "allow""#,
            r#"  found {"ask":{"key":null,"remember_ms":0,"text":"May I?"}}"#,
            r#"tests/golden-wrong/calls.json: call 3 (request): it says nothing to `expect`"#,
            r#"  found {"error":"there is nothing at `/force`"}"#,
            r#"tests/golden-wrong/config.json: the configuration: expected {"error":"no"}, but it was taken"#,
            r#"tests/golden-wrong/grant.json: the configuration: it says nothing to `expect`"#,
            r#"  found {"error":"wants `clock` (says when), which is not granted"}"#,
        ]
    );
    let error = golden::<Everything>("tests/nowhere").unwrap_err().to_string();
    assert!(error.starts_with("tests/nowhere: "), "{error}");
    assert_eq!(golden::<Everything>("src").unwrap_err().to_string(), "src holds no golden calls");
}

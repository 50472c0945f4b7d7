//! The plugin through the test kit: its hooks, and what operators would read.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Action, Call, Delivery, Notice, Reply, Source};

use super::Redact;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

fn host(config: &str) -> Host<Redact> {
    Host::new(config).unwrap()
}

#[track_caller]
fn check_mistakes(config: &Value, mistakes: &[&str]) {
    let error = Host::<Redact>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

#[test]
fn it_wants_no_right_and_shows_its_schema() {
    let description = Host::<Redact>::describe();
    assert!(description.wants.is_empty());
    let schema: Value =
        mcpmux_sdk::serde_json::from_str(include_str!("../config.schema.json")).unwrap();
    let kinds: Vec<_> = crate::kind::Kinds::names().collect();
    assert_eq!(schema["$defs"]["kind"]["enum"], json!(kinds), "the schema knows every kind");
}

#[test]
fn answers_errors_and_questions_are_looked_through() {
    let call = Call::tool("files", "read");
    let mut host = host("{}");
    for source in [Source::Success, Source::Error, Source::Question] {
        let answered =
            host.response(&call, source, json!({"message": format!("key {KEY}")})).unwrap();
        assert_eq!(answered.reply, Reply::Deliver);
        assert_eq!(answered.document, json!({"message": "key [redacted:aws-key]"}));
    }
    let clean = json!({"content": [{"type": "text", "text": "a"}]});
    assert_eq!(host.response(&call, Source::Success, clean.clone()).unwrap().document, clean);
}

#[test]
fn notifications_are_looked_through_but_for_uris_of_updates() {
    let mut host = host("{}");
    let notified =
        host.notify(&Notice::new("a", "notifications/message"), json!({"data": KEY})).unwrap();
    assert_eq!(
        (notified.delivery, notified.params),
        (Delivery::Deliver, json!({"data": "[redacted:aws-key]"}))
    );
    let updated = json!({"uri": format!("x:///{KEY}")});
    let notice = Notice::new("a", "notifications/resources/updated");
    assert_eq!(host.notify(&notice, updated.clone()).unwrap().params, updated);
}

#[test]
fn arguments_are_looked_through_only_if_wished() {
    let call = Call::tool("mail", "send");
    let requested = host("{}").request(&call, json!({"text": KEY})).unwrap();
    assert_eq!((requested.action, requested.arguments), (Action::Forward, json!({"text": KEY})));
    let mut host = host(r#"{"on": ["request"]}"#);
    let requested = host.request(&call, json!({"text": KEY})).unwrap();
    assert_eq!(requested.arguments, json!({"text": "[redacted:aws-key]"}));
    let answered = host.response(&call, Source::Success, json!({"text": KEY})).unwrap();
    assert_eq!(answered.document, json!({"text": KEY}));
    let notified =
        host.notify(&Notice::new("a", "notifications/message"), json!({"data": KEY})).unwrap();
    assert_eq!(notified.params, json!({"data": KEY}));
}

#[test]
fn addresses_and_telephones_are_left_unless_they_are_asked_for() {
    let call = Call::tool("crm", "get");
    let record =
        json!({"mail": "me@example.com", "phone": "+49 30 1234567", "card": "4111111111111111"});
    let answered = host("{}").response(&call, Source::Success, record.clone()).unwrap();
    assert_eq!(
        answered.document,
        json!({"mail": "me@example.com", "phone": "+49 30 1234567", "card": "[redacted:card]"})
    );
    let mut host = host(r#"{"detect": ["personal"], "except": ["card"]}"#);
    assert_eq!(
        host.response(&call, Source::Success, record).unwrap().document,
        json!({"mail": "[redacted:email]", "phone": "[redacted:phone]", "card": "4111111111111111"})
    );
}

#[test]
fn what_is_found_is_counted_in_the_log_and_not_shown() {
    let mut host = host("{}");
    host.response(&Call::tool("files", "read"), Source::Success, json!([KEY, KEY])).unwrap();
    let log = host.take_log();
    let lines: Vec<&str> = log.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["redacted 2 aws-key in the answer of files, `read`"]);
}

#[test]
fn mistakes_of_kinds() {
    let all = "`all`, `secrets`, `personal`, `private-key`, `aws-key`, `google-key`, `github-token`, `gitlab-token`, `slack-token`, `stripe-key`, `anthropic-key`, `openai-key`, `vendor-token`, `jwt`, `url-password`, `authorization`, `secret`, `card`, `iban`, `ssn`, `email`, `phone`";
    check_mistakes(
        &json!({"detect": ["emails"], "except": ["x"]}),
        &[
            &format!("detect[0]: unknown kind `emails`, expected one of {all}"),
            &format!("except[0]: unknown kind `x`, expected one of {all}"),
        ],
    );
    check_mistakes(&json!({"detect": []}), &["detect: nothing is left to look for"]);
    check_mistakes(
        &json!({"detect": ["jwt"], "except": ["all"]}),
        &["detect: nothing is left to look for"],
    );
}

#[test]
fn mistakes_of_patterns() {
    let bad = json!({"patterns": [
        {"name": "A", "regex": "a"},
        {"name": "jwt", "regex": "a"},
        {"name": "a", "regex": "b*"},
        {"name": "a", "regex": "b", "contains": ""},
        {"name": "a", "regex": "c"},
        {"name": "b"},
        {"name": "b", "regexp": "b"},
    ]});
    check_mistakes(
        &bad,
        &[
            "patterns[0].name: must be 1 to 32 of a-z, 0-9 and `-`",
            "patterns[1].name: `jwt` is built in; choose another",
            "patterns[2].regex: matches even nothing, and so everywhere",
            "patterns[3].contains: must not be empty; leave it out",
            "patterns[4].name: `a` is there twice",
            "patterns[5]: missing key `regex`",
            "patterns[6].regexp: unknown key `regexp`, expected one of `name`, `regex`, `contains`",
        ],
    );
    let error = Host::<Redact>::new(r#"{"patterns":[{"name":"a","regex":"("}]}"#).err().unwrap();
    assert!(error.to_string().starts_with("patterns[0].regex: "), "{error}");
    let many: Vec<_> =
        (0..65).map(|number| json!({"name": format!("p{number}"), "regex": "a"})).collect();
    check_mistakes(&json!({"patterns": many}), &["patterns[64].name: there can be 64 patterns"]);
}

#[test]
fn mistakes_of_the_other_keys() {
    check_mistakes(&json!({"allow": ["a", ""]}), &["allow[1]: must not be empty"]);
    check_mistakes(
        &json!({"allow": ["**"]}),
        &["allow[0]: lets everything through; take the kind out of `detect` instead"],
    );
    check_mistakes(
        &json!({"replacement": "x"}),
        &["replacement: unknown `x`, expected `kind` or `hash`"],
    );
    check_mistakes(
        &json!({"replacement": "hash"}),
        &[
            "hash_key: missing; `replacement = \"hash\"` needs 16 characters or more that nobody can guess",
        ],
    );
    check_mistakes(
        &json!({"replacement": "hash", "hash_key": "short"}),
        &["hash_key: too short; give 16 characters or more"],
    );
    check_mistakes(
        &json!({"hash_key": "0123456789abcdef"}),
        &["hash_key: has no effect without `replacement = \"hash\"`"],
    );
    check_mistakes(
        &json!({"on": ["request", "requests"]}),
        &["on[1]: unknown `requests`, expected `response`, `notify` or `request`"],
    );
    check_mistakes(
        &json!({"on": []}),
        &["on: must not be empty; to switch the plugin off use `mode = \"off\"`"],
    );
    check_mistakes(
        &json!({"on": "request"}),
        &["on: invalid type: string \"request\", expected a sequence"],
    );
    check_mistakes(
        &json!({"detects": []}),
        &[
            "detects: unknown key `detects`, expected one of `detect`, `except`, `patterns`, `allow`, `replacement`, `hash_key`, `on`",
        ],
    );
}

#[test]
fn the_golden_calls_are_decided_as_written() -> mcpmux_sdk::Result<()> {
    golden::<Redact>("golden")
}

//! The rules through the test kit: what clients may do and see, and what operators would read.

mod mistakes;

use std::time::Duration;

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Call, Client, Kind, ListEntry, Method, Obligations, Verdict};

use super::Permissions;

fn host(config: Value) -> Host<Permissions> {
    Host::new(&config.to_string()).unwrap()
}

/// `allow`, `ask`, `oblige`, or the code of the denial.
#[track_caller]
fn word(config: &Value, call: &Call, arguments: Value) -> String {
    match host(config.clone()).authorize(call, arguments).unwrap() {
        Verdict::Allow => "allow".to_owned(),
        Verdict::AllowWith(_) => "oblige".to_owned(),
        Verdict::Ask(_) => "ask".to_owned(),
        Verdict::Deny(denial) => denial.code,
    }
}

const DENIED: &str = "permissions.denied";
const DEFAULT: &str = "permissions.default";

#[track_caller]
fn check(config: Value, cases: &[(Call, &str)]) {
    for (call, expected) in cases {
        assert_eq!(word(&config, call, json!({})), *expected, "{config} {call:?}");
    }
}

/// Checks the verdicts on one tool with these arguments.
#[track_caller]
fn check_arguments(config: Value, cases: &[(Value, &str)]) {
    for (arguments, expected) in cases {
        let word = word(&config, &Call::tool("files", "write"), arguments.clone());
        assert_eq!(word, *expected, "{config} {arguments}");
    }
}

fn listed(config: &Value, client: &Client, kind: Kind, backend: &str, name: &str) -> bool {
    let entry = ListEntry {
        kind,
        backend: backend.to_owned(),
        name: name.to_owned(),
        exposed: format!("{backend}__{name}"),
        read_only: None,
        destructive: None,
    };
    host(config.clone()).authorize_list(client, &[entry]).unwrap() == [true]
}

#[test]
fn what_is_denied_by_name_is_refused_and_the_rest_allowed() {
    let read = Call::tool("files", "read");
    let delete = Call::tool("files", "delete_all");
    for pattern in ["files__delete_*", "files/delete_*", "*/delete_*"] {
        let cases = [(read.clone(), "allow"), (delete.clone(), DENIED)];
        check(json!({"deny": [pattern]}), &cases);
    }
    check(json!({"deny": "files/*"}), &[(read, DENIED), (Call::tool("other", "read"), "allow")]);
}

#[test]
fn native_names_are_judged_and_never_exposed_ones() {
    let renamed = Call::tool("files", "delete_all").with_exposed("files__harmless");
    let other = Call::tool("files", "harmless").with_exposed("files__delete_all");
    check(json!({"deny": ["files__delete_*"]}), &[(renamed, DENIED), (other, "allow")]);
}

#[test]
fn as_soon_as_something_is_allowed_by_name_the_rest_is_not() {
    let cases = [
        (Call::tool("files", "read"), "allow"),
        (Call::tool("files", "write"), DEFAULT),
        (Call::tool("files", "read_secret"), DENIED),
    ];
    check(json!({"allow": ["files/read*"], "deny": ["*/*secret*"]}), &cases);
    let lenient = json!({"allow": ["files/read*"], "deny": ["*/*secret*"], "default": "allow"});
    check(lenient, &[(Call::tool("files", "write"), "allow")]);
    check(json!({"default": "deny"}), &[(Call::tool("files", "read"), DEFAULT)]);
    check(json!({"default": "allow"}), &[(Call::tool("files", "read"), "allow")]);
}

#[test]
fn a_question_stands_between_denying_and_allowing() {
    let config =
        json!({"deny": ["files/drop"], "ask": ["files/*"], "allow": ["files/drop", "files/read"]});
    let cases = [
        (Call::tool("files", "drop"), DENIED),
        (Call::tool("files", "read"), "ask"),
        (Call::tool("other", "read"), DEFAULT),
    ];
    check(config, &cases);
}

#[test]
fn with_first_match_the_order_decides() {
    let config = json!({"first_match": true, "default": "deny", "rules": [
        {"effect": "allow", "entries": ["files/delete_draft"]},
        {"effect": "deny", "entries": ["files/delete_*"]},
        {"effect": "ask", "entries": ["files/write"]},
        {"effect": "allow", "entries": ["files/*"]},
    ]});
    let cases = [
        (Call::tool("files", "delete_draft"), "allow"),
        (Call::tool("files", "delete_all"), DENIED),
        (Call::tool("files", "write"), "ask"),
        (Call::tool("files", "read"), "allow"),
        (Call::tool("other", "read"), DEFAULT),
    ];
    check(config, &cases);
}

#[test]
fn rules_are_for_clients_principals_and_spaces() {
    let call = |client: Client| Call::tool("files", "read").with_client(client);
    let by = |key: &str| json!({"rules": [{"effect": "allow", key: ["work*"]}]});
    check(
        by("clients"),
        &[(call(Client::new("workbench")), "allow"), (call(Client::new("x")), DEFAULT)],
    );
    let known = Client::new("x").with_principal("work-1");
    check(
        by("principals"),
        &[(call(known.clone()), "allow"), (call(Client::new("work")), DEFAULT)],
    );
    let space = Client::new("x").with_space("work");
    check(by("spaces"), &[(call(space), "allow"), (call(known), DEFAULT)]);
}

#[test]
fn rules_are_for_methods_and_kinds() {
    let tool = Call::tool("b", "x");
    let prompt = Call::prompt("b", "x");
    let resource = Call::resource("b", "x://y");
    let subscribe = resource.clone().with_method(Method::Subscribe);
    let unsubscribe = resource.clone().with_method(Method::Unsubscribe);
    check(
        json!({"rules": [{"effect": "deny", "kinds": ["tool", "prompt"]}]}),
        &[(tool.clone(), DENIED), (prompt.clone(), DENIED), (resource.clone(), "allow")],
    );
    check(
        json!({"rules": [{"effect": "deny", "methods": ["resources/subscribe", "tools/*"]}]}),
        &[
            (tool, DENIED),
            (prompt, "allow"),
            (resource, "allow"),
            (subscribe, DENIED),
            (unsubscribe, DENIED),
        ],
    );
}

#[test]
fn a_condition_that_is_not_met_or_cannot_be_judged_allows_nothing() {
    let config = json!({"rules": [{
        "effect": "allow",
        "entries": ["files/write"],
        "arguments": [{"at": "/path", "path_within": "/data"}, {"at": "/size", "max": 100}],
    }]});
    check_arguments(
        config,
        &[
            (json!({"path": "/data/x", "size": 5}), "allow"),
            (json!({"path": "/data/x"}), DEFAULT),
            (json!({"path": "/data/../etc/x", "size": 5}), DEFAULT),
            (json!({"path": "x", "size": 5}), DEFAULT),
            (json!({"path": ["/data/x"], "size": 5}), DEFAULT),
            (json!({"path": "/data/x", "size": "5"}), DEFAULT),
        ],
    );
}

#[test]
fn what_cannot_be_judged_is_denied_where_a_rule_denies() {
    let config = json!({"rules": [
        {"effect": "deny", "arguments": [{"at": "/path", "path_within": "/etc"}]},
        {"effect": "deny", "arguments": [{"at": "/size", "min": 100}]},
    ]});
    check_arguments(
        config,
        &[
            (json!({}), "allow"),
            (json!({"path": "/data/x", "size": 5}), "allow"),
            (json!({"path": null, "size": null}), "allow"),
            (json!({"path": "/data/..//./etc/passwd"}), DENIED),
            (json!({"path": "../etc/passwd"}), DENIED),
            (json!({"path": {"is": "/etc"}}), DENIED),
            (json!({"size": "500"}), DENIED),
            (json!({"size": 500}), DENIED),
        ],
    );
}

#[test]
fn an_argument_named_twice_is_judged_by_nobody() {
    let config = json!({"rules": [{"effect": "deny", "arguments": [{"at": "/a", "equals": 1}]}]});
    let twice = mcpmux_sdk::Doc::new(r#"{"a": 2, "a": 1}"#).unwrap();
    host(config).authorize(&Call::tool("files", "write"), twice).unwrap_err();
}

#[test]
fn the_refusal_names_the_argument_and_says_what_the_rule_says() {
    let denial = |rule: Value| {
        let verdict =
            host(json!({"rules": [rule]})).authorize(&Call::tool("f", "x"), json!({"a": "secret"}));
        match verdict.unwrap() {
            Verdict::Deny(denial) => (denial.code, denial.message),
            other => panic!("{other:?}"),
        }
    };
    let (_, message) =
        denial(json!({"effect": "deny", "arguments": [{"at": "/a", "absent": false}]}));
    assert_eq!(message, "`f__x` is not permitted with these arguments; the rule looks at `/a`");
    let rule = json!({"effect": "deny", "message": "Ask Ann.", "code": "policy.ann"});
    assert_eq!(denial(rule), ("policy.ann".to_owned(), "Ask Ann.".to_owned()));
}

#[test]
fn the_log_says_which_rule_refused_and_no_argument() {
    let mut host =
        host(json!({"rules": [{"effect": "deny", "arguments": [{"at": "/a", "absent": false}]}]}));
    host.authorize(&Call::tool("f", "x"), json!({"a": "secret"})).unwrap();
    let log = host.take_log();
    assert_eq!(log[0].1, "`x` of `f` is refused: rules[0]");
    assert_eq!(log.len(), 1);
}

#[test]
fn a_person_is_asked_with_what_matters_and_a_yes_is_kept_for_the_same_call() {
    let mut host = host(json!({"rules": [{
        "effect": "ask", "entries": ["files/write"], "question": "Write {/path}?", "remember": "10m",
    }]}));
    let mut question = |arguments: Value| match host
        .authorize(&Call::tool("files", "write"), arguments)
        .unwrap()
    {
        Verdict::Ask(question) => (question.text, question.remember.unwrap()),
        other => panic!("{other:?}"),
    };
    let (text, (key, time)) = question(json!({"path": "/a", "n": 1}));
    assert_eq!((text.as_str(), time), ("Write /a?", Duration::from_secs(600)));
    assert_eq!(question(json!({"path": "/a", "n": 1})).1.0, key);
    assert_ne!(question(json!({"path": "/a", "n": 2})).1.0, key, "what is not shown counts too");
}

#[test]
fn without_a_question_of_its_own_a_rule_asks_about_all_there_is() {
    let verdict =
        host(json!({"ask": ["files/*"]})).authorize(&Call::tool("files", "write"), json!({"a": 1}));
    let Verdict::Ask(question) = verdict.unwrap() else { panic!("nobody is asked") };
    assert_eq!(question.text, "Allow test to use `write` of `files` with {\"a\":1}?");
    assert_eq!(question.remember, None);
}

#[test]
fn the_obligations_of_all_rules_that_allow_are_kept_to() {
    let config = json!({"rules": [
        {"effect": "allow", "entries": ["f/*"], "redact": ["/a"], "max_bytes": "1KiB", "timeout": "5s"},
        {"effect": "allow", "entries": ["f/x"], "redact": ["/a", "/b"], "max_bytes": 500, "timeout": "9s"},
        {"effect": "allow", "entries": ["f/y"]},
    ]});
    let obligations = |config: &Value, name: &str| match host(config.clone())
        .authorize(&Call::tool("f", name), json!({}))
        .unwrap()
    {
        Verdict::AllowWith(obligations) => obligations,
        other => panic!("{other:?}"),
    };
    let expected = |redact: &[&str], max_bytes| Obligations {
        redact: redact.iter().map(|at| (*at).to_owned()).collect(),
        max_bytes: Some(max_bytes),
        timeout: Some(Duration::from_secs(5)),
    };
    assert_eq!(obligations(&config, "x"), expected(&["/a", "/b"], 500));
    assert_eq!(obligations(&config, "y"), expected(&["/a"], 1024));
    let mut ordered = config;
    ordered["first_match"] = json!(true);
    assert_eq!(obligations(&ordered, "x"), expected(&["/a"], 1024));
}

#[test]
fn a_task_is_judged_as_what_its_backend_could_be_called_for() {
    let task = |backend: &str| Call::tool(backend, "id-1").with_method(Method::TasksResult);
    check(
        json!({"allow": ["files/read_*"], "ask": ["ci/deploy"], "deny": ["files/read_x"]}),
        &[(task("files"), "allow"), (task("ci"), "allow"), (task("other"), DEFAULT)],
    );
    check(json!({"deny": ["files/*"]}), &[(task("files"), DENIED), (task("other"), "allow")]);
    let cancel = json!({"rules": [{"effect": "deny", "methods": ["tasks/cancel"]}]});
    let cancelled = task("files").with_method(Method::TasksCancel);
    check(cancel, &[(task("files"), "allow"), (cancelled, DENIED)]);
    let redacting =
        json!({"rules": [{"effect": "allow", "entries": ["files/read_*"], "redact": ["/a"]}]});
    check(redacting, &[(task("files"), "oblige")]);
}

#[test]
fn a_completion_is_judged_as_what_it_completes() {
    let complete = |name: &str| Call::prompt("b", name).with_method(Method::Complete);
    let prompt = json!({"ref": {"type": "ref/prompt", "name": "x"}});
    let template = json!({"ref": {"type": "ref/resource", "uri": "x://{y}"}});
    let config = json!({"rules": [{"effect": "allow", "kinds": ["prompt"], "arguments": [{"at": "/y", "equals": 1}]}]});
    assert_eq!(word(&config, &complete("x"), prompt.clone()), "allow");
    assert_eq!(word(&config, &complete("x://{y}"), template.clone()), DEFAULT);
    let config = json!({"deny": ["b/x://*", "b/z"]});
    assert_eq!(word(&config, &complete("x://{y}"), template.clone()), DENIED);
    assert_eq!(word(&config, &complete("x"), prompt), "allow");
    let config = json!({"deny": ["b/x://secret/*"], "ask": ["b/*"]});
    assert_eq!(word(&config, &complete("x://{y}"), template), "allow");
}

#[test]
fn a_uri_is_judged_in_all_ways_that_it_can_be_read() {
    let read = |uri: &str| Call::resource("docs", uri);
    let deny = json!({"deny": ["docs/file:///secret/*"]});
    let mut cases =
        vec![(read("file:///public/x"), "allow"), (read("file:///secretary/x"), "allow")];
    for uri in [
        "file:///secret/x",
        "file:///public/../secret/x",
        "FILE:///secret//x",
        "file:///%73ecret/x",
        "file:///secret%2Fx",
        "file:///a/%2e%2e/secret/x",
        "file:///%252e/x",
    ] {
        cases.push((read(uri), DENIED));
    }
    check(deny, &cases);
    let mut cases = vec![(read("file:///public/x%20y"), "allow")];
    for uri in [
        "file:///public/../secret/x",
        "file:///public/%2e%2e/secret",
        "file:///public/%252e%252e/x",
    ] {
        cases.push((read(uri), DEFAULT));
    }
    check(json!({"allow": ["docs/file:///public/*"]}), &cases);
}

#[test]
fn a_template_is_listed_if_something_that_it_makes_could_be_read() {
    let client = Client::default();
    let check = |config: Value, template: &str, expected: bool| {
        let is = listed(&config, &client, Kind::Template, "docs", template);
        assert_eq!(is, expected, "{config} {template}");
    };
    check(json!({"deny": ["docs/file:///secret/*"]}), "file:///{path}", true);
    check(json!({"deny": ["docs/file:///secret/*"]}), "file:///secret/{name}", false);
    check(json!({"allow": ["docs/file:///public/*"]}), "file:///{path}", true);
    check(json!({"allow": ["docs/file:///public/*"]}), "db:///{path}", false);
    let subscribing = json!({"rules": [{"effect": "allow", "methods": ["resources/subscribe"]}]});
    check(subscribing, "x://{y}", true);
}

/// What is listed can be used with some arguments, what is not with none; for each of many configurations.
#[test]
fn lists_and_use_agree() {
    let rules = [
        json!({"effect": "deny", "entries": ["a/x"]}),
        json!({"effect": "allow", "entries": ["a/*"]}),
        json!({"effect": "ask", "entries": ["*/y"]}),
        json!({"effect": "deny", "entries": ["*/*"], "arguments": [{"at": "/p", "equals": 1}]}),
        json!({"effect": "allow", "arguments": [{"at": "/p", "equals": 2}]}),
        json!({"effect": "deny", "clients": ["test"], "entries": ["*/z"]}),
        json!({"effect": "deny", "kinds": ["prompt"]}),
    ];
    let client = Client::default();
    let mut judged = 0;
    for chosen in 1..1_u32 << rules.len() {
        let chosen: Vec<_> = (0..rules.len())
            .filter(|at| chosen >> at & 1 == 1)
            .map(|at| rules[at].clone())
            .collect();
        for (first_match, default) in
            [(false, "allow"), (false, "deny"), (true, "allow"), (true, "deny")]
        {
            let config = json!({"first_match": first_match, "default": default, "rules": chosen});
            for (backend, name) in [("a", "x"), ("a", "y"), ("b", "y"), ("b", "z")] {
                let is = listed(&config, &client, Kind::Tool, backend, name);
                let call = Call::tool(backend, name);
                let can = [json!({}), json!({"p": 1}), json!({"p": 2})]
                    .into_iter()
                    .any(|arguments| !word(&config, &call, arguments).starts_with("permissions."));
                assert_eq!(is, can, "{config} {backend}/{name}");
                judged += 1;
            }
        }
    }
    assert_eq!(judged, 127 * 4 * 4);
}

#[test]
fn the_golden_calls_are_decided_as_written() -> mcpmux_sdk::Result<()> {
    golden::<Permissions>("golden")
}

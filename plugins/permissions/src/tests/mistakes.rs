//! What operators read about a configuration that does not hold together.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::Host;

use super::super::Permissions;

#[track_caller]
fn check(config: Value, mistakes: &[&str]) {
    let error = Host::<Permissions>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

/// Checks the one mistake of one rule.
#[track_caller]
fn check_rule(rule: Value, mistake: &str) {
    check(json!({"rules": [rule]}), &[&format!("rules[0]{mistake}")]);
}

/// Checks the one mistake of one condition.
#[track_caller]
fn check_condition(condition: Value, mistake: &str) {
    check_rule(
        json!({"effect": "deny", "arguments": [condition]}),
        &format!(".arguments[0]{mistake}"),
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check(
        json!({
            "deny": ["delete_*", 5],
            "allow": [],
            "default": "maybe",
            "first_match": "yes",
            "rules": [{"effect": "deny", "entries": ["x"], "path": 1}, 7, {"arguments": [{"at": "x"}]}],
            "denny": [],
        }),
        &[
            "default: `maybe` is neither `allow` nor `deny`",
            "first_match: invalid type: string \"yes\", expected a boolean",
            "deny[0]: `delete_*` names no backend; write `backend/delete_*`, or `*/delete_*` for all of them",
            "deny[1]: invalid type: integer `5`, expected a string",
            "allow: is empty; name something, or leave the key out",
            "rules[1]: invalid type: integer `7`, expected a map",
            "rules[0].entries[0]: `x` names no backend; write `backend/x`, or `*/x` for all of them",
            "rules[0].path: unknown key `path`, expected one of `effect`, `entries`, `clients`, `principals`, `spaces`, \
             `methods`, `kinds`, `arguments`, `question`, `remember`, `remember_for`, `redact`, `max_bytes`, `timeout`, \
             `message`, `code`",
            "rules[2]: missing key `effect`: `allow`, `deny` or `ask`",
            "rules[2].arguments[0].at: `x` is no JSON Pointer; it starts with `/`, as in `/path`",
            "denny: unknown key `denny`, expected one of `default`, `first_match`, `deny`, `ask`, `allow`, `rules`",
        ],
    );
}

#[test]
fn a_configuration_that_decides_nothing_or_what_cannot_be() {
    check(
        json!({}),
        &["there is nothing to decide; give `deny`, `allow`, `ask`, `rules` or `default`"],
    );
    check(
        json!({"first_match": true, "deny": ["a/b"]}),
        &["deny: has no place in an order; with `first_match` write all as `rules`"],
    );
    let both = json!({"ask": ["a/b"], "rules": [{"effect": "allow", "max_bytes": 1}]});
    check(
        both,
        &[
            "rules[0]: a call that a person is asked about can keep no `redact`, `max_bytes` or `timeout`; put the rules \
           that ask into a second plugin of this kind, or say with `first_match` which rule decides",
        ],
    );
    check(json!({"rules": 5}), &["rules: invalid type: integer `5`, expected a sequence"]);
    check(json!({"deny": 5}), &["deny: invalid type: integer `5`, expected a sequence"]);
}

#[test]
fn keys_of_a_rule() {
    check_rule(json!({"effect": "refuse"}), ".effect: `refuse` is none of `allow`, `deny`, `ask`");
    check_rule(
        json!({"effect": "deny", "clients": [""]}),
        ".clients[0]: must not be empty; `*` is anything",
    );
    check_rule(
        json!({"effect": "deny", "kinds": ["template"]}),
        ".kinds[0]: what a template makes is read as a resource; write `resource`",
    );
    check_rule(
        json!({"effect": "deny", "kinds": ["x"]}),
        ".kinds[0]: `x` is none of `tool`, `prompt`, `resource`",
    );
    check_rule(
        json!({"effect": "deny", "methods": ["tools/list"]}),
        ".methods[0]: `tools/list` is none of `tools/call`, `prompts/get`, `resources/read`, `resources/subscribe`, \
         `resources/unsubscribe`, `completion/complete`, `tasks/get`, `tasks/result`, `tasks/update`, `tasks/cancel`",
    );
    check_rule(json!({"effect": "deny", "redact": ["/a"]}), ".redact: belongs to rules that allow");
    check_rule(json!({"effect": "allow", "message": "x"}), ".message: belongs to rules that deny");
    check_rule(json!({"effect": "deny", "question": "x"}), ".question: belongs to rules that ask");
    check_rule(json!({"effect": "deny", "message": " "}), ".message: must not be empty");
    check_rule(
        json!({"effect": "deny", "code": "No!"}),
        ".code: `No!` is no code; write letters, digits, `.` and `-`, as in `policy.read-only`",
    );
}

#[test]
fn keys_of_a_question() {
    let ask = |key: &str, value: &str| json!({"effect": "ask", key: value});
    check_rule(ask("question", ""), ".question: must not be empty");
    check_rule(ask("question", "{"), ".question: `{` has no `}`");
    check_rule(
        ask("remember", "soon"),
        ".remember: `soon` is no duration; write a whole number and a unit: `500ms`, `30s`, `10m`, `2h`",
    );
    check_rule(ask("remember", "0s"), ".remember: is no time; leave the key out to ask each time");
    check_rule(
        ask("remember", "2000h"),
        ".remember: is longer than the 49 days that a yes can be remembered",
    );
    check_rule(ask("remember_for", "rule"), ".remember_for: has no effect without `remember`");
    let both = json!({"effect": "ask", "remember": "1h", "remember_for": "ever"});
    check_rule(both, ".remember_for: `ever` is none of `call`, `entry`, `rule`");
}

#[test]
fn keys_of_obligations() {
    let allow = |key: &str, value: Value| json!({"effect": "allow", key: value});
    check_rule(
        allow("redact", json!([""])),
        ".redact[0]: would take the whole result; deny the call instead",
    );
    check_rule(
        allow("redact", json!("a")),
        ".redact: `a` is no JSON Pointer; it starts with `/`, as in `/path`",
    );
    check_rule(
        allow("max_bytes", json!("4MB")),
        ".max_bytes: `4MB` is no size; write a whole number and a unit: `100B`, `64KiB`, `4MiB`",
    );
    check_rule(
        allow("max_bytes", json!(-1)),
        ".max_bytes: is a size: `64KiB`, or a number of bytes",
    );
    check_rule(allow("max_bytes", json!("5GiB")), ".max_bytes: is more than any result may have");
    check_rule(allow("timeout", json!("0s")), ".timeout: lies between `1ms` and 49 days");
}

#[test]
fn keys_of_a_condition() {
    check_condition(
        json!({"equals": 1}),
        ": missing key `at`, the JSON Pointer of an argument: `/path`",
    );
    let tests = "`equals`, `one_of`, `glob`, `prefix`, `absent`, `min`/`max`, `path_within`";
    check_condition(json!({"at": "/a"}), &format!(": give one of {tests}"));
    check_condition(
        json!({"at": "/a", "equals": 1, "min": 1}),
        &format!(": give only one of {tests}"),
    );
    check_condition(
        json!({"at": "/a", "equals": [1]}),
        ".equals: is a text, a number or a boolean; for several write `one_of`",
    );
    check_condition(
        json!({"at": "/a", "one_of": []}),
        ".one_of: holds texts, numbers or booleans, at least one",
    );
    check_condition(
        json!({"at": "/a", "prefix": ""}),
        ".prefix: must not be empty; every text starts so",
    );
    check_condition(
        json!({"at": "/a", "min": 2, "max": 1}),
        ".min: is more than `max`; no number is in between",
    );
    check_condition(
        json!({"at": "/a", "absent": true, "not": true}),
        ": `absent` takes neither `not` nor `each`; write `absent = false`",
    );
    check_condition(
        json!({"at": "/a", "min": 1, "each": "some"}),
        ".each: `some` is neither `all` nor `any`",
    );
    check_condition(
        json!({"at": "/a", "path_within": "../x"}),
        ".path_within: `../x` leads out of itself with `..`",
    );
    check_condition(
        json!({"at": "/a", "min": "x"}),
        ".min: invalid type: string \"x\", expected f64",
    );
}

//! What operators read about a configuration that does not hold together.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::Host;

use super::super::CredentialExec;

#[track_caller]
fn check(config: Value, mistakes: &[&str]) {
    let error = Host::<CredentialExec>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

#[track_caller]
fn check_entry(entry: Value, mistake: &str) {
    check(json!({"backends": [entry]}), &[&format!("backends[0]{mistake}")]);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check(
        json!({"backends": [{"cmd": ["x"]}, {"command": ["x"], "ttl": "x", "format": 5}], "ttl": "5m"}),
        &[
            "backends[0]: missing key `command`: the program and its arguments, a list of words",
            "backends[0].cmd: unknown key `cmd`, expected one of `backend`, `command`, `stdin`, `format`, `json`, `header`, \
             `scheme`, `ttl`, `login_exit_codes`",
            "backends[1].format: invalid type: integer `5`, expected a string",
            "backends[1].ttl: `x` is no duration; write a whole number and a unit: `500ms`, `30s`, `10m`, `2h`",
            "ttl: unknown key `ttl`, expected one of `backends`",
        ],
    );
    check(json!({}), &["missing key `backends`: at least one table with a `command`"]);
}

#[test]
fn keys_of_an_entry() {
    check_entry(
        json!({"command": "gh auth token"}),
        ".command: invalid type: string \"gh auth token\", expected a sequence",
    );
    check_entry(json!({"command": []}), ".command: is empty; name a program");
    check_entry(json!({"command": [""]}), ".command[0]: must not be empty");
    check_entry(
        json!({"command": ["gh auth token"]}),
        ".command[0]: is run without a shell; write each word on its own: `[\"gh\", \"auth\", \"token\"]`",
    );
    check_entry(
        json!({"command": ["x", "a\u{0}b"]}),
        ".command[1]: holds a NUL, which no program can be given",
    );
    check_entry(
        json!({"command": ["get-{backend}"]}),
        ".command[0]: the program is the same for all; `{backend}` and `{url}` stand in its arguments",
    );
    check_entry(
        json!({"command": ["x"], "backend": ""}),
        ".backend: must not be empty; `*` is any backend",
    );
    check_entry(
        json!({"command": ["x"], "format": "xml"}),
        ".format: `xml` is none of `auto`, `text`, `json`",
    );
    check_entry(
        json!({"command": ["x"], "format": "text", "json": {}}),
        ".json: has no effect with `format = \"text\"`",
    );
    check_entry(
        json!({"command": ["x"], "json": {"token": "token"}}),
        ".json.token: `token` is no JSON Pointer; it starts with `/`, as in `/path`",
    );
    check_entry(
        json!({"command": ["x"], "json": {"exp": "/x"}}),
        ".json.exp: unknown key `exp`, expected one of `token`, `expires_in`, `expires_at`",
    );
    check_entry(
        json!({"command": ["x"], "header": "a b"}),
        ".header: `a b` is no name of a header",
    );
    check_entry(
        json!({"command": ["x"], "ttl": "0s"}),
        ".ttl: is no time; leave the key out to keep tokens as long as they are good",
    );
    check_entry(
        json!({"command": ["x"], "login_exit_codes": ["a"]}),
        ".login_exit_codes[0]: invalid type: string \"a\", expected i32",
    );
}

//! What operators read about a configuration that does not hold together.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::Host;

use super::super::CredentialHttp;

#[track_caller]
fn check(config: Value, mistakes: &[&str]) {
    let error = Host::<CredentialHttp>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

#[track_caller]
fn check_entry(entry: Value, mistake: &str) {
    check(json!({"backends": [entry]}), &[&format!("backends[0]{mistake}")]);
}

/// Checks the mistake of an entry that is sound but for this key.
#[track_caller]
fn check_key(key: &str, value: Value, mistake: &str) {
    check_entry(json!({"url": "https://x/", key: value}), &format!(".{key}{mistake}"));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check(
        json!({"backends": [{}, {"oauth": {"client_secret": "x", "auth": "none"}, "ttl": 5}], "url": "x"}),
        &[
            "backends[0]: missing key `url`, the endpoint; or `oauth`",
            "backends[1].oauth: missing key `token_url`",
            "backends[1].oauth: missing key `client_id`",
            "backends[1].oauth.client_secret: stands in the open; put it into `secrets` and write `{secret:NAME}`",
            "backends[1].oauth.auth: `none` is neither `basic` nor `body`",
            "backends[1].ttl: invalid type: integer `5`, expected a string",
            "url: unknown key `url`, expected one of `backends`",
        ],
    );
    check(json!({}), &["missing key `backends`: at least one table with a `url`, or with `oauth`"]);
}

#[test]
fn urls() {
    let url =
        |url: &str, mistake: &str| check_entry(json!({"url": url}), &format!(".url: {mistake}"));
    url("auth.example.com", "`auth.example.com` is no URL; it begins with `https://` and a host");
    url("https://", "`https://` is no URL; it begins with `https://` and a host");
    url(
        "https://me:pw@x/",
        "holds a user's name or password; send them in `headers`, from `secrets`",
    );
    url(
        "https://{backend}/",
        "names no host but a placeholder; the host has to be known to be granted",
    );
    url(
        "https://x/?{secret:A}",
        "holds a secret, which others would log; send it in `headers`, `json` or `form`",
    );
    url(
        "https://x/{url}",
        "holds `{url}`, which cannot stand in a URL; send it in `json` or `form`",
    );
    let oauth = json!({"token_url": "x", "client_id": "a", "client_secret": "{secret:A}"});
    check_entry(
        json!({"oauth": oauth}),
        ".oauth.token_url: `x` is no URL; it begins with `https://` and a host",
    );
}

#[test]
fn keys_of_an_entry() {
    check_key("backend", json!(""), ": must not be empty; `*` is any backend");
    check_key("method", json!("get"), ": `get` is no method; write `GET` or `POST`");
    check_key("headers", json!({"a b": "x"}), ".a b: `a b` is no name of a header");
    check_key("headers", json!({"x": 5}), ".x: is no text");
    check_key("headers", json!({"x": "{secret:}"}), ".x: `{secret:}` names no secret");
    check_key("form", json!({"x": 5}), ".x: is no text");
    check_key(
        "json",
        json!({"a": ["{x}"]}),
        ".a[0]: there is no `{x}`; there are `{secret:NAME}`, `{backend}` and `{url}`, and a brace is written `{{`",
    );
    check_key("format", json!("xml"), ": `xml` is neither `json` nor `text`");
    check_key(
        "token",
        json!("token"),
        ": `token` is no JSON Pointer; it starts with `/`, as in `/path`",
    );
    check_key(
        "scheme",
        json!("a b"),
        ": `a b` is no scheme; write one word, as `Bearer`, or nothing",
    );
    check_key("ttl", json!("0s"), ": is no time");
    check_key(
        "timeout",
        json!("1"),
        ": `1` is no duration; write a whole number and a unit: `500ms`, `30s`, `10m`, `2h`",
    );
    check_entry(json!({"oauth": 5}), ".oauth: invalid type: integer `5`, expected a map");
}

#[test]
fn keys_that_exclude_each_other() {
    check_entry(
        json!({"url": "https://x/", "json": {}, "form": {}}),
        ".form: is not sent along with `json`; give one of them",
    );
    check_entry(
        json!({"url": "https://x/", "method": "GET", "json": {}}),
        ".method: `GET` sends no body; leave the key out, or write `POST`",
    );
    check_entry(
        json!({"url": "https://x/", "format": "text", "token": "/a"}),
        ".token: has no effect with `format = \"text\"`",
    );
    let oauth = json!({"token_url": "https://x/", "client_id": "a", "client_secret": "{secret:A}"});
    check_entry(
        json!({"url": "https://x/", "oauth": oauth}),
        ".url: is what `oauth` makes; give one of them",
    );
}

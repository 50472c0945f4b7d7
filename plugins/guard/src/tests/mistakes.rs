//! What operators read about a configuration that does not hold together.

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::Host;

use super::super::Guard;

#[track_caller]
fn check(config: Value, mistakes: &[&str]) {
    let error = Host::<Guard>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check(
        json!({
            "descriptions": "block",
            "results": {"injection": "strip", "hidden": {"tags": "no", "tag": "strip"}, "markup": 5, "other": "flag"},
            "phrases": ["a-b", ""],
            "except": [{"rules": ["injection.x"]}, {"entries": ["x"], "rules": ["hidden"], "why": "y"}],
            "warning": " ",
            "warn": true,
        }),
        &[
            "descriptions: `block` is none of `refuse`, `flag`, `strip`, `off`",
            "results.hidden.tags: `no` is none of `refuse`, `flag`, `strip`, `off`",
            "results.hidden.tag: unknown key `tag`, expected one of `tags`, `bidi`, `zero_width`, `variation`, `terminal`",
            "results.injection: `strip` is for `hidden` only: what is seen cannot be taken out unnoticed",
            "results.markup: invalid type: integer `5`, expected a map",
            "results.other: unknown key `other`, expected one of `hidden`, `injection`, `markup`",
            "phrases[0]: `a-b` is not one word; write words with spaces between them",
            "phrases[1]: must not be empty",
            "except[0]: missing key `entries`",
            "except[0].rules[0]: `injection.x` is no rule; there are `hidden`, `injection`, `markup`, `hidden.tags`, \
             `hidden.bidi`, `hidden.zero_width`, `hidden.variation`, `hidden.terminal`, `injection.override`, \
             `injection.conceal`, `injection.role`, `injection.steer`, `injection.exfiltrate`, `injection.phrase`, \
             `markup.image`, `markup.link`, `markup.html`",
            "except[1].entries[0]: `x` names no backend; write `backend/x`, or `*/x` for all of them",
            "except[1].why: unknown key `why`, expected one of `entries`, `rules`",
            "warning: must not be empty",
            "warn: unknown key `warn`, expected one of `descriptions`, `results`, `phrases`, `except`, `warning`",
        ],
    );
}

#[test]
fn single_mistakes() {
    check(
        json!({"results": "strip"}),
        &["results: `strip` is for `hidden` only: what is seen cannot be taken out unnoticed"],
    );
    check(
        json!({"results": {"markup": {"html": "strip"}}}),
        &[
            "results.markup.html: `strip` is for `hidden` only: what is seen cannot be taken out unnoticed",
        ],
    );
    check(json!({"descriptions": 5}), &["descriptions: invalid type: integer `5`, expected a map"]);
    check(json!({"phrases": "* x"}), &["phrases: begins with a gap; begin with a word"]);
    check(json!({"phrases": []}), &["phrases: is empty; name something, or leave the key out"]);
    check(json!({"except": [{"entries": ["a/b"]}]}), &["except[0]: missing key `rules`"]);
}

//! Whole documents: what comes out of them, and that nothing else changes.

use super::redact;
use crate::rules::{Config, Rules};

fn rules(config: &str) -> Rules {
    Rules::new(mcpmux_sdk::serde_json::from_str::<Config>(config).unwrap()).unwrap()
}

#[track_caller]
fn check_with(config: &str, text: &str, expected: &str) {
    let redacted = redact(text, &rules(config));
    let redacted = redacted.map_or_else(|| text.to_owned(), |redacted| redacted.text);
    assert_eq!(redacted, expected);
    mcpmux_sdk::serde_json::from_str::<serde::de::IgnoredAny>(&redacted).unwrap();
}

#[track_caller]
fn check(text: &str, expected: &str) {
    check_with(r#"{"detect": ["all"]}"#, text, expected);
}

/// A document that must stay as it is.
#[track_caller]
fn check_same(text: &str) {
    assert_eq!(redact(text, &rules(r#"{"detect": ["all"]}"#)), None, "{text}");
}

#[test]
fn only_what_was_found_changes_every_other_byte_stays() {
    check(
        "{ \"content\" : [ {\"type\":\"text\", \"text\" : \"a\\u00e9 me@example.com \\n\\/ é\"} ],\"n\":1.50e+3 }",
        "{ \"content\" : [ {\"type\":\"text\", \"text\" : \"a\\u00e9 [redacted:email] \\n\\/ é\"} ],\"n\":1.50e+3 }",
    );
    check_same(r#"{"content":[{"type":"text","text":"nothing"}],"a":[1,true,null,"x"],"b":{}}"#);
    check_same("{}");
    check("\"me@example.com\"", "\"[redacted:email]\"");
}

#[test]
fn escapes_are_seen_through() {
    check(r#"{"a":"x \u006de\u0040example.com y"}"#, r#"{"a":"x [redacted:email] y"}"#);
    check(
        r#"{"a":"\ud83d\ude00 me@example.com\ud83d\ude00"}"#,
        r#"{"a":"\ud83d\ude00 [redacted:email]\ud83d\ude00"}"#,
    );
    check(r#"{"a":"\ud83d me@example.com"}"#, r#"{"a":"\ud83d [redacted:email]"}"#);
    check(r#"{"a":"\\\"me@example.com\\\""}"#, r#"{"a":"\\\"[redacted:email]\\\""}"#);
    check(r#"{"a":"AKIA\u0049OSFODNN7EXAMPLE\n"}"#, r#"{"a":"[redacted:aws-key]\n"}"#);
}

#[test]
fn text_and_structured_content_agree() {
    check(
        r#"{"content":[{"type":"text","text":"{\"user\":\"me@example.com\",\"api_key\":\"9f8c7d6e5b4a39281706\"}"}],"structuredContent":{"user":"me@example.com","api_key":"9f8c7d6e5b4a39281706"}}"#,
        r#"{"content":[{"type":"text","text":"{\"user\":\"[redacted:email]\",\"api_key\":\"[redacted:secret]\"}"}],"structuredContent":{"user":"[redacted:email]","api_key":"[redacted:secret]"}}"#,
    );
    // In the text there is no word that tells.
    check(
        r#"{"content":[{"type":"text","text":"It is hunter2, I say hunter2"}],"structuredContent":{"password":"hunter2"}}"#,
        r#"{"content":[{"type":"text","text":"It is [redacted:secret], I say [redacted:secret]"}],"structuredContent":{"password":"[redacted:secret]"}}"#,
    );
}

#[test]
fn the_name_of_a_member_tells_what_it_holds() {
    check(r#"{"password":"hunter2"}"#, r#"{"password":"[redacted:secret]"}"#);
    check(r#"{"p\u0061ssword":"hunter2"}"#, r#"{"p\u0061ssword":"[redacted:secret]"}"#);
    check(r#"{"tokens":["a8Xk29fLqp77Zp0wRt5x","x"]}"#, r#"{"tokens":["[redacted:secret]","x"]}"#);
    check(
        r#"[{"name":"DB_PASSWORD","value":"hunter2"},{"value":"a8Xk29fLqp77Zp0wRt5x","key":"API_KEY"}]"#,
        r#"[{"name":"DB_PASSWORD","value":"[redacted:secret]"},{"value":"[redacted:secret]","key":"API_KEY"}]"#,
    );
    check(
        r#"{"headers":{"authorization":"Bearer a8Xk29fLqp77Zp0wRt5x"}}"#,
        r#"{"headers":{"authorization":"Bearer [redacted:authorization]"}}"#,
    );
    check_same(
        r#"{"nextPageToken":"a8Xk29fLqp77Zp0wRt5x","password":"string","token":4111111111111111}"#,
    );
    check_same(r#"{"token":{"id":"a8Xk29fLqp77Zp0wRt5x"}}"#);
}

#[test]
fn images_files_and_state_are_left_alone() {
    let base64 = "AKIAIOSFODNN7EXAMPLE/AKIAIOSFODNN7EXAMPLE+";
    check_same(&format!(
        r#"{{"content":[{{"type":"image","data":"{base64}","mimeType":"image/png"}}]}}"#
    ));
    check_same(&format!(
        r#"{{"content":[{{"data":"{base64}","mimeType":"audio/wav","type":"audio"}}]}}"#
    ));
    check_same(&format!(r#"{{"contents":[{{"blob":"{base64}","uri":"file:///a"}}]}}"#));
    check_same(r#"{"resultType":"input_required","requestState":"AKIAIOSFODNN7EXAMPLE"}"#);
    let hidden = "[redacted:aws-key]/[redacted:aws-key]+";
    check(&format!(r#"{{"data":"{base64}"}}"#), &format!(r#"{{"data":"{hidden}"}}"#));
    check(&format!(r#"{{"blob":"{base64}"}}"#), &format!(r#"{{"blob":"{hidden}"}}"#));
    check(
        &format!(r#"{{"type":"image","text":"{base64}"}}"#),
        &format!(r#"{{"type":"image","text":"{hidden}"}}"#),
    );
    check(
        r#"{"a":{"requestState":"AKIAIOSFODNN7EXAMPLE"}}"#,
        r#"{"a":{"requestState":"[redacted:aws-key]"}}"#,
    );
    check(
        &format!(
            r#"{{"type":"image","data":"me@example.com","data":"{base64}","value":"me@example.com","value":"x"}}"#
        ),
        &format!(
            r#"{{"type":"image","data":"[redacted:email]","data":"{base64}","value":"[redacted:email]","value":"x"}}"#
        ),
    );
}

#[test]
fn every_place_is_looked_at() {
    check(
        r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"file:///me@example.com","text":"me@example.com"}}}],"_meta":{"a/b":"me@example.com"}}"#,
        r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"file:///[redacted:email]","text":"[redacted:email]"}}}],"_meta":{"a/b":"[redacted:email]"}}"#,
    );
    check(
        r#"{"code":-32000,"message":"cannot log in as postgres://a:hunter2@db/x","data":["me@example.com"]}"#,
        r#"{"code":-32000,"message":"cannot log in as postgres://a:[redacted:url-password]@db/x","data":["[redacted:email]"]}"#,
    );
}

#[test]
fn names_of_members_stay_apart() {
    check(
        r#"[{"a@example.com":1,"b@example.com":2,"c@example.com":{"b@example.com":3}}]"#,
        r#"[{"[redacted:email]":1,"[redacted:email]-2":2,"[redacted:email]-3":{"[redacted:email]-2":3}}]"#,
    );
}

#[test]
fn hashes_are_stable_short_and_keyed() {
    let one = r#"{"detect":["email"],"replacement":"hash","hash_key":"0123456789abcdef"}"#;
    let text = r#"["a@example.com","b@example.com","a@example.com"]"#;
    let hash = |config: &str| -> Vec<String> {
        let text = redact(text, &rules(config)).unwrap().text;
        mcpmux_sdk::serde_json::from_str(&text).unwrap()
    };
    let hashes = hash(one);
    assert_eq!(hashes[0], hashes[2]);
    assert_ne!(hashes[0], hashes[1]);
    assert!(hashes[0].starts_with("[redacted:email:") && hashes[0].len() == 25, "{hashes:?}");
    assert_ne!(hash(&one.replace('f', "g")), hashes, "another key gives other hashes");
    assert_eq!(hash(one), hashes);
}

#[test]
fn patterns_of_ones_own_and_what_is_allowed() {
    let config = r#"{"detect":["email"],
        "patterns":[{"name":"staff","regex":"EMP-\\d{4}","contains":"EMP-"},
                    {"name":"code","regex":"code (?<secret>\\w+)"}],
        "allow":["*@example.com","EMP-0000"]}"#;
    check_with(
        config,
        r#"["EMP-1234 EMP-0000 é EMP-5678","my code is, code x7","a@example.com b@example.org"]"#,
        r#"["[redacted:staff] EMP-0000 é [redacted:staff]","my code [redacted:code], code [redacted:code]","a@example.com [redacted:email]"]"#,
    );
}

#[test]
fn a_specific_kind_names_what_overlaps() {
    check(
        r#"["password=ghp_16C7e42F292c6912E7710c838347Ae178B4a","Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"]"#,
        r#"["password=[redacted:github-token]","Bearer [redacted:jwt]"]"#,
    );
}

#[test]
fn counts_are_by_kind() {
    let redacted =
        redact(r#"["a@example.com b@example.com 123-45-6789"]"#, &rules(r#"{"detect":["all"]}"#))
            .unwrap();
    let counts: Vec<_> =
        redacted.counts.iter().map(|(kind, count)| (kind.name().unwrap(), *count)).collect();
    assert_eq!(counts, [("ssn", 1), ("email", 2)]);
}

//! The odd documents and names that the conformance checks show to plugins.

use bytes::Bytes;
use mcpmux_core::json::Raw;

/// Text with what programs trip over: quotes, line ends, a zero, characters of two, three and four bytes, marks that
/// turn the direction of writing, and a word that is empty to the eye.
const TEXT: &str = r#""\"'\\ \r\n\t\u0000 \u00e4 \u20ac \ud83d\ude00 \u202e gnirts \u2066 \u200b ../../etc/passwd; rm -rf /""#;

/// Objects in the place of a call's arguments.
pub(super) fn arguments() -> Vec<(&'static str, Raw)> {
    let mut all = vec![
        ("an empty object", Raw::literal("{}")),
        ("an empty key", Raw::literal(r#"{"":{"":""}}"#)),
        ("keys that a pointer has to escape", Raw::literal(r#"{"a/b":1,"m~n":2,"~1":3," ":4}"#)),
        ("nulls", Raw::literal(r#"{"path":null,"limit":null,"text":null}"#)),
        (
            "other types than usual",
            Raw::literal(r#"{"path":["/"],"limit":"many","text":{"a":[]},"url":0}"#),
        ),
        (
            "extreme numbers",
            Raw::literal(
                r#"{"limit":1e308,"a":-0.0,"b":9007199254740993,"c":1e-400,"d":12345678901234567890123}"#,
            ),
        ),
        ("a key twice", Raw::literal(r#"{"path":"/a","path":"/b","limit":1,"limit":500}"#)),
        ("blanks everywhere", Raw::literal("{ \n\t\"path\" :\r\n [ ] , \"limit\" : 101 }")),
    ];
    let own = |text: String| Raw::trusted(Bytes::from(text));
    all.push(("odd text", own(format!(r#"{{"path":{TEXT},"text":{TEXT},{TEXT}:{TEXT}}}"#))));
    let deep = 500;
    all.push((
        "deep nesting",
        own(format!(r#"{{"path":{}1{}}}"#, "[".repeat(deep), "]".repeat(deep))),
    ));
    let keys: Vec<String> = (0..5_000).map(|at| format!(r#""key{at}":{at}"#)).collect();
    all.push(("5,000 keys", own(format!("{{{}}}", keys.join(",")))));
    all.push(("a megabyte of text", own(format!(r#"{{"text":"{}"}}"#, "a ".repeat(512 << 10)))));
    all
}

/// Objects in the place of a result.
pub(super) fn results() -> Vec<(&'static str, Raw)> {
    let mut all = arguments();
    all.extend([
        ("no content", Raw::literal(r#"{"content":[]}"#)),
        ("content that is none", Raw::literal(r#"{"content":"text","structuredContent":[1]}"#)),
        (
            "blocks without their members",
            Raw::literal(r#"{"content":[{},{"type":"text"},null,7,[]]}"#),
        ),
        (
            "unknown blocks",
            Raw::literal(r#"{"content":[{"type":"hologram","data":"AAAA"}],"isError":"no"}"#),
        ),
        (
            "an image",
            Raw::literal(r#"{"content":[{"type":"image","data":"AAAA","mimeType":"image/png"}]}"#),
        ),
        (
            "contents",
            Raw::literal(
                r#"{"contents":[{"uri":"file:///a","blob":"AAAA"},{"uri":"x:","text":""}]}"#,
            ),
        ),
    ]);
    let text = format!(
        r#"{{"content":[{{"type":"text","text":{TEXT}}}],"structuredContent":{{"t":{TEXT}}}}}"#
    );
    all.push(("odd text in a block", Raw::trusted(Bytes::from(text))));
    all
}

/// An ordinary result of about so many bytes.
pub(crate) fn plain(size: usize) -> Raw {
    let line = "the quick brown fox jumps over the lazy dog, 0123456789. ";
    let text = line.repeat(size.div_ceil(line.len()).max(1));
    Raw::of(
        &serde_json::json!({ "content": [{ "type": "text", "text": text }], "path": "/data/file", "limit": 10 }),
    )
}

/// A name as backends may have it.
pub(super) fn name(at: usize) -> String {
    match at % 6 {
        0 => format!("read_{at}"),
        1 => format!("delete_{at}"),
        2 => format!("file:///data/{at}?q=\u{e4}#x"),
        3 => format!("{at}\n\u{202e}\u{1f600}"),
        4 => "x".repeat(300),
        _ => format!("{at} with spaces and \"quotes\""),
    }
}

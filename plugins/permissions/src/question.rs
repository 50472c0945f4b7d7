//! What a person is asked: a text with parts of the call in it, and for how long the answer holds.

use std::fmt::Write as _;
use std::time::Duration;

use mcpmux_plugin_rules::pointer;
use mcpmux_sdk::Call;
use mcpmux_sdk::serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The most characters of a value that a person has to read.
const SHOWN: usize = 300;

/// The question of a rule.
#[derive(Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Client,
    Principal,
    Space,
    Backend,
    Name,
    Exposed,
    Method,
    Arguments,
    /// An argument, by its JSON Pointer.
    Argument(String),
}

/// For which calls a yes holds too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// The same again, with the same arguments.
    Call,
    /// The same entry, whatever the arguments.
    Entry,
    /// All that the rule is about.
    Rule,
}

/// How long a yes holds.
#[derive(Debug)]
pub(crate) struct Remember {
    pub(crate) time: Duration,
    pub(crate) what: For,
}

impl Default for Template {
    fn default() -> Self {
        let text = |text: &str| Part::Text(text.to_owned());
        Self(vec![
            text("Allow "),
            Part::Client,
            text(" to use `"),
            Part::Name,
            text("` of `"),
            Part::Backend,
            text("` with "),
            Part::Arguments,
            text("?"),
        ])
    }
}

impl Template {
    /// Reads a text with `{client}`, `{/path}` and so on.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("must not be empty".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, inner)) = rest.split_once('{') {
            let (name, after) = inner.split_once('}').ok_or("`{` has no `}`")?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::new(name)?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text for a call; `read` gives the JSON at a pointer of its arguments.
    pub(crate) fn fill(&self, call: &Call, read: impl Fn(&str) -> Option<String>) -> String {
        let client = &call.client;
        let json = |at: &str| match read(at) {
            None => "nothing".to_owned(),
            Some(json) => match mcpmux_sdk::serde_json::from_str(&json) {
                Ok(Value::String(text)) => text,
                _ => json,
            },
        };
        let mut text = String::new();
        for part in &self.0 {
            let owned;
            let part = match part {
                Part::Text(part) => {
                    text.push_str(part);
                    continue;
                }
                Part::Client if client.name.is_empty() => "an unnamed client",
                Part::Client => &client.name,
                Part::Principal => client.principal.as_deref().unwrap_or("nobody known"),
                Part::Space => client.space.as_deref().unwrap_or("no space"),
                Part::Backend => &call.backend,
                Part::Name => &call.name,
                Part::Exposed => &call.exposed,
                Part::Method => call.method.as_str(),
                Part::Arguments => {
                    owned = json("");
                    &owned
                }
                Part::Argument(at) => {
                    owned = json(at);
                    &owned
                }
            };
            text.push_str(&shown(part));
        }
        text
    }
}

impl Part {
    fn new(name: &str) -> Result<Self, String> {
        Ok(match name {
            "client" => Self::Client,
            "principal" => Self::Principal,
            "space" => Self::Space,
            "backend" => Self::Backend,
            "name" => Self::Name,
            "exposed" => Self::Exposed,
            "method" => Self::Method,
            "arguments" => Self::Arguments,
            at if at.starts_with('/') => {
                pointer::check(at)?;
                Self::Argument(at.to_owned())
            }
            other => {
                return Err(format!(
                    "there is no `{{{other}}}`; there are `{{client}}`, `{{principal}}`, `{{space}}`, `{{backend}}`, \
                     `{{name}}`, `{{exposed}}`, `{{method}}`, `{{arguments}}` and arguments as `{{/path}}`"
                ));
            }
        })
    }
}

/// What others wrote, so that it cannot pass for a part of the question: on one line, without what is not seen, cut.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN {
            shown.push_str(" … (cut)");
            break;
        }
        let is_hidden = c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        if is_hidden {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The key under which a yes is remembered: a digest of all that it holds for.
pub(crate) fn key(
    rule: &str,
    what: For,
    call: &Call,
    arguments: impl FnOnce() -> String,
) -> String {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    };
    add(rule);
    if what != For::Rule {
        add(call.method.as_str());
        add(&call.backend);
        add(&call.name);
    }
    if what == For::Call {
        add(&arguments());
    }
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _written = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call::tool("files", "write")
    }

    fn fill(template: &str, arguments: &str) -> String {
        let value: Value = mcpmux_sdk::serde_json::from_str(arguments).unwrap();
        let read = |at: &str| value.pointer(at).map(ToString::to_string);
        Template::new(template).unwrap().fill(&call(), read)
    }

    #[test]
    fn parts_of_the_call_are_put_in() {
        let text = fill(
            "{method} {backend}/{name} as {exposed}: {/a/b} {/c} {/d}",
            r#"{"a":{"b":"x"},"c":[1]}"#,
        );
        assert_eq!(text, "tools/call files/write as files__write: x [1] nothing");
        assert_eq!(fill("{principal} in {space}", "{}"), "nobody known in no space");
        assert_eq!(fill("{arguments}", r#"{"a":1}"#), r#"{"a":1}"#);
    }

    #[test]
    fn a_value_cannot_hide_or_pass_for_the_question() {
        let text = fill("Write {/p}?", r#"{"p":"a\n\nWrite nothing?\u202e\u200b"}"#);
        assert_eq!(text, "Write a\\u{a}\\u{a}Write nothing?\\u{202e}\\u{200b}?");
        let long = format!(r#"{{"p":"{}"}}"#, "x".repeat(1_000));
        assert_eq!(fill("{/p}?", &long), format!("{} … (cut)?", "x".repeat(300)));
    }

    #[test]
    fn a_key_is_of_what_the_yes_holds_for() {
        let keys = |what| {
            let other = Call::tool("files", "read");
            let key =
                |rule, call: &Call, text: &str| super::key(rule, what, call, || text.to_owned());
            let base = key("rules[0]", &call(), "1");
            assert_eq!(base.len(), 64);
            [
                key("rules[0]", &call(), "2"),
                key("rules[0]", &other, "1"),
                key("rules[1]", &call(), "1"),
            ]
            .map(|key| key == base)
        };
        assert_eq!(keys(For::Call), [false, false, false]);
        assert_eq!(keys(For::Entry), [true, false, false]);
        assert_eq!(keys(For::Rule), [true, true, false]);
    }

    #[test]
    fn unknown_parts_are_mistakes() {
        for (text, why) in [
            ("", "must not be empty"),
            ("{x}", "there is no `{x}`"),
            ("{/a~}", "`~0`"),
            ("{", "no `}`"),
        ] {
            assert!(Template::new(text).unwrap_err().contains(why), "{text}");
        }
    }
}

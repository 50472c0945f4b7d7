//! The texts of a JSON document, each with its place, read from the text of the document without building it.

use std::borrow::Cow;
use std::ops::Range;

use mcpmux_plugin_rules::pointer;
use mcpmux_sdk::serde_json;

/// A text of a document.
pub(crate) struct Found<'d> {
    pub(crate) text: Cow<'d, str>,
    /// Where it stands in the text of the document, with its quotes.
    pub(crate) range: Range<usize>,
    /// Whether it is the name of a member.
    pub(crate) is_key: bool,
}

/// Where in the document it is.
pub(crate) struct Place<'w>(&'w [Step]);

enum Step {
    Member(String),
    Element(usize),
}

impl Place<'_> {
    /// The JSON Pointer of the value, or of the member that is so named.
    pub(crate) fn pointer(&self) -> String {
        let mut text = String::new();
        for step in self.0 {
            text.push('/');
            match step {
                Step::Member(key) => text.push_str(&pointer::escape(key)),
                Step::Element(number) => text.push_str(&number.to_string()),
            }
        }
        text
    }
}

/// Calls `visit` for all texts of a document, in order. What is no JSON ends the walk.
pub(crate) fn walk<'d>(document: &'d str, visit: &mut dyn FnMut(&Place<'_>, Found<'d>)) {
    let mut walk = Walk { document, at: 0, steps: Vec::new(), visit };
    let _end = walk.value();
}

struct Walk<'d, 'v> {
    document: &'d str,
    at: usize,
    steps: Vec<Step>,
    visit: &'v mut dyn FnMut(&Place<'_>, Found<'d>),
}

impl<'d> Walk<'d, '_> {
    /// Reads a value; none at the end of what can be read.
    fn value(&mut self) -> Option<()> {
        match self.next()? {
            b'{' => self.container(b'}', Self::member),
            b'[' => self.container(b']', Self::element),
            b'"' => {
                let (text, range) = self.string()?;
                (self.visit)(&Place(&self.steps), Found { text, range, is_key: false });
                Some(())
            }
            _ => {
                let rest = self.document.get(self.at..)?;
                let end = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
                self.at += end;
                (end > 0).then_some(())
            }
        }
    }

    fn container(&mut self, end: u8, part: impl Fn(&mut Self, usize) -> Option<()>) -> Option<()> {
        self.at += 1;
        let mut number = 0;
        loop {
            match self.next()? {
                b',' => self.at += 1,
                c if c == end => {
                    self.at += 1;
                    return Some(());
                }
                _ => {
                    part(self, number)?;
                    number += 1;
                }
            }
        }
    }

    fn member(&mut self, _number: usize) -> Option<()> {
        (self.next()? == b'"').then_some(())?;
        let (text, range) = self.string()?;
        self.steps.push(Step::Member(text.clone().into_owned()));
        (self.visit)(&Place(&self.steps), Found { text, range, is_key: true });
        (self.next()? == b':').then_some(())?;
        self.at += 1;
        self.value()?;
        self.steps.pop();
        Some(())
    }

    fn element(&mut self, number: usize) -> Option<()> {
        self.steps.push(Step::Element(number));
        self.value()?;
        self.steps.pop();
        Some(())
    }

    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.document.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !byte.is_ascii_whitespace() {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Reads a text that begins here.
    fn string(&mut self) -> Option<(Cow<'d, str>, Range<usize>)> {
        let start = self.at;
        let bytes = self.document.as_bytes();
        let (mut at, mut plain) = (start + 1, true);
        loop {
            let rest = bytes.get(at..)?;
            let sign = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            at += sign;
            if rest.get(sign) == Some(&b'"') {
                break;
            }
            plain = false;
            at += 2;
        }
        self.at = at + 1;
        let range = start..self.at;
        let text = if plain {
            Cow::Borrowed(self.document.get(start + 1..at)?)
        } else {
            let quoted = self.document.get(range.clone())?;
            Cow::Owned(match serde_json::from_str(quoted) {
                Ok(text) => text,
                // Half a surrogate pair, which JSON's grammar allows, must not hide the rest.
                Err(_) => readable(self.document.get(start + 1..at)?),
            })
        };
        Some((text, range))
    }
}

/// What can be read of the inside of a quoted text; U+FFFD stands for what stands for nothing.
fn readable(inside: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((before, escape)) = rest.split_once('\\') {
        units.extend(before.encode_utf16());
        let mut chars = escape.chars();
        let sign = chars.next();
        rest = chars.as_str();
        let code = rest.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        units.push(match (sign, code) {
            (Some('u'), Some(code)) => {
                rest = rest.get(4..).unwrap_or_default();
                code
            }
            (Some('n'), _) => u16::from(b'\n'),
            (Some('r'), _) => u16::from(b'\r'),
            (Some('t'), _) => u16::from(b'\t'),
            (Some('"'), _) => u16::from(b'"'),
            (Some('/'), _) => u16::from(b'/'),
            (Some('\\'), _) => u16::from(b'\\'),
            _ => 0xfffd,
        });
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, expected: &[(&str, &str)]) {
        let mut found = Vec::new();
        walk(document, &mut |place, text| {
            let key = if text.is_key { "key " } else { "" };
            found.push((format!("{key}{}", place.pointer()), text.text.into_owned()));
        });
        let found: Vec<_> = found.iter().map(|(at, text)| (at.as_str(), text.as_str())).collect();
        assert_eq!(found, expected, "{document}");
    }

    #[test]
    fn all_texts_are_found_with_their_places() {
        check(
            r#" {"a/b": ["x", 1, true, null, {"~": "\u200b\"\ud83d\ude00\\"}], "c": "" , "d":-1.5e3} "#,
            &[
                ("key /a~1b", "a/b"),
                ("/a~1b/0", "x"),
                ("key /a~1b/4/~0", "~"),
                ("/a~1b/4/~0", "\u{200b}\"\u{1f600}\\"),
                ("key /c", "c"),
                ("/c", ""),
                ("key /d", "d"),
            ],
        );
        check(r#""alone""#, &[("", "alone")]);
        check(
            r#"["\ud800 ig\u006eore\n\ud83d\ude00\\", "b"]"#,
            &[("/0", "\u{fffd} ignore\n\u{1f600}\\"), ("/1", "b")],
        );
        check("[[],{}]", &[]);
        check("5", &[]);
    }

    #[test]
    fn what_is_no_json_ends_the_walk() {
        check(r#"["a", "b"#, &[("/0", "a")]);
        check(r#"{"a" 5}"#, &[("key /a", "a")]);
        check("[}", &[]);
        check("", &[]);
    }
}

//! Values that stand beside a word like `token`, `secret` or `password`, if they look like one.

use std::ops::Range;

use super::Findings;
use super::random::{is_chosen, is_placeholder, is_random};
use crate::bytes::{before, byte, follows, part, span, span_back};
use crate::kind::Kind;

/// The longest name, and the longest value that is looked at.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 1024;
/// The longest value without quotes.
const LONGEST_BARE: usize = 256;

/// Names end with one of these words.
const SECRETS: [&str; 8] =
    ["secret", "token", "apikey", "credential", "bearer", "accesskey", "secretkey", "privatekey"];
const PASSWORDS: [&str; 6] = ["password", "passwd", "pwd", "passphrase", "pass", "passcode"];
/// `key` counts after one of these.
const KEYS: [&str; 10] = [
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "signing",
    "auth",
    "master",
    "account",
    "storage",
];
/// A word among the others that says there is nothing secret about it.
const HARMLESS: [&str; 16] = [
    "page",
    "next",
    "prev",
    "previous",
    "sync",
    "continuation",
    "cursor",
    "progress",
    "public",
    "count",
    "max",
    "min",
    "total",
    "num",
    "cancellation",
    "pagination",
];

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Authorization,
    Password,
    Secret,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Between quotes, or a string of a document.
    Quoted,
    /// As `NAME=VALUE` or `name: value`.
    Bare,
    /// As `name = value`, which may be an expression of a programming language.
    Code,
}

/// Where in `value` the secret begins that a member or variable of this name holds, and its kind.
pub(crate) fn is_assigned(name: &[u8], value: &[u8], manner: Manner) -> Option<(usize, Kind)> {
    if value.len() < 6 || value.len() > LONGEST_VALUE {
        return None;
    }
    let said = said(name)?;
    if said == Name::Authorization {
        let scheme = span(value, 0, |byte| byte.is_ascii_alphabetic());
        let start = if byte(value, scheme) == b' ' { scheme + 1 } else { 0 };
        let is_basic = part(value, 0, scheme).eq_ignore_ascii_case(b"basic");
        let secret = part(value, start, value.len());
        let found = is_random(secret) || (is_basic && secret.len() >= 8);
        return (found && is_one(secret)).then_some((start, Kind::AUTHORIZATION));
    }
    let is_password = said == Name::Password && manner != Manner::Code;
    let found = is_random(value) || (is_password && is_chosen(value));
    (found && is_one(value)).then_some((0, Kind::SECRET))
}

/// Whether it is one word, and no placeholder.
fn is_one(value: &[u8]) -> bool {
    !value.iter().any(u8::is_ascii_whitespace) && !is_placeholder(value)
}

/// Looks at a `:` or `=`: at the name before it and the value behind it.
pub(super) fn value(text: &[u8], at: usize, findings: &mut Findings) {
    let wanted = [Kind::SECRET, Kind::AUTHORIZATION].into_iter().any(|kind| findings.wants(kind));
    if !wanted || matches!(byte(text, at + 1), b':' | b'=') {
        return;
    }
    let Some((name, gap)) = name_before(text, at) else { return };
    let sign = at + 1 + usize::from(byte(text, at + 1) == b'>');
    let start = span(text, sign, |byte| byte == b' ' || byte == b'\t');
    let manner =
        if gap || (start > sign && byte(text, at) == b'=') { Manner::Code } else { Manner::Bare };
    judge(text, name, start, manner, findings);
}

/// Looks at `--password VALUE`.
pub(super) fn flag(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    if findings.wants(Kind::SECRET) && follows(text, start, b"--") && byte(text, end) == b' ' {
        judge(text, start..end, end + 1, Manner::Bare, findings);
    }
}

/// Looks at `Bearer VALUE`.
pub(super) fn bearer(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    if part(text, start, end).eq_ignore_ascii_case(b"bearer") && byte(text, end) == b' ' {
        let begin = end + 1;
        let limit = text.len().min(begin + LONGEST_VALUE);
        let stop = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
        };
        let value = part(text, begin, limit);
        let value = part(value, 0, span(value, 0, stop));
        if is_random(value) && !is_placeholder(value) {
            findings.add(Kind::AUTHORIZATION, begin, begin + trimmed(value));
        }
    }
}

fn judge(text: &[u8], name: Range<usize>, start: usize, manner: Manner, findings: &mut Findings) {
    let in_query = matches!(before(text, name.start), b'?' | b'&');
    let name = part(text, name.start, name.end);
    let Some(said) = said(name) else { return };
    // The quotes of a text within a text have a backslash.
    let start = if byte(text, start) == b'\\' { start + 1 } else { start };
    let quote = byte(text, start);
    let is_quoted = matches!(quote, b'"' | b'\'' | b'`');
    let begin = start + usize::from(is_quoted);
    let longest = if is_quoted { LONGEST_VALUE } else { LONGEST_BARE };
    let limit = text.len().min(begin + longest + 1);
    let rest = part(text, begin, limit);
    let mut length = span(rest, 0, |byte| {
        if is_quoted {
            byte != quote && byte != b'\n'
        } else if byte == b' ' {
            said == Name::Authorization
        } else {
            !(is_end(byte) || (in_query && byte == b'&'))
        }
    });
    if is_quoted {
        if byte(rest, length) != quote {
            return;
        }
        length -= usize::from(before(rest, length) == b'\\');
    } else {
        if byte(rest, length) == b'(' {
            return;
        }
        length = trimmed(part(rest, 0, length));
    }
    let manner = if is_quoted { Manner::Quoted } else { manner };
    let value = part(rest, 0, length);
    if let Some((offset, kind)) = is_assigned(name, value, manner) {
        findings.add(kind, begin + offset, begin + length);
    }
}

fn is_end(byte: u8) -> bool {
    byte <= b' '
        || matches!(
            byte,
            b',' | b';' | b'(' | b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\'
        )
}

/// Without the full stop of a sentence.
fn trimmed(value: &[u8]) -> usize {
    value.len() - usize::from(value.ends_with(b"."))
}

/// The name that ends before the sign at `at`, and whether a space is between them.
fn name_before(text: &[u8], at: usize) -> Option<(Range<usize>, bool)> {
    let end = span_back(text, at, 2, |byte| matches!(byte, b':' | b'=' | b'!'));
    let closed = span_back(text, end, 2, |byte| byte == b' ');
    let gap = closed < end;
    let quoted = span_back(text, closed, 1, |byte| matches!(byte, b'"' | b'\'' | b'`' | b']'));
    let quoted = span_back(text, quoted, 1, |byte| byte == b'\\' || byte == b'"' || byte == b'\'');
    let start =
        span_back(text, quoted, LONGEST_NAME, |byte| crate::bytes::is_word(byte) || byte == b'.');
    (start < quoted).then_some((start..quoted, gap && quoted == closed))
}

/// What a name says, by its last words.
fn said(name: &[u8]) -> Option<Name> {
    if !may_say(name) {
        return None;
    }
    let name = part(name, name.len().saturating_sub(LONGEST_NAME), name.len());
    let words = words(name);
    let mut back = words.iter().rev().map(String::as_str);
    let last = back.next()?;
    let last = last.strip_suffix('s').filter(|_| !last.ends_with("ss")).unwrap_or(last);
    let previous = back.next().unwrap_or_default();
    let said = if PASSWORDS.contains(&last) {
        Name::Password
    } else if SECRETS.contains(&last) || (last == "key" && KEYS.contains(&previous)) {
        Name::Secret
    } else if last == "authorization" {
        Name::Authorization
    } else {
        return None;
    };
    (!words.iter().any(|word| HARMLESS.contains(&word.as_str()))).then_some(said)
}

/// Whether a name ends so that its words are worth a look.
fn may_say(name: &[u8]) -> bool {
    let name = name.strip_suffix(b"s").or_else(|| name.strip_suffix(b"S")).unwrap_or(name);
    let tails: &[&str] = match name.last().copied().unwrap_or_default() | 0x20 {
        b't' => &["secret"],
        b'n' => &["token", "authorization"],
        b'y' => &["key"],
        b'l' => &["credential"],
        b'd' => &["password", "passwd", "pwd"],
        b'e' => &["passphrase", "passcode"],
        b'r' => &["bearer"],
        b's' => &["pas"],
        _ => &[],
    };
    tails.iter().any(|tail| {
        let start = name.len().checked_sub(tail.len());
        let end = start.map(|start| part(name, start, name.len()));
        end.is_some_and(|end| end.eq_ignore_ascii_case(tail.as_bytes()))
    })
}

/// The words of a name in lower case: `DB_PASSWORD`, `clientSecret`, `x-api-key`, `spring.datasource.password`.
fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = 0_u8;
    for byte in name {
        let begins = byte.is_ascii_uppercase() && !previous.is_ascii_uppercase();
        if !byte.is_ascii_alphanumeric() || begins || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| byte.is_ascii_alphanumeric()) {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        previous = *byte;
    }
    words.retain(|word| !word.is_empty());
    words
}

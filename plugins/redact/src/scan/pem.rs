//! Private keys between their `BEGIN` and `END` lines.

use super::Findings;
use crate::bytes::{byte, follows, part, span};
use crate::kind::Kind;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const LINE: &[u8] = b"-----";

/// The longest key with its lines.
const LONGEST: usize = 32 << 10;

/// The least length of a line but the last.
const FULL: usize = 40;

/// A key that begins at `start`; one without its end goes as far as its lines do.
pub(super) fn key(text: &[u8], start: usize, findings: &mut Findings) {
    if !findings.wants(Kind::PRIVATE_KEY) || !follows(text, start, BEGIN) {
        return;
    }
    let label = start + BEGIN.len();
    let body = span(text, label, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' '
    });
    if !follows(text, body, LINE) || !holds(part(text, label, body), b"PRIVATE KEY") {
        return;
    }
    let body = body + LINE.len();
    let rest = part(text, body, text.len().min(body + LONGEST));
    // The next line of dashes ends the key, or there is no end.
    let dashes = rest.windows(LINE.len()).position(|window| window == LINE);
    match dashes.filter(|dashes| follows(rest, *dashes, END)) {
        Some(length) => {
            if has_lines(part(rest, 0, length)) {
                let label = body + length + END.len();
                let end = span(text, label, |byte| byte != b'-' && byte != b'\n');
                findings.add(Kind::PRIVATE_KEY, start, span(text, end, |byte| byte == b'-'));
            }
        }
        None => {
            let length = lines(rest);
            if length > 0 {
                findings.add(Kind::PRIVATE_KEY, start, body + length);
            }
        }
    }
}

fn holds(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|window| window == what)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Whether there is more than a placeholder.
fn has_lines(body: &[u8]) -> bool {
    body.split(|byte| !is_base64(*byte)).any(|line| line.len() >= 16)
}

/// How far the lines of a key go that was cut off; 0 if there are none.
fn lines(rest: &[u8]) -> usize {
    let mut end = 0;
    let mut at = 0;
    loop {
        let (line, breaks) = after_breaks(rest, at);
        let next = span(rest, line, is_base64);
        let is_full = next - line >= FULL;
        // The last line may be short; an empty one ends the key.
        if next == line || (end > 0 && breaks != 1) || (end == 0 && !is_full && next < rest.len()) {
            return end;
        }
        end = next;
        at = next;
        if !is_full {
            return end;
        }
    }
}

/// Where the next line begins, and how many line breaks are before it; those of a text within a text are escapes.
fn after_breaks(rest: &[u8], mut at: usize) -> (usize, usize) {
    let mut breaks = 0;
    loop {
        match (byte(rest, at), byte(rest, at + 1)) {
            (b'\n', _) => (at, breaks) = (at + 1, breaks + 1),
            (b'\\', b'n') => (at, breaks) = (at + 2, breaks + 1),
            (b'\\', b'r') => at += 2,
            (b' ' | b'\t' | b'\r', _) => at += 1,
            _ => return (at, breaks),
        }
    }
}

//! What leads to a person: e-mail addresses, telephone numbers, and social security numbers of the United States.

use super::Findings;
use crate::bytes::{before, byte, is_word, part, precedes, span, span_back};
use crate::kind::Kind;

/// Looks at an `@`.
pub(super) fn email(text: &[u8], at: usize, findings: &mut Findings) {
    if !findings.wants(Kind::EMAIL) {
        return;
    }
    let is_local = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'%' | b'+' | b'\'');
    let start = span_back(text, at, 64, is_local);
    // The line breaks of a text within a text.
    let start = if before(text, start) == b'\\' { start + 1 } else { start };
    let start = span(text, start, |byte| matches!(byte, b'.' | b'\'' | b'-')).min(at);
    let domain = at + 1;
    let limit = text.len().min(domain + 253);
    let end = domain
        + span(part(text, domain, limit), 0, |byte| {
            byte == b'.' || byte == b'-' || byte.is_ascii_alphanumeric()
        });
    let end = end
        - part(text, domain, end)
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b'.' | b'-'))
            .count();
    let name = part(text, start, at);
    if name.is_empty() || name.ends_with(b".") || !is_domain(part(text, domain, end)) {
        return;
    }
    // An address of SSH, or the user of a URL.
    let is_path = byte(text, end) == b':' && byte(text, end + 1) > b' ';
    if name != b"git" && !is_path && !is_in_url(text, start) {
        findings.add(Kind::EMAIL, start, end);
    }
}

/// Whether it is the user of a URL, or the password: `https://user@host`, `https://user:password@host`.
fn is_in_url(text: &[u8], start: usize) -> bool {
    let begin = span_back(text, start, 128, |byte| byte > b' ' && byte != b'"');
    let url = part(text, begin, start);
    url.ends_with(b"://") || (url.ends_with(b":") && url.windows(3).any(|part| part == b"://"))
}

/// Labels with a dot between, the last of which is a word; not `2x.png`.
fn is_domain(domain: &[u8]) -> bool {
    let labels: Vec<&[u8]> = domain.split(|byte| *byte == b'.').collect();
    let (Some(first), Some(last)) = (labels.first(), labels.last()) else { return false };
    let is_label = |label: &[u8]| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with(b"-") && !label.ends_with(b"-")
    };
    let is_scale = matches!(first, [b'1'..=b'4', b'x']);
    labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && last.len() >= 2
        && last.iter().all(u8::is_ascii_alphabetic)
        && !is_scale
}

/// Looks at a long run that begins with a digit: `123-45-6789` and `212-555-0123`.
pub(super) fn dashed(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    if matches!(before(text, start), b'.' | b'/' | b'+' | b')' | b'$') || byte(text, end) == b'/' {
        return;
    }
    let run = part(text, start, end);
    let groups: Vec<&[u8]> = run.split(|byte| *byte == b'-').collect();
    let [first, second, third] = groups.as_slice() else { return };
    if !groups.iter().all(|group| group.iter().all(u8::is_ascii_digit)) {
        return;
    }
    match (first.len(), second.len(), third.len()) {
        (3, 2, 4) => {
            // Never issued: these areas, groups and serials, and two that stood in advertisements.
            let is_issued = !matches!(*first, b"000" | b"666")
                && !first.starts_with(b"9")
                && *second != b"00"
                && *third != b"0000"
                && !matches!(run, b"078-05-1120" | b"219-09-9999");
            if is_issued {
                findings.add(Kind::SSN, start, end);
            }
        }
        (3, 3, 4) if is_north_american(first, second) => findings.add(Kind::PHONE, start, end),
        _ => {}
    }
}

/// Areas and exchanges begin with 2 to 9.
fn is_north_american(area: &[u8], exchange: &[u8]) -> bool {
    let is_one = |digits: &[u8]| matches!(digits.first(), Some(b'2'..=b'9'));
    is_one(area) && is_one(exchange)
}

/// Looks at a `(`: `(212) 555-0123`.
pub(super) fn bracketed(text: &[u8], at: usize, findings: &mut Findings) {
    if !findings.wants(Kind::PHONE) {
        return;
    }
    let area = part(text, at + 1, at + 4);
    let gap = usize::from(byte(text, at + 5) == b' ');
    let exchange = at + 5 + gap;
    let rest = part(text, exchange, exchange + 8);
    let is_number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    let [_, _, _, sign, last @ ..] = rest else { return };
    if area.len() == 3
        && is_number(area)
        && byte(text, at + 4) == b')'
        && is_number(part(rest, 0, 3))
        && matches!(sign, b'-' | b' ' | b'.')
        && last.len() == 4
        && is_number(last)
        && !is_word(byte(text, exchange + 8))
        && is_north_american(area, rest)
    {
        findings.add(Kind::PHONE, at, exchange + 8);
    }
}

/// Looks at a `+`: `+49 30 1234567`, with at most one sign between digits.
pub(super) fn international(text: &[u8], at: usize, findings: &mut Findings) {
    let previous = before(text, at);
    let stands_alone = !is_word(previous) && !matches!(previous, b'+' | b')' | b'/' | b'=' | b'.');
    let escaped = ["\\n", "\\t", "\\r"].iter().any(|escape| precedes(text, at, escape.as_bytes()));
    if !findings.wants(Kind::PHONE) || !(stands_alone || escaped) {
        return;
    }
    let mut digits: Vec<u8> = Vec::new();
    let mut end = at + 1;
    let mut next = at + 1;
    while digits.len() <= 15 {
        let one = byte(text, next);
        if one.is_ascii_digit() {
            digits.push(one);
            next += 1;
            end = next;
            continue;
        }
        // A sign or two, as in `(0) ` and `) `, then more digits.
        let gap = span(text, next, |byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/'));
        if gap == next || gap - next > 2 || !byte(text, gap).is_ascii_digit() {
            break;
        }
        next = gap;
    }
    let is_number = match digits.as_slice() {
        [b'1', b'2'..=b'9', _, _, b'2'..=b'9', ..] => digits.len() == 11,
        [b'1', ..] => false,
        [b'7', ..] => digits.len() == 11,
        [b'2'..=b'9', ..] => (9..=15).contains(&digits.len()),
        _ => false,
    };
    if is_number && !byte(text, end).is_ascii_alphanumeric() {
        findings.add(Kind::PHONE, at, end);
    }
}

//! Numbers that check digits give away: payment cards and bank accounts (IBAN).

use super::Findings;
use crate::bytes::{before, byte, part, precedes};
use crate::kind::Kind;

/// Looks at a long run that begins with a digit.
pub(super) fn run(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    let run = part(text, start, end);
    let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
    let dashes = run.iter().filter(|byte| **byte == b'-').count();
    let is_plain = dashes == 0 && matches!(digits, 14..=16);
    let is_grouped = matches!((digits, dashes), (16, 3) | (14 | 15, 2));
    if digits + dashes == run.len() && (is_plain || is_grouped) {
        card(text, start, end, b'-', findings);
    }
}

/// Looks at four digits that may be the first group of a number written with spaces.
pub(super) fn grouped(text: &[u8], start: usize, findings: &mut Findings) {
    if !matches!(byte(text, start), b'2'..=b'6') || byte(text, start + 4) != b' ' {
        return;
    }
    let limit = text.len().min(start + 19);
    let end =
        (start..limit).find(|at| !matches!(byte(text, *at), b'0'..=b'9' | b' ')).unwrap_or(limit);
    for length in [19, 17, 16] {
        if end >= start + length && byte(text, start + length - 1) != b' ' {
            card(text, start, start + length, b' ', findings);
        }
    }
}

/// A card's number: its issuer's first digits, its length, its groups and its check digit.
fn card(text: &[u8], start: usize, end: usize, gap: u8, findings: &mut Findings) {
    if !findings.wants(Kind::CARD) || !stands_alone(text, start, end) {
        return;
    }
    let number = part(text, start, end);
    let digits: Vec<u8> =
        number.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
    let groups: Vec<usize> = number.split(|byte| *byte == gap).map(<[u8]>::len).collect();
    let is_written_so = matches!(groups.as_slice(), [_] | [4, 4, 4, 4] | [4, 6, 4 | 5]);
    if is_written_so && is_issued(&digits) && luhn(&digits) {
        findings.add(Kind::CARD, start, end);
    }
}

/// No part of a longer number or word, and no number in JSON, which is an id more likely.
fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let first = before(text, start);
    let next = byte(text, end);
    let in_decimal = (first == b'.' && before(text, start.saturating_sub(1)).is_ascii_digit())
        || (next == b'.' && byte(text, end + 1).is_ascii_digit());
    let in_word = next.is_ascii_alphanumeric() || next == b'_';
    let in_list = (first == b' ' && before(text, start.saturating_sub(1)).is_ascii_digit())
        || (next == b' ' && byte(text, end + 1).is_ascii_digit());
    let in_json = precedes(text, start, b"\":") || precedes(text, start, b"\": ");
    !(in_decimal || in_word || in_list || in_json)
}

fn is_issued(digits: &[u8]) -> bool {
    let first = |count: usize| {
        digits.iter().take(count).fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    match digits.len() {
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 62 | 65)
                || matches!(first(3), 644..=649)
                || matches!(first(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        _ => false,
    }
}

/// ISO/IEC 7812-1: every second digit from the right doubled, the sum of all digits is a multiple of ten.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| Some(digit) != digits.first())
}

/// Lengths of IBANs by country, from the registry of ISO 13616.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// An IBAN that begins at `start`, in one piece or in groups of four.
pub(super) fn account(text: &[u8], start: usize, findings: &mut Findings) {
    let head = part(text, start, start + 4);
    let [first, second, third, fourth] = head else { return };
    let is_head = first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && third.is_ascii_digit()
        && fourth.is_ascii_digit();
    if !is_head || !findings.wants(Kind::IBAN) {
        return;
    }
    let country = part(text, start, start + 2);
    let Some((_, length)) = LENGTHS.iter().find(|(known, _)| known.as_bytes() == country) else {
        return;
    };
    let spaced = byte(text, start + 4) == b' ';
    let mut number = Vec::with_capacity(*length);
    let mut at = start;
    while number.len() < *length {
        if spaced && number.len().is_multiple_of(4) && !number.is_empty() {
            if byte(text, at) != b' ' {
                return;
            }
            at += 1;
        }
        match byte(text, at) {
            letter @ (b'0'..=b'9' | b'A'..=b'Z') => number.push(letter),
            _ => return,
        }
        at += 1;
    }
    if !crate::bytes::is_word(byte(text, at)) && checks(&number) {
        findings.add(Kind::IBAN, start, at);
    }
}

/// ISO 7064 mod 97-10: with the first four at the end, and letters as two digits, the remainder is one.
fn checks(number: &[u8]) -> bool {
    let (head, rest) = number.split_at(number.len().min(4));
    let rest = rest.iter().chain(head);
    let remainder = rest.fold(0_u32, |sum, letter| match letter {
        b'A'..=b'Z' => (sum * 100 + u32::from(letter - b'A') + 10) % 97,
        digit => (sum * 10 + u32::from(digit.saturating_sub(b'0'))) % 97,
    });
    remainder == 1
}

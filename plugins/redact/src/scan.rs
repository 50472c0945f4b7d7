//! One pass over a text: stops only where something could be, and asks the detectors there.

mod assigned;
mod numbers;
mod pem;
mod people;
mod random;
mod tokens;
mod urls;

#[cfg(test)]
mod tests;

use crate::bytes::{before, byte, is_word, part, span, span_back};
use crate::kind::{Kind, Kinds};

pub(crate) use assigned::{Manner, is_assigned};

/// Something found: its bytes in the text, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
}

/// What is collected, of the kinds that are looked for.
#[derive(Debug)]
pub(crate) struct Findings {
    wanted: Kinds,
    pub(crate) list: Vec<Finding>,
}

impl Findings {
    pub(crate) fn new(wanted: Kinds) -> Self {
        Self { wanted, list: Vec::new() }
    }

    pub(crate) fn wants(&self, kind: Kind) -> bool {
        self.wanted.has(kind)
    }

    pub(crate) fn add(&mut self, kind: Kind, start: usize, end: usize) {
        if start < end && (self.wants(kind) || kind.as_own().is_some()) {
            self.list.push(Finding { start, end, kind });
        }
    }

    /// In order and apart: what overlaps becomes one, named by what says more.
    pub(crate) fn settle(&mut self) {
        self.list.sort_by_key(|finding| (finding.start, finding.end));
        self.list.dedup_by(|next, last| {
            let overlap = next.start < last.end;
            if overlap {
                last.end = last.end.max(next.end);
                last.kind = last.kind.min(next.kind);
            }
            overlap
        });
    }
}

/// What a byte is to the pass: a set of these.
const WORD: u8 = 1;
const ANCHOR: u8 = 2;
const DIGIT: u8 = 4;
const UPPER: u8 = 8;
const DASH: u8 = 16;
/// Where the pass stops: no token and no number is without one.
const STOP: u8 = 32;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "at compile time, with the bound in the condition")]
    while at < 256 {
        classes[at] = match at as u8 {
            b'0'..=b'9' => WORD | DIGIT | STOP,
            // Keys of AWS may have no digit, and `Bearer` has none.
            b'A' | b'B' => WORD | UPPER | STOP,
            b'C'..=b'Z' => WORD | UPPER,
            b'-' => WORD | DASH | STOP,
            b'_' => WORD | STOP,
            b'a'..=b'z' => WORD,
            b':' | b'=' | b'@' | b'+' | b'(' => ANCHOR | STOP,
            _ => 0,
        };
        at += 1;
    }
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The least length of a run that may be a token whatever it begins with, and of one that may be a number.
const LONG: usize = 20;
const NUMBER: usize = 4;

/// Looks through a text.
pub(crate) fn scan(text: &[u8], findings: &mut Findings) {
    let mut at = 0;
    while let Some(stop) = next_stop(text, at) {
        let byte = byte(text, stop);
        if class(byte) & ANCHOR != 0 {
            anchor(text, stop, byte, findings);
            at = stop + 1;
            continue;
        }
        let start = span_back(text, stop, stop - at, is_word);
        let end = span(text, stop, is_word);
        if may_matter(text, start, end) {
            run(text, start, end, findings);
        }
        at = end;
    }
}

/// The next byte to stop at; eight at a time, as most of a text is nothing of interest.
fn next_stop(text: &[u8], from: usize) -> Option<usize> {
    let (eights, rest) = text.get(from..)?.as_chunks::<8>();
    let is_stop = |byte: &u8| class(*byte) & STOP != 0;
    let in_eights = eights
        .iter()
        .position(|eight| eight.iter().fold(0, |all, byte| all | class(*byte)) & STOP != 0);
    let (skipped, last) = match in_eights {
        Some(index) => (index * 8, eights.get(index).map_or(rest, |eight| eight.as_slice())),
        None => (eights.len() * 8, rest),
    };
    Some(from + skipped + last.iter().position(is_stop)?)
}

/// Whether a run is one of the few to look at; a single branch for most words of a text.
fn may_matter(text: &[u8], start: usize, end: usize) -> bool {
    let length = end - start;
    let first = byte(text, start);
    let is_number = class(first) & (DIGIT | DASH) != 0;
    let is_account = class(first) & UPPER != 0 && class(byte(text, start + 2)) & DIGIT != 0;
    let is_bearer = (length == 6) & (first == b'B');
    let is_escaped = matches!(before(text, start), b'\\' | b'%');
    (length >= LONG) | ((length >= NUMBER) & (is_number | is_account | is_escaped)) | is_bearer
}

fn run(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    let start = unescaped(text, start, end);
    match byte(text, start) {
        b'0'..=b'9' if end - start == NUMBER => numbers::grouped(text, start, findings),
        b'0'..=b'9' => {
            numbers::run(text, start, end, findings);
            people::dashed(text, start, end, findings);
        }
        b'A'..=b'Z' => numbers::account(text, start, findings),
        b'-' => {
            pem::key(text, start, findings);
            assigned::flag(text, start, end, findings);
        }
        _ => {}
    }
    if end - start == 6 {
        assigned::bearer(text, start, end, findings);
    }
    tokens::run(text, start, end, findings);
}

fn anchor(text: &[u8], at: usize, byte: u8, findings: &mut Findings) {
    match byte {
        b':' | b'=' => {
            if byte == b':' {
                urls::credentials(text, at, findings);
            }
            assigned::value(text, at, findings);
        }
        b'@' => people::email(text, at, findings),
        b'+' => people::international(text, at, findings),
        _ => people::bracketed(text, at, findings),
    }
}

/// Where a run begins if what stands before it is the escape of another language: `\n`, `\u003d`, `%3D`.
fn unescaped(text: &[u8], start: usize, end: usize) -> usize {
    let is_hex = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let skipped = match (before(text, start), byte(text, start)) {
        (b'\\', b'n' | b'r' | b't' | b'b' | b'f') => 1,
        (b'\\', b'u') if is_hex(part(text, start + 1, start + 5)) => 5,
        (b'%', _) if is_hex(part(text, start, start + 2)) => 2,
        _ => 0,
    };
    (start + skipped).min(end)
}

//! One pass over a text: stops only where something could be, and asks the detectors there.

mod assigned;
mod numbers;
mod people;
mod pem;
mod random;
mod tokens;
mod urls;

#[cfg(test)]
mod tests;

use crate::bytes::{before, byte, part};
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

/// What a byte is to the pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a run.
    Word,
    /// Where a detector of its own begins.
    Anchor,
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "at compile time, with the bound in the condition")]
    while at < 256 {
        classes[at] = match at as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => Class::Word,
            b':' | b'=' | b'@' | b'+' | b'(' => Class::Anchor,
            _ => Class::Other,
        };
        at += 1;
    }
    classes
};

/// The least length of a run that is looked at for its own sake.
const LONG: usize = 10;

/// Looks through a text.
pub(crate) fn scan(text: &[u8], findings: &mut Findings) {
    let mut start = usize::MAX;
    for (at, byte) in text.iter().enumerate() {
        match CLASSES.get(usize::from(*byte)).copied().unwrap_or(Class::Other) {
            Class::Word => {
                if start == usize::MAX {
                    start = at;
                }
            }
            class => {
                if start != usize::MAX {
                    run(text, start, at, findings);
                    start = usize::MAX;
                }
                if class == Class::Anchor {
                    anchor(text, at, *byte, findings);
                }
            }
        }
    }
    if start != usize::MAX {
        run(text, start, text.len(), findings);
    }
}

/// A run of word bytes has ended.
fn run(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    match end - start {
        LONG.. => long(text, start, end, findings),
        4 => numbers::grouped(text, start, findings),
        6 if byte(text, start) | 0x20 == b'b' => assigned::bearer(text, start, end, findings),
        6..LONG if byte(text, start) == b'-' => assigned::flag(text, start, end, findings),
        _ => {}
    }
}

fn long(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    let start = unescaped(text, start, end);
    match byte(text, start) {
        b'0'..=b'9' => {
            numbers::run(text, start, end, findings);
            people::dashed(text, start, end, findings);
        }
        b'-' => {
            pem::key(text, start, findings);
            assigned::flag(text, start, end, findings);
        }
        _ => {}
    }
    tokens::run(text, start, end, findings);
    numbers::account(text, start, findings);
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

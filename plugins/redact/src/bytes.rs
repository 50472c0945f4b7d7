//! Looking at bytes of a text without leaving it.

/// The byte at `at`; 0 outside the text.
pub(crate) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The byte before `at`; 0 at the beginning.
pub(crate) fn before(text: &[u8], at: usize) -> u8 {
    at.checked_sub(1).map_or(0, |at| byte(text, at))
}

/// The part from `from` to `to`; empty if there is none.
pub(crate) fn part(text: &[u8], from: usize, to: usize) -> &[u8] {
    text.get(from..to).unwrap_or_default()
}

/// Whether the text goes on with `what` at `at`.
pub(crate) fn follows(text: &[u8], at: usize, what: &[u8]) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(what))
}

/// Whether `what` ends at `at`.
pub(crate) fn precedes(text: &[u8], at: usize, what: &[u8]) -> bool {
    text.get(..at).is_some_and(|start| start.ends_with(what))
}

/// Where the bytes from `at` on stop being `wanted`.
pub(crate) fn span(text: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len())
}

/// Where the bytes before `at`, at most `most` of them, start to be `wanted` without a gap.
pub(crate) fn span_back(text: &[u8], at: usize, most: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let start = text.get(..at).unwrap_or_default();
    at - start.iter().rev().take(most).take_while(|byte| wanted(**byte)).count()
}

/// Letters, digits, `_` and `-`: what tokens are made of.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// How many different bytes there are.
pub(crate) fn different(text: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in text {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    seen.iter().filter(|seen| **seen).count()
}

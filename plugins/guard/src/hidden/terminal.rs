//! Control sequences of terminals that hide text or act on the terminal; colours are none of them.

use super::Found;
use crate::rule::Rule;

const ESC: char = '\u{1b}';
const BEL: char = '\u{7}';

/// Finds text that is concealed, what is put into the clipboard, and strings for the terminal itself.
pub(super) fn find(text: &str, found: &mut Found) {
    let mut end = 0;
    for (start, _) in text.match_indices(ESC) {
        if start < end {
            continue;
        }
        let rest = text.get(start + 1..).unwrap_or_default();
        let length = match rest.chars().next() {
            Some('[') => concealing(rest),
            Some(']') if rest.starts_with("]52;") => Some(string(rest)),
            // Device control, application, privacy, start of string.
            Some('P' | '_' | '^' | 'X') => Some(string(rest)),
            _ => None,
        };
        if let Some(length) = length {
            end = start + 1 + length;
            found.push((start..end, Rule::Terminal));
        }
    }
}

/// The length of a sequence that conceals what follows: `[8m`, also among others.
fn concealing(rest: &str) -> Option<usize> {
    let inner = rest.get(1..)?;
    let end = inner.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
    let (numbers, after) = inner.split_at_checked(end)?;
    if !after.starts_with('m') {
        return None;
    }
    let mut numbers = numbers.split(';');
    while let Some(number) = numbers.next() {
        match number {
            "8" | "08" => return Some(end + 2),
            // A colour by number: what follows belongs to it.
            "38" | "48" | "58" => {
                let more = if numbers.next() == Some("5") { 1 } else { 3 };
                numbers.by_ref().take(more).for_each(drop);
            }
            _ => {}
        }
    }
    None
}

/// The length of a string up to what ends it, or to the end of the text.
fn string(rest: &str) -> usize {
    let bell = rest.find(BEL).map(|at| at + 1);
    let terminator = rest.find("\u{1b}\\").map(|at| at + 2);
    bell.into_iter().chain(terminator).min().unwrap_or(rest.len())
}

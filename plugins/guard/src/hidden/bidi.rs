//! Controls of the direction of writing: where they make a text look otherwise than it reads.

use super::{Found, Placed};
use crate::rule::Rule;

/// Finds controls that nothing ends, that turn letters round, or that turn round a line without a letter that is written
/// from right to left.
pub(super) fn find(chars: &[Placed], found: &mut Found) {
    for line in chars.split(|(_, c)| matches!(c, '\n' | '\r' | '\u{2029}')) {
        let mut open: Vec<(usize, char)> = Vec::new();
        for (index, (_, c)) in line.iter().enumerate() {
            match c {
                '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' | '\u{2066}'..='\u{2068}' => {
                    open.push((index, *c));
                }
                '\u{202c}' => close(line, &mut open, index, false, found),
                '\u{2069}' => close(line, &mut open, index, true, found),
                _ => {}
            }
        }
        for (index, _) in open {
            report(line, index, found);
        }
    }
}

/// Ends what was begun last, if it is ended so, and looks at what stood in it.
fn close(
    line: &[Placed],
    open: &mut Vec<(usize, char)>,
    end: usize,
    isolate: bool,
    found: &mut Found,
) {
    let is_isolate = |c: char| matches!(c, '\u{2066}'..='\u{2068}');
    let Some((start, c)) = open.pop_if(|(_, c)| is_isolate(*c) == isolate) else { return };
    let inner = line.get(start + 1..end).unwrap_or_default();
    let turns = match c {
        '\u{202e}' => true,
        '\u{202d}' => inner.iter().any(|(_, c)| c.is_alphabetic()),
        '\u{202b}' | '\u{2067}' => !line.iter().any(|(_, c)| is_from_right(*c)),
        _ => false,
    };
    if turns {
        report(line, start, found);
        report(line, end, found);
    }
}

fn report(line: &[Placed], index: usize, found: &mut Found) {
    if let Some((at, c)) = line.get(index) {
        found.push((*at..at + c.len_utf8(), Rule::Bidi));
    }
}

/// A letter of Hebrew, Arabic and other scripts that are written from right to left.
const fn is_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
}

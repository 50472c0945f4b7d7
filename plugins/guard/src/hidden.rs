//! Characters that are not seen but read by a model: where they are used as no script and no emoji uses them.

mod bidi;
mod terminal;

use std::ops::Range;

use crate::rule::{Rule, Rules};

/// What was found in a text, by place.
pub(crate) type Found = Vec<(Range<usize>, Rule)>;

/// A character and where it stands, in bytes.
pub(crate) type Placed = (usize, char);

/// Stray emoji selectors in a text that are taken for leftovers of an emoji that was cut off.
const STRAY: usize = 2;

/// Finds hidden characters.
pub(crate) fn find(text: &str) -> Found {
    let mut found = Found::new();
    if text.contains('\u{1b}') {
        terminal::find(text, &mut found);
    }
    if !text.chars().any(is_hidden) {
        return found;
    }
    let chars: Vec<Placed> = text.char_indices().collect();
    bidi::find(&chars, &mut found);
    let mut strays = Found::new();
    let mut at = 0;
    while let Some((_, c)) = chars.get(at).copied() {
        let class = |c: &Placed| Class::of(c.1);
        let Some(kind) = Class::of(c) else {
            at += 1;
            continue;
        };
        let rest = chars.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|c| class(c) == Some(kind)).count();
        let run = Run {
            before: at.checked_sub(1).and_then(|at| chars.get(at)).map(|(_, c)| *c),
            chars: chars.get(at..at + length).unwrap_or_default(),
            after: chars.get(at + length).map(|(_, c)| *c),
        };
        match kind {
            Class::Tag if !run.is_flag() => run.report(0, Rule::Tags, &mut found),
            Class::Variation => match run.misplaced() {
                Some(Place::Certain(from)) => run.report(from, Rule::Variation, &mut found),
                Some(Place::Stray) => run.report(0, Rule::Variation, &mut strays),
                None => {}
            },
            Class::ZeroWidth if run.hides() => run.report(0, Rule::ZeroWidth, &mut found),
            Class::Tag | Class::ZeroWidth => {}
        }
        at += length;
    }
    if strays.len() > STRAY {
        found.extend(strays);
    }
    found
}

/// The rules among what was found.
pub(crate) fn rules(found: &Found) -> Rules {
    found.iter().map(|(_, rule)| *rule).collect()
}

/// The text without what these rules found.
pub(crate) fn strip(text: &str, found: &Found, rules: Rules) -> String {
    let mut ranges: Vec<_> =
        found.iter().filter(|(_, rule)| rules.has(*rule)).map(|(range, _)| range.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut stripped = String::with_capacity(text.len());
    let mut end = 0;
    for range in ranges {
        stripped.push_str(text.get(end..range.start).unwrap_or_default());
        end = end.max(range.end);
    }
    stripped.push_str(text.get(end..).unwrap_or_default());
    stripped
}

/// Whether it is not seen, or changes the order of what is.
pub(crate) fn is_hidden(c: char) -> bool {
    Class::of(c).is_some()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Letters of the alphabet that nobody sees (Unicode block Tags), and what is reserved beside them.
    Tag,
    /// They say which form of the character before is meant.
    Variation,
    /// They join, part, or fill.
    ZeroWidth,
}

impl Class {
    const fn of(c: char) -> Option<Self> {
        match c {
            '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
            | '\u{180b}'..='\u{180d}'
            | '\u{180f}' => Some(Self::Variation),
            '\u{e0000}'..='\u{e0fff}' => Some(Self::Tag),
            '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' => Some(Self::ZeroWidth),
            _ => None,
        }
    }
}

/// Hidden characters of one class, and what stands beside them.
struct Run<'t> {
    before: Option<char>,
    chars: &'t [Placed],
    after: Option<char>,
}

enum Place {
    /// From this one on.
    Certain(usize),
    /// A leftover, if there are few.
    Stray,
}

impl Run<'_> {
    fn report(&self, from: usize, rule: Rule, found: &mut Found) {
        for (at, c) in self.chars.iter().skip(from) {
            found.push((*at..at + c.len_utf8(), rule));
        }
    }

    /// Whether it is the flag of a region: a black flag, the region's code, and an end.
    fn is_flag(&self) -> bool {
        let is_code = |c: char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
        let Some(((_, end), code)) = self.chars.split_last() else { return false };
        self.before == Some('\u{1f3f4}')
            && *end == '\u{e007f}'
            && (3..=6).contains(&code.len())
            && code.iter().all(|(_, c)| is_code(*c))
    }

    /// Where selectors begin that select nothing.
    fn misplaced(&self) -> Option<Place> {
        let (_, first) = self.chars.first()?;
        let before = self.before.unwrap_or(' ');
        let place = match first {
            '\u{fe0e}' | '\u{fe0f}' if takes_emoji_form(before) => None,
            '\u{fe0e}' | '\u{fe0f}' => Some(Place::Stray),
            '\u{fe00}'..='\u{fe0d}' if !before.is_ascii() || before == '0' => None,
            '\u{e0100}'..='\u{e01ef}' if is_ideograph(before) => None,
            '\u{180b}'..='\u{180f}' if matches!(before, '\u{1800}'..='\u{18af}') => None,
            _ => Some(Place::Certain(0)),
        };
        match place {
            Some(Place::Certain(from)) => Some(Place::Certain(from)),
            Some(_) if self.chars.len() > 1 => Some(Place::Certain(0)),
            None if self.chars.len() > 1 => Some(Place::Certain(1)),
            place => place,
        }
    }

    /// Whether it hides something: it is long, parts a word of a script that knows no such thing, or has no use in a text.
    fn hides(&self) -> bool {
        let has = |wanted: fn(char) -> bool| self.chars.iter().any(|(_, c)| wanted(*c));
        let soft = |c: char| matches!(c, '\u{ad}' | '\u{200c}');
        let obsolete = |c: char| matches!(c, '\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}');
        let word =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || is_plain_letter(c));
        let parts = word(self.before) && word(self.after);
        self.chars.len() > 2 || has(obsolete) || (parts && !(self.chars.len() == 1 && has(soft)))
    }
}

/// Whether there is a form of it as an emoji and one as text.
const fn takes_emoji_form(c: char) -> bool {
    matches!(c, '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{2bff}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{3007}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A letter of Latin, Greek or Cyrillic, which neither join nor part without a space.
const fn is_plain_letter(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
}

#[cfg(test)]
mod tests;

//! Words as a reader takes them: without case, accents and hidden characters, and with letters that only look like others
//! in place of those.

mod letters;

use std::str::Chars;

use crate::hidden::is_hidden;
use letters::{is_mark, like_latin, plain};

/// The words of a text, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Words<'t> {
    rest: Chars<'t>,
}

/// A word, and how it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Whether a sentence ends after it.
    pub(crate) is_last: bool,
}

/// What a word is made of.
#[derive(Default)]
struct Shape {
    latin: bool,
    digits: bool,
    others: bool,
}

impl<'t> Words<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { rest: text.chars() }
    }

    /// How many bytes of the text are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.as_str().len()
    }

    /// Puts the next word into `word`; says whether there was one.
    pub(crate) fn read(&mut self, word: &mut Word) -> bool {
        word.text.clear();
        word.is_last = false;
        let mut shape = Shape::default();
        loop {
            let here = self.rest.clone();
            let Some(c) = self.rest.next() else { break };
            let is_within = !word.text.is_empty();
            if c.is_ascii_alphanumeric() {
                shape.latin |= c.is_ascii_alphabetic();
                shape.digits |= c.is_ascii_digit();
                word.text.push(c.to_ascii_lowercase());
            } else if is_ideograph(c) {
                // Written without spaces: each is a word of its own.
                if is_within {
                    self.rest = here;
                } else {
                    word.text.push(c);
                }
                break;
            } else if matches!(c, '@' | '$') && is_within {
                shape.digits = true;
                word.text.push(if c == '@' { 'a' } else { 's' });
            } else if let Some(letter) = plain(c) {
                shape.latin |= letter.is_ascii_alphabetic();
                shape.digits |= letter.is_ascii_digit();
                word.text.push(letter);
            } else if c.is_alphanumeric() || is_mark(c) {
                shape.others = true;
                word.text.extend(c.to_lowercase());
            } else if !is_silent(c) && is_within {
                word.is_last = self.stops(c);
                break;
            }
        }
        shape.settle(&mut word.text);
        !word.text.is_empty()
    }

    /// Whether a sentence ends with this character, or right after it, as in `"so".`
    fn stops(&self, c: char) -> bool {
        let mut rest = self.rest.clone();
        let next = rest.next();
        let ends = |next: Option<char>| next.is_none_or(char::is_whitespace);
        match c {
            '.' | '!' | '?' => ends(next),
            '\u{3002}' | '\u{ff01}' | '\u{ff1f}' => true,
            '"' | ')' | '`' | '*' | '\u{201d}' => {
                matches!(next, Some('.' | '!' | '?')) && ends(rest.next())
            }
            _ => false,
        }
    }
}

impl Shape {
    /// Takes letters that look like Latin ones for those, and digits for letters, in a word that has Latin ones too.
    fn settle(&self, text: &mut String) {
        if !self.latin || !(self.others || self.digits) {
            return;
        }
        let settled = text.chars().map(|c| match c {
            '0' => 'o',
            '1' => 'i',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            c if c.is_ascii() => c,
            c => like_latin(c).unwrap_or(c),
        });
        *text = settled.collect();
    }
}

/// Whether it stands in a word without being a letter of it: apostrophes, and what is not seen.
fn is_silent(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2bc}' | '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
        || is_hidden(c)
}

/// Ideographs, and the syllables of Japanese.
pub(crate) const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (mut words, mut word, mut found) = (Words::new(text), Word::default(), Vec::new());
        while words.read(&mut word) {
            let end = if word.is_last { "." } else { "" };
            found.push(format!("{}{end}", word.text));
        }
        assert_eq!(found.join(" "), expected, "{}", text.escape_debug());
    }

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        check(
            "Don't IGNORE, pr\u{e9}c\u{e9}dentes -- \u{dc}bung_x",
            "dont ignore precedentes ubung x",
        );
        check("ca\u{308}fe\u{301}", "cafe");
        check("One. Two! 3.5 e.g. x (so). \"Y\"", "one. two. 3 5 e g. x so. y");
        check("", "");
    }

    #[test]
    fn letters_that_look_like_others_are_those() {
        check("\u{456}gn\u{43e}r\u{435}", "ignore");
        check("\u{399}gn\u{3bf}re", "ignore");
        check(
            "\u{1d422}\u{1d420}\u{1d427}\u{1d428}\u{1d42b}\u{1d41e} \u{ff29}\u{ff27}\u{ff2e}",
            "ignore ign",
        );
        check("\u{24d8}\u{24d6}\u{24dd} \u{1f158}\u{1f176} \u{26a}\u{262}\u{274}", "ign ig ign");
        check("1gn0r3 pr3v10us 5y$tem", "ignore previous system");
        check(
            "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} 2024 v1",
            "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} 2024 vi",
        );
    }

    #[test]
    fn hidden_characters_do_not_part_a_word() {
        check("ig\u{200b}no\u{ad}re\u{e0041} a\u{fe0f}b", "ignore ab");
    }

    #[test]
    fn ideographs_stand_alone() {
        check("\u{5ffd}\u{7565}abc\u{3002}x", "\u{5ffd} \u{7565} abc. x");
        check("abc\u{5ffd}", "abc \u{5ffd}");
    }
}

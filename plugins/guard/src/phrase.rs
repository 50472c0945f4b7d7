//! Phrases: a few words with gaps between them, looked for in all texts at once.

mod tokens;

use std::collections::BTreeMap;

use crate::fold::{Word, Words, is_ideograph};
use crate::rule::{Rule, Rules};
use tokens::{Sieve, Tokens};

/// Words with gaps, as in `ignore|forget *3 instructions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    steps: Vec<Step>,
}

/// One place of a phrase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Step {
    /// How many words may stand before it.
    gap: usize,
    /// The words that fit; those that end in `*` only begin so.
    words: Vec<(String, bool)>,
}

/// All phrases, by the first letter of what they begin with.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    phrases: Vec<(Phrase, Rule)>,
    starts: BTreeMap<char, Vec<(String, bool, usize)>>,
    sieve: Sieve,
}

/// One text in which phrases are looked for.
struct Search<'p, 't> {
    phrases: &'p Phrases,
    text: &'t str,
    skip: Rules,
    found: Rules,
    /// Single letters that follow each other.
    spelled: String,
    word: Word,
}

/// The most words that a phrase can reach over.
const REACH: usize = 24;

impl Phrase {
    /// Reads a phrase: words, `a|b` for one of several, `word*` for what begins so, and `*` or `*5` for up to three, or
    /// so many, other words.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut steps: Vec<Step> = Vec::new();
        let mut gap = 0;
        for part in text.split_whitespace() {
            if let Some(count) = part.strip_prefix('*') {
                let count = if count.is_empty() { Ok(3) } else { count.parse() };
                let count = count.ok().filter(|count| (1..=8).contains(count));
                gap += count
                    .ok_or_else(|| format!("`{part}` is no gap; write `*`, or `*1` to `*8`"))?;
                continue;
            }
            if part.chars().all(is_ideograph) {
                for c in part.chars() {
                    steps.push(Step { gap, words: vec![(c.to_string(), false)] });
                    gap = 0;
                }
                continue;
            }
            let mut words = Vec::new();
            for word in part.split('|') {
                let (word, begins) =
                    word.strip_suffix('*').map_or((word, false), |word| (word, true));
                let (mut folded, mut read) = (Word::default(), Words::new(word));
                let one = read.read(&mut folded) && !read.read(&mut Word::default());
                if !one {
                    return Err(format!(
                        "`{word}` is not one word; write words with spaces between them"
                    ));
                }
                words.push((folded.text, begins));
            }
            steps.push(Step { gap, words });
            gap = 0;
        }
        match steps.first() {
            None => return Err("must not be empty".to_owned()),
            Some(first) if first.gap > 0 => {
                return Err("begins with a gap; begin with a word".to_owned());
            }
            Some(_) if gap > 0 => return Err("ends with a gap; end with a word".to_owned()),
            Some(_) => {}
        }
        let reach: usize = steps.iter().map(|step| step.gap + 1).sum();
        if reach > REACH {
            return Err(format!("reaches over {reach} words; {REACH} are the most"));
        }
        Ok(Self { steps })
    }

    /// Whether the words go on as the phrase does from this step.
    fn fits(&self, step: usize, words: &[Word]) -> bool {
        let Some(here) = self.steps.get(step) else { return true };
        for (at, word) in words.iter().enumerate().take(here.gap + 1) {
            let rest = words.get(at + 1..).unwrap_or_default();
            let is_end = step + 1 == self.steps.len();
            if here.takes(&word.text) && (is_end || (!word.is_last && self.fits(step + 1, rest))) {
                return true;
            }
            if word.is_last {
                return false;
            }
        }
        false
    }
}

impl Step {
    fn takes(&self, word: &str) -> bool {
        self.words.iter().any(|(wanted, begins)| takes(wanted, *begins, word))
    }
}

fn takes(wanted: &str, begins: bool, word: &str) -> bool {
    if begins { word.starts_with(wanted) } else { word == wanted }
}

impl Phrases {
    /// Adds a phrase.
    pub(crate) fn add(&mut self, phrase: Phrase, rule: Rule) {
        let number = self.phrases.len();
        for (word, begins) in phrase.steps.first().into_iter().flat_map(|step| &step.words) {
            if let Some(first) = word.chars().next() {
                self.starts.entry(first).or_default().push((word.clone(), *begins, number));
                self.sieve.add(word, *begins);
            }
        }
        self.phrases.push((phrase, rule));
    }

    /// The rules of the phrases that are in a text; those in `skip` are not looked for.
    pub(crate) fn find(&self, text: &str, skip: Rules) -> Rules {
        let found = Rules::default();
        let (spelled, word) = (String::new(), Word::default());
        let mut search = Search { phrases: self, text, skip, found, spelled, word };
        for token in Tokens::new(text) {
            if token.is_odd || self.sieve.holds(token.bytes) {
                search.read(token.start, token.start + token.bytes.len());
            } else if let [letter] = token.bytes {
                // No phrase begins with it, but a word may be spelled with it.
                search.spelled.push(char::from(letter.to_ascii_lowercase()));
            } else {
                search.unspell();
            }
        }
        search.unspell();
        search.found.without(skip)
    }
}

impl Search<'_, '_> {
    /// Looks at the words of a part of the text.
    fn read(&mut self, start: usize, end: usize) {
        let mut words = Words::new(self.text.get(start..).unwrap_or_default());
        let after = self.text.len() - end;
        let mut word = std::mem::take(&mut self.word);
        while words.left() > after && words.read(&mut word) {
            if word.text.len() == 1 {
                self.spelled.push_str(&word.text);
            } else {
                self.unspell();
            }
            self.begin(&word, &words);
        }
        self.word = word;
    }

    /// Looks for the phrases that begin with a word.
    fn begin(&mut self, word: &Word, rest: &Words<'_>) {
        let first = word.text.chars().next();
        let Some(starts) = first.and_then(|first| self.phrases.starts.get(&first)) else { return };
        let mut following: Option<Vec<Word>> = None;
        for (wanted, begins, number) in starts {
            let Some((phrase, rule)) = self.phrases.phrases.get(*number) else { continue };
            let is_known = self.found.has(*rule) || self.skip.has(*rule);
            let goes_on = !word.is_last || phrase.steps.len() == 1;
            if is_known || !goes_on || !takes(wanted, *begins, &word.text) {
                continue;
            }
            if phrase.fits(1, following.get_or_insert_with(|| ahead(rest.clone()))) {
                self.found = self.found.with(*rule);
            }
        }
    }

    fn unspell(&mut self) {
        if !self.spelled.is_empty() {
            self.found = self.found.and(spelt(&mut self.spelled));
        }
    }
}

/// The words that a phrase can go on with.
fn ahead(mut words: Words<'_>) -> Vec<Word> {
    let mut ahead = Vec::with_capacity(REACH);
    let mut word = Word::default();
    while ahead.len() < REACH && words.read(&mut word) {
        ahead.push(std::mem::take(&mut word));
    }
    ahead
}

/// Whether single letters spell the most usual phrase, as in `i g n o r e`; forgets them.
fn spelt(spelled: &mut String) -> Rules {
    const SPELT: [&str; 6] = [
        "ignoreprevious",
        "ignoreallprevious",
        "ignoretheprevious",
        "ignoreallinstructions",
        "ignoreyourinstructions",
        "disregardprevious",
    ];
    let is = spelled.len() > 12 && SPELT.iter().any(|phrase| spelled.contains(phrase));
    spelled.clear();
    if is { Rules::default().with(Rule::Override) } else { Rules::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(phrase: &str, text: &str, expected: bool) {
        let mut phrases = Phrases::default();
        phrases.add(Phrase::new(phrase).unwrap(), Rule::Phrase);
        let found = phrases.find(text, Rules::default());
        assert_eq!(found.has(Rule::Phrase), expected, "{phrase}: {text}");
        assert!(phrases.find(text, Rules::default().with(Rule::Phrase)).is_empty());
    }

    #[test]
    fn words_follow_each_other_with_gaps() {
        check("send|mail *2 salaries", "Please SEND all the salaries now", true);
        check("send|mail *2 salaries", "mail salaries", true);
        check("send|mail *2 salaries", "send one two three salaries", false);
        check("send *2 salaries", "send it. Salaries are high", false);
        check("send *2 salaries", "send v1.5 salaries", true);
        check("salar*", "the salary", true);
        check("salar", "the salary", false);
        check("a1 b", "send a1, b", true);
        check(
            "\u{5ffd}\u{7565} *4 \u{6307}\u{4ee4}",
            "\u{8bf7}\u{5ffd}\u{7565}\u{4e4b}\u{524d}\u{7684}\u{6307}\u{4ee4}",
            true,
        );
        check("send all", "send send all", true);
    }

    #[test]
    fn spelled_words_are_read() {
        let found =
            Phrases::default().find("x. i g n o r e  p r e v i o u s  i n s", Rules::default());
        assert_eq!(found.names(), "injection.override");
        let skip = Rules::default().with(Rule::Override);
        assert!(Phrases::default().find("i g n o r e p r e v i o u s", skip).is_empty());
    }

    #[test]
    fn a_phrase_that_can_fit_nothing_is_a_mistake() {
        for (phrase, why) in [
            ("", "must not be empty"),
            ("* a", "begins with a gap"),
            ("a *", "ends with a gap"),
            ("a *9 b", "`*1` to `*8`"),
            ("a *x b", "is no gap"),
            ("a-b", "`a-b` is not one word"),
            ("a||b", "`` is not one word"),
            ("a *8 b *8 c *8 d", "reaches over 28 words"),
        ] {
            let error = Phrase::new(phrase).unwrap_err();
            assert!(error.contains(why), "{phrase}: {error}");
        }
    }
}

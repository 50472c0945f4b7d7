//! A first and quick look at a text: which parts of it could begin a phrase, so that only those are read with care.

/// What stands between the spaces and signs of a text.
pub(super) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

/// One of them.
pub(super) struct Token<'t> {
    /// Where it begins.
    pub(super) start: usize,
    pub(super) bytes: &'t [u8],
    /// Whether it holds anything but the letters and digits of ASCII.
    pub(super) is_odd: bool,
}

/// The words that phrases begin with, by their first byte; those that do not begin with one of ASCII are not here.
#[derive(Debug, Default)]
pub(super) struct Sieve(Vec<Vec<(Box<[u8]>, bool)>>);

impl<'t> Tokens<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = self.text.get(self.at..)?;
        let skipped = rest.iter().position(|byte| is_part(*byte))?;
        let rest = rest.get(skipped..)?;
        let mut is_odd = false;
        let ends = |byte: &u8| {
            is_odd |= !byte.is_ascii_alphanumeric() && is_part(*byte);
            !is_part(*byte)
        };
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        let start = self.at + skipped;
        self.at = start + length;
        Some(Token { start, bytes: rest.get(..length)?, is_odd })
    }
}

/// Whether a byte can stand within a word.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'\'' | b'@' | b'$')
}

impl Sieve {
    /// Adds a word; if `begins`, all that begin so.
    pub(super) fn add(&mut self, word: &str, begins: bool) {
        let Some(first) = word.bytes().next() else { return };
        let first = usize::from(first);
        if self.0.len() <= first {
            self.0.resize_with(first + 1, Vec::new);
        }
        let word = (word.as_bytes().into(), begins);
        if let Some(words) = self.0.get_mut(first).filter(|words| !words.contains(&word)) {
            words.push(word);
        }
    }

    /// Whether a token could be one of the words.
    pub(super) fn holds(&self, token: &[u8]) -> bool {
        let Some(first) = token.first() else { return false };
        let lower = first.to_ascii_lowercase();
        let letter = letter(*first);
        self.holds_from(lower, token) || (letter != lower && self.holds_from(letter, token))
    }

    fn holds_from(&self, first: u8, token: &[u8]) -> bool {
        let words = self.0.get(usize::from(first)).map_or(&[][..], Vec::as_slice);
        words.iter().any(|(word, begins)| {
            let fits = if *begins { token.len() >= word.len() } else { token.len() == word.len() };
            fits && token.iter().zip(word).all(|(byte, wanted)| {
                byte.to_ascii_lowercase() == *wanted || letter(*byte) == *wanted
            })
        })
    }
}

/// The letter that a digit can stand for; all else is itself, in lower case.
const fn letter(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' => b'i',
        b'3' => b'e',
        b'4' => b'a',
        b'5' => b's',
        b'7' => b't',
        byte => byte.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_parts_between_signs() {
        let found: Vec<_> = Tokens::new(" One, don't x_y=\u{e9}t\u{e9}; a@b")
            .map(|token| (token.start, std::str::from_utf8(token.bytes).unwrap(), token.is_odd))
            .collect();
        let expected = [
            (1, "One", false),
            (6, "don't", true),
            (12, "x", false),
            (14, "y", false),
            (16, "\u{e9}t\u{e9}", true),
            (23, "a@b", true),
        ];
        assert_eq!(found, expected);
        assert_eq!(Tokens::new("").count() + Tokens::new(" .,").count(), 0);
    }

    #[test]
    fn the_sieve_holds_what_could_be_one_of_its_words() {
        let mut sieve = Sieve::default();
        for (word, begins) in [("ignore", false), ("salar", true), ("\u{5ffd}", false)] {
            sieve.add(word, begins);
        }
        for token in ["ignore", "IGNORE", "1gn0r3", "Salary", "5alar"] {
            assert!(sieve.holds(token.as_bytes()), "{token}");
        }
        for token in ["ignored", "ignor", "sala", "", "x", "9"] {
            assert!(!sieve.holds(token.as_bytes()), "{token}");
        }
    }
}

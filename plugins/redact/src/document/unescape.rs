//! A JSON string without its escapes, and the way back to where each byte of it stood.

use memchr::memchr;

/// The text of a string that had escapes.
#[derive(Debug)]
pub(super) struct Unescaped {
    text: String,
    /// Where the text goes on after an escape, and where the string does. Up to the next escape both go on alike.
    pieces: Vec<(usize, usize)>,
}

impl Unescaped {
    /// Reads what stands between the quotes. What is no escape is taken as it stands.
    pub(super) fn new(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        let mut pieces = vec![(0, 0)];
        let mut at = 0;
        while let Some((plain, escape)) =
            raw.get(at..).and_then(|rest| rest.split_at_checked(memchr(b'\\', rest.as_bytes())?))
        {
            text.push_str(plain);
            let (letter, length) = one(escape);
            text.push(letter);
            at += plain.len() + length;
            pieces.push((text.len(), at));
        }
        text.push_str(raw.get(at..).unwrap_or_default());
        Self { text, pieces }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the byte at `at` of the text stood in the string.
    pub(super) fn place(&self, at: usize) -> usize {
        let after = self.pieces.partition_point(|(start, _)| *start <= at);
        let piece = after.checked_sub(1).and_then(|index| self.pieces.get(index));
        piece.map_or(at, |(start, place)| place + (at - start))
    }
}

/// The letter that an escape stands for, and how long it is.
fn one(escape: &str) -> (char, usize) {
    let letter = match escape.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'"') => '"',
        Some(b'/') => '/',
        Some(b'u') => return unicode(escape),
        // A backslash that escapes a backslash, or (in what is not JSON) nothing.
        Some(b'\\') => '\\',
        _ => return ('\\', 1),
    };
    (letter, 2)
}

/// `\u0041`, and the two of `\ud83d\ude00`.
fn unicode(escape: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 4).filter(|_| escape.get(at - 2..at) == Some("\\u"))?;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let Some(high) = unit(2) else { return ('\\', 1) };
    if let Some(letter) = char::from_u32(high) {
        return (letter, 6);
    }
    let low =
        unit(8).filter(|low| (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(low));
    let pair =
        low.and_then(|low| char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)));
    pair.map_or((char::REPLACEMENT_CHARACTER, 6), |letter| (letter, 12))
}

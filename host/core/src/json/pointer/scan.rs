//! Walking over JSON that is known to be well-formed, without reading more of it than its shape.

use std::borrow::Cow;
use std::ops::Range;

use super::Ambiguous;

/// Where something stands in its container.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The value.
    pub(super) value: Range<usize>,
    /// The member or element with the comma that belongs to it: what has to go for it to be gone.
    pub(super) whole: Range<usize>,
}

/// Finds a member of an object, or an element of an array by its index. An object is looked through to its end, since
/// a member that is named twice can be read in two ways.
pub(super) fn find(bytes: &[u8], token: &str) -> Result<Option<Found>, Ambiguous> {
    let mut at = Scanner { bytes, at: 0 };
    at.blanks();
    match at.peek() {
        Some(b'{') => member(at, token),
        Some(b'[') => Ok(element(at, token)),
        _ => Ok(None),
    }
}

fn member(mut scanner: Scanner<'_>, token: &str) -> Result<Option<Found>, Ambiguous> {
    let mut found: Option<Found> = None;
    let mut before = None;
    scanner.step_in();
    while scanner.peek() == Some(b'"') {
        let start = scanner.at;
        let hit = is_key(scanner.string(), token);
        scanner.blanks();
        scanner.step_in();
        let value = scanner.value();
        let whole = scanner.leave(&mut before, start, value.end);
        if hit {
            if found.is_some() {
                return Err(Ambiguous(token.to_owned()));
            }
            found = Some(Found { value, whole });
        }
    }
    Ok(found)
}

fn element(mut scanner: Scanner<'_>, token: &str) -> Option<Found> {
    let digits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (token == "0" || !token.starts_with('0'));
    let wanted: usize = token.parse().ok().filter(|_| plain)?;
    let mut before = None;
    scanner.step_in();
    let mut index = 0;
    while scanner.peek().is_some_and(|byte| byte != b']') {
        let value = scanner.value();
        let whole = scanner.leave(&mut before, value.start, value.end);
        if index == wanted {
            return Some(Found { value, whole });
        }
        index += 1;
    }
    None
}

/// Whether a key, still with its quotes and escapes, says this.
fn is_key(key: &[u8], token: &str) -> bool {
    let inner = key.get(1..key.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains(&b'\\') {
        return inner == token.as_bytes();
    }
    serde_json::from_slice::<Cow<'_, str>>(key).is_ok_and(|key| key == token)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Steps over a bracket or a colon, and what is blank after it.
    fn step_in(&mut self) {
        self.at += 1;
        self.blanks();
    }

    /// Steps over what follows a member or element, and says what would have to go with it: the comma before it, or
    /// where it is the first, the one after it.
    fn leave(&mut self, before: &mut Option<usize>, start: usize, end: usize) -> Range<usize> {
        self.blanks();
        let at = self.at;
        let comma = self.peek() == Some(b',');
        if comma {
            self.step_in();
        }
        let whole = match *before {
            Some(before) => before..end,
            None if comma => start..self.at,
            None => start..end,
        };
        *before = comma.then_some(at);
        whole
    }

    /// Steps over a string and returns it with its quotes.
    fn string(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(next) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                break;
            };
            self.at += next + 1;
            if rest.get(next) == Some(&b'"') {
                break;
            }
            self.at += 1;
        }
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Steps over a value and returns where it stands.
    fn value(&mut self) -> Range<usize> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' if depth > 0 => self.at += 1,
                _ => self.scalar(),
            }
            if depth == 0 {
                break;
            }
        }
        start..self.at
    }

    /// Steps over a number or a literal.
    fn scalar(&mut self) {
        let start = self.at;
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        while self.peek().is_some_and(part) {
            self.at += 1;
        }
        // What is no JSON must not be stood on for ever.
        self.at = self.at.max(start + 1);
    }
}

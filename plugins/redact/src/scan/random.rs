//! Whether a text looks made by chance: no words, no numbers, no expression of a programming language.

use crate::bytes::different;

/// A digit beside letters, or letters of both cases: so words and placeholders are not.
pub(super) fn is_mixed(text: &[u8]) -> bool {
    let any = |of: fn(&u8) -> bool| text.iter().any(of);
    let letters = any(u8::is_ascii_alphabetic);
    let digits = any(u8::is_ascii_digit);
    let cases = any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase);
    (letters && digits) || cases
}

/// The classes that chance jumps between; what joins words counts as neither.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Sign,
    Joint,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        b'_' | b'-' | b'.' | b'/' | b':' => Class::Joint,
        _ => Class::Sign,
    }
}

/// Whether 16 bytes or more look like chance: at least eight different ones, letters with digits or in both cases,
/// and the class changes at more than a fifth of the places (in random letters and digits at half of them, in
/// `camelCase2` at a tenth).
pub(super) fn is_random(text: &[u8]) -> bool {
    if text.len() < 16 || !is_mixed(text) || different(text) < 8 {
        return false;
    }
    let classes: Vec<Class> =
        text.iter().map(|byte| class(*byte)).filter(|class| *class != Class::Joint).collect();
    let changes = classes.windows(2).filter(|pair| pair.first() != pair.last()).count();
    let has_digit = classes.contains(&Class::Digit);
    let share = if has_digit { 5 } else { 3 };
    changes * share > classes.len()
}

/// Whether a shorter text is a password that a person chose: letters, and a digit or a sign.
pub(super) fn is_chosen(text: &[u8]) -> bool {
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    let others = text.iter().any(|byte| matches!(class(*byte), Class::Digit | Class::Sign));
    (6..=64).contains(&text.len()) && letters && others
}

/// Whether it stands for a secret that is filled in elsewhere, or hides one already.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    let first = text.first().copied().unwrap_or_default();
    let second = text.get(1).copied().unwrap_or_default();
    let variable =
        first == b'$' && (second == b'{' || second == b'(' || second.is_ascii_alphabetic());
    let wrapped = matches!(first, b'<' | b'{' | b'[' | b'%' | b'*' | b'(');
    let path = matches!((first, second), (b'/', _) | (b'.', b'/' | b'.') | (b'~', b'/'));
    let holds = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
    let expression = [&b"${"[..], b"{{", b"::", b"->", b"://", b"***", b"..."];
    variable || wrapped || path || expression.iter().any(|part| holds(part))
}

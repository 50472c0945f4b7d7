//! Reads Rust as far as the rules need it: identifiers with their lines, without comments and literals.

use std::iter::Peekable;
use std::str::Chars;

/// An identifier or a single other character of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The identifier, or the one character.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// The code of a source as tokens; comments, strings and white space are gone.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        let begun = line;
        match first {
            '\n' => line += 1,
            '/' if chars.peek() == Some(&'/') => {
                while chars.peek().is_some_and(|next| *next != '\n') {
                    chars.next();
                }
            }
            '/' if chars.peek() == Some(&'*') => line += skip_block_comment(&mut chars),
            '"' => line += skip_string(&mut chars),
            '\'' => skip_char_or_lifetime(&mut chars),
            _ if first.is_alphanumeric() || first == '_' => {
                let mut word = String::from(first);
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_')
                {
                    word.push(next);
                }
                match (word.as_str(), chars.peek()) {
                    ("r" | "br" | "cr", Some('"' | '#')) => line += skip_raw_string(&mut chars),
                    _ => tokens.push(Token { text: word, line: begun }),
                }
            }
            _ if first.is_whitespace() => {}
            _ => tokens.push(Token { text: first.into(), line: begun }),
        }
    }
    tokens
}

/// Whether `tokens` begin with these texts.
pub(crate) fn begins(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

/// The tokens inside `#[cfg(test)]` modules.
pub(crate) fn inline_tests(tokens: &[Token]) -> Vec<&Token> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some((_, after)) = rest.split_first() {
        if !begins(rest, &["#", "[", "cfg", "("]) {
            rest = after;
            continue;
        }
        let end = rest.iter().position(|token| token.text == "]").unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        rest = after;
        if !attribute.iter().any(|token| token.text == "test") {
            continue;
        }
        let mut depth = 0_usize;
        for token in after {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                ";" if depth == 0 => break,
                _ => {}
            }
            found.push(token);
            if token.text == "}" && depth == 0 {
                break;
            }
        }
    }
    found
}

fn skip_block_comment(chars: &mut Peekable<Chars<'_>>) -> usize {
    let (mut lines, mut depth) = (0, 0);
    let mut previous = '/';
    for next in chars.by_ref() {
        lines += usize::from(next == '\n');
        match (previous, next) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                previous = next;
                continue;
            }
        }
        if depth == 0 {
            break;
        }
        previous = ' ';
    }
    lines
}

fn skip_string(chars: &mut Peekable<Chars<'_>>) -> usize {
    let mut lines = 0;
    while let Some(next) = chars.next() {
        match next {
            '\\' => lines += usize::from(chars.next() == Some('\n')),
            '\n' => lines += 1,
            '"' => break,
            _ => {}
        }
    }
    lines
}

fn skip_raw_string(chars: &mut Peekable<Chars<'_>>) -> usize {
    let mut hashes = 0;
    while chars.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    // `r#type` is an identifier; what follows is read as one.
    if chars.next_if_eq(&'"').is_none() {
        return 0;
    }
    let mut lines = 0;
    while let Some(next) = chars.next() {
        lines += usize::from(next == '\n');
        if next == '"' {
            let mut closing = 0;
            while closing < hashes && chars.next_if_eq(&'#').is_some() {
                closing += 1;
            }
            if closing == hashes {
                break;
            }
        }
    }
    lines
}

fn skip_char_or_lifetime(chars: &mut Peekable<Chars<'_>>) {
    let mut ahead = chars.clone();
    match (ahead.next(), ahead.next()) {
        (Some('\\'), Some(_)) => {
            chars.next();
            chars.next();
            while chars.next().is_some_and(|next| next != '\'') {}
        }
        (Some(_), Some('\'')) => {
            chars.next();
            chars.next();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, usize)]) {
        let found = tokens(text);
        let found: Vec<_> = found.iter().map(|token| (token.text.as_str(), token.line)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        check("a // b\nc /* d /* e */\n f */ g", &[("a", 1), ("c", 2), ("g", 3)]);
        check("a \"b \\\" \n c\" d", &[("a", 1), ("d", 2)]);
        check("a r#\"b \" c\n\"# d br\"x\" e", &[("a", 1), ("d", 2), ("e", 2)]);
        check("'{' '\\'' '\\u{41}' b", &[("b", 1)]);
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        check("&'a b r#type", &[("&", 1), ("a", 1), ("b", 1), ("type", 1)]);
    }

    #[test]
    fn a_test_module_ends_with_its_brace() {
        let code =
            tokens("#[cfg(test)]\nmod tests { fn a() {} }\nfn b() {}\n#[cfg(unix)]\nfn c() {}");
        let found: Vec<_> = inline_tests(&code).iter().map(|token| token.text.as_str()).collect();
        assert!(
            found.contains(&"a") && !found.contains(&"b") && !found.contains(&"c"),
            "{found:?}"
        );
        assert_eq!(inline_tests(&tokens("#[cfg(test)]\nmod tests;\nfn b() {}")).len(), 3);
    }
}

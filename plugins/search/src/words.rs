//! The words of names, descriptions and queries: in lower case, and in the singular.

/// Words that say nothing about what a tool does.
const EMPTY: [&str; 48] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has",
    "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "need", "of", "on",
    "one", "or", "please", "some", "that", "the", "their", "them", "this", "to", "tool", "use",
    "want", "what", "when", "which", "will", "with", "you", "your",
];

/// Whether a word says nothing about what a tool does.
pub(crate) fn is_empty(word: &str) -> bool {
    EMPTY.contains(&word)
}

/// Tells of the words of a text in order: `searchHTTPIssues_v2` has `search`, `http`, `issue` and `v2`. Each letter of
/// a script that does without spaces is a word.
pub(crate) fn words(text: &str, mut tell: impl FnMut(&str)) {
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    let mut previous = ' ';
    while let Some(letter) = letters.next() {
        let next_is_lower = letters.peek().is_some_and(|next| next.is_lowercase());
        let begins_word = letter.is_uppercase()
            && (previous.is_lowercase()
                || previous.is_numeric()
                || (previous.is_uppercase() && next_is_lower));
        if (!letter.is_alphanumeric()
            || begins_word
            || is_ideograph(letter)
            || is_ideograph(previous))
            && !word.is_empty()
        {
            tell(singular(&mut word));
            word.clear();
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        previous = letter;
    }
    if !word.is_empty() {
        tell(singular(&mut word));
    }
}

/// Chinese, Japanese and their like.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// English words without the ending of the plural; not always a word, but always the same.
fn singular(word: &mut String) -> &str {
    let drop = match word.as_str() {
        short if short.len() <= 3 => 0,
        word if word.ends_with("ies") && word.len() > 4 => 3,
        word if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end)) => 2,
        word if ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) => 0,
        word if word.ends_with('s') => 1,
        _ => 0,
    };
    word.truncate(word.len() - drop);
    if drop == 3 {
        word.push('y');
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        words(text, |word| found.push(word.to_owned()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn names_are_split_as_they_are_written() {
        check("github__search_issues", &["github", "search", "issue"]);
        check("searchHTTPIssues_v2", &["search", "http", "issue", "v2"]);
        check("getURL", &["get", "url"]);
        check("read-text.file", &["read", "text", "file"]);
        check("base64Decode s3", &["base64", "decode", "s3"]);
        check("Größe, ÜBER", &["größe", "über"]);
        check("ファイルread", &["フ", "ァ", "イ", "ル", "read"]);
        check(" -- ", &[]);
    }

    #[test]
    fn the_plural_makes_no_difference() {
        check("queries query", &["query", "query"]);
        check(
            "boxes box branches branch classes class",
            &["box", "box", "branch", "branch", "class", "class"],
        );
        check(
            "files file status this bus us as",
            &["file", "file", "status", "this", "bus", "us", "as"],
        );
    }
}

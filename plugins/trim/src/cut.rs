//! Where texts are cut: between characters, at a line or a sentence where one is near.

/// The greatest boundary of characters that is not after `most` bytes.
pub(crate) fn at_char(text: &str, most: usize) -> usize {
    text.floor_char_boundary(most)
}

/// As [`at_char`], but after a line break if there is one in the last quarter, or else after white space if there is
/// some in the last sixteenth.
pub(crate) fn at_line(text: &str, most: usize) -> usize {
    let end = at_char(text, most);
    if end == text.len() {
        return end;
    }
    let kept = text.get(..end).unwrap_or_default();
    let line = kept.rfind('\n').map(|at| at + 1).filter(|at| *at >= end - end / 4);
    let word = || kept.rfind(char::is_whitespace).filter(|at| *at >= end - end / 16);
    line.or_else(word).unwrap_or(end)
}

/// The beginning of a text of at most so many characters: up to the end of a sentence if one ends in its second half
/// or after 40 characters, or else up to a word, with `…` at the end. `None`: it is not longer.
pub(crate) fn sentence(text: &str, most: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(most)?;
    let kept = text.get(..end).unwrap_or_default();
    let least = (end / 2).min(40);
    if let Some(end) = sentence_end(text, end).filter(|end| *end >= least) {
        return Some(text.get(..end).unwrap_or_default().trim_end().to_owned());
    }
    // One character less, for the ellipsis.
    let end = kept.char_indices().next_back().map_or(0, |(at, _)| at);
    let (kept, rest) = text.split_at_checked(end)?;
    let is_word = rest.starts_with(char::is_whitespace);
    let word =
        kept.rfind(char::is_whitespace).filter(|at| !is_word && *at > end / 2).unwrap_or(end);
    Some(format!("{}…", kept.get(..word).unwrap_or_default().trim_end()))
}

/// The end of the last sentence or paragraph that ends not after `most`.
fn sentence_end(text: &str, most: usize) -> Option<usize> {
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        if end > most {
            break;
        }
        let rest = text.get(end..).unwrap_or_default();
        let is_wide = matches!(letter, '。' | '！' | '？');
        let is_stop = matches!(letter, '.' | '!' | '?') && rest.starts_with(char::is_whitespace);
        let is_break = letter == '\n' && rest.starts_with('\n');
        if is_wide || is_break || (is_stop && !is_short_form(text.get(..at).unwrap_or_default())) {
            last = Some(end);
        }
    }
    last
}

/// Whether the full stop after this is that of `e.g.` or `i.e.`: one letter after a dot, a bracket or a space.
fn is_short_form(before: &str) -> bool {
    let mut back = before.chars().rev();
    let is_letter = back.next().is_some_and(char::is_alphabetic);
    is_letter && back.next().is_none_or(|previous| !previous.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_whole_where_one_ends_near() {
        assert_eq!(at_line("aaaa\nbbbb\ncccc", 11), 10);
        assert_eq!(at_line("aaaa\nbbbbbbbbbbbbbbbb", 15), 15, "the line is too long to be lost");
        assert_eq!(at_line(&format!("{} bbb", "a".repeat(60)), 62), 60);
        assert_eq!(at_line("short", 10), 5);
        assert_eq!(at_line("ééé", 3), 2);
        assert_eq!(at_line("é", 0), 0);
    }

    #[track_caller]
    fn check(text: &str, most: usize, expected: &str) {
        assert_eq!(sentence(text, most).as_deref().unwrap_or(text), expected);
        assert!(expected.chars().count() <= most, "{expected}");
    }

    #[test]
    fn descriptions_end_with_a_sentence() {
        check("Reads a file. Give the path.", 40, "Reads a file. Give the path.");
        check("Reads a file. Give the path of it.", 20, "Reads a file.");
        check("Reads a file! Give the path of it.", 14, "Reads a file!");
        check("Reads a file of any kind whatever", 20, "Reads a file of any…");
        check(
            "Formats, e.g. JSON or some others. Then more",
            36,
            "Formats, e.g. JSON or some others.",
        );
        check("Reads 3.5 files of version 1.2", 12, "Reads 3.5…");
        check("One\n\nTwo and three", 8, "One");
        check("読みます。ファイルを読みます。", 8, "読みます。");
        check("Donaudampfschifffahrt", 10, "Donaudamp…");
    }
}

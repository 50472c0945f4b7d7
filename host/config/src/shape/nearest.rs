//! The known word that was probably meant.

/// The nearest of the known words, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // A word longer than any key is not a misspelt one, and comparing costs the product of the lengths.
    if word.len() > 64 {
        return None;
    }
    known
        .map(|known| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= (known.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let check = |word: &str, expected: Option<&str>| {
            let known = ["command", "url", "call_timeout", "only"];
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        };
        check("comand", Some("command"));
        check("URL", Some("url"));
        check("uri", Some("url"));
        check("call-timeuot", Some("call_timeout"));
        check("colour", None);
        check("x", None);
        check("", None);
    }
}

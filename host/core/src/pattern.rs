//! Patterns for names: `*` stands for any run of characters, `?` for one, all else for itself.

use std::fmt;

/// A name pattern from the configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern(Box<str>);

impl Pattern {
    /// Takes a pattern; every text is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern stands for the whole of `name`. Takes time linear in the lengths' product at
    /// worst, and no recursion.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.chars(), name.chars());
        let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
        loop {
            let before = (pattern.clone(), rest.clone());
            match (pattern.next(), rest.next()) {
                (Some('*'), _) => {
                    retry = Some((pattern.clone(), before.1.clone()));
                    rest = before.1;
                }
                (None, None) => return true,
                (Some('?'), Some(_)) => {}
                (Some(wanted), Some(found)) if wanted == found => {}
                _ => match retry.take() {
                    Some((after_star, mut from)) => {
                        if from.next().is_none() {
                            return false;
                        }
                        retry = Some((after_star.clone(), from.clone()));
                        (pattern, rest) = (after_star, from);
                    }
                    None => return false,
                },
            }
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        };
        for name in ["read_file", "read_"] {
            check("read_*", name, true);
        }
        check("read_*", "write_read_", false);
        check("*_file", "a_file_file", true);
        check("a*b*c", "axxbyybzc", true);
        check("a*b*c", "axxbyybz", false);
        check("r?ad", "read", true);
        check("r?ad", "rad", false);
        check("*", "", true);
        check("", "x", false);
        check("ä*", "äö", true);
    }
}

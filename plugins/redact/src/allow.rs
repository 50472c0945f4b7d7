//! Values that are left as they are, by globs over what was found.

/// The patterns; `*` stands for any characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allow(Vec<Vec<String>>);

impl Allow {
    /// Reads the patterns.
    ///
    /// # Errors
    /// The number of the one that is empty or would let everything through, and what is wrong with it.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, (usize, &'static str)> {
        let read = |(number, pattern): (usize, &String)| {
            if pattern.is_empty() {
                return Err((number, "must not be empty"));
            }
            if pattern.bytes().all(|byte| byte == b'*') {
                return Err((
                    number,
                    "lets everything through; take the kind out of `detect` instead",
                ));
            }
            Ok(pattern.split('*').map(str::to_owned).collect())
        };
        patterns.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a value is left as it is.
    pub(crate) fn allows(&self, value: &str) -> bool {
        self.0.iter().any(|pieces| matches(pieces, value))
    }
}

/// Whether the pieces stand in the value in order, the first at its beginning and the last at its end.
fn matches(pieces: &[String], value: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return false };
    let Some(mut value) = value.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return value.is_empty() };
    for piece in middle {
        match value.split_once(piece.as_str()) {
            Some((_, after)) => value = after,
            None => return false,
        }
    }
    value.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, value: &str, expected: bool) {
        assert_eq!(
            Allow::new(&[pattern.to_owned()]).unwrap().allows(value),
            expected,
            "{pattern} {value}"
        );
    }

    #[test]
    fn stars_stand_for_anything() {
        check("a@b.c", "a@b.c", true);
        check("a@b.c", "xa@b.c", false);
        check("a@b.c", "a@b.cx", false);
        check("*@example.com", "me@example.com", true);
        check("*@example.com", "me@example.com.evil", false);
        check("AKIA*EXAMPLE", "AKIAIOSFODNN7EXAMPLE", true);
        check("AKIA*EXAMPLE", "AKIAEXAMPL", false);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("a*a", "a", false);
    }
}

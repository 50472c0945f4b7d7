//! Globs over names: `*` stands for any characters, `?` for one.

/// A pattern over a whole name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(Vec<char>);

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.chars().collect())
    }

    /// Whether the whole name is like the pattern.
    pub(crate) fn matches(&self, name: &str) -> bool {
        // After each letter: which places in the pattern it could have led to.
        let mut places = vec![false; self.0.len() + 1];
        set(&mut places, 0);
        self.skip_stars(&mut places);
        for letter in name.chars() {
            let mut next = vec![false; places.len()];
            for (place, _) in places.iter().enumerate().filter(|(_, reached)| **reached) {
                match self.0.get(place) {
                    Some('*') => set(&mut next, place),
                    Some('?') => set(&mut next, place + 1),
                    Some(wanted) if *wanted == letter => set(&mut next, place + 1),
                    _ => {}
                }
            }
            self.skip_stars(&mut next);
            places = next;
        }
        places.last().copied().unwrap_or(false)
    }

    /// A star may stand for nothing.
    fn skip_stars(&self, places: &mut [bool]) {
        for (place, letter) in self.0.iter().enumerate() {
            if *letter == '*' && places.get(place).copied().unwrap_or(false) {
                set(places, place + 1);
            }
        }
    }
}

fn set(places: &mut [bool], place: usize) {
    if let Some(reached) = places.get_mut(place) {
        *reached = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        assert_eq!(Glob::new(pattern).matches(name), expected, "{pattern} {name}");
    }

    #[test]
    fn patterns_are_over_the_whole_name() {
        check("files__read", "files__read", true);
        check("files__read", "files__reader", false);
        check("files__*", "files__read", true);
        check("files__*", "files__", true);
        check("*__read_*", "files__read_file", true);
        check("*__read_*", "files__read", false);
        check("r?ad", "read", true);
        check("r?ad", "rad", false);
        check("*", "", true);
        check("", "", true);
        check("*a*b*", "xxaxxbxx", true);
        check("*a*b*", "xxbxxaxx", false);
    }
}

//! Patterns for names, and names of which parts are open: whether a pattern takes all, some or none of what such a
//! name can become.

/// A pattern: `*` stands for any run of characters, `?` for one, all else for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    This(char),
    One,
    Run,
}

/// A name, parts of which may be open, as in the template of a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    This(char),
    /// Any text, or none.
    Open,
}

/// How much of what a name can become is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing.
    None,
    /// Some of it, or nobody knows.
    Some,
    /// All of it.
    All,
}

impl Name {
    /// A name without open parts.
    #[must_use]
    pub fn exact(name: &str) -> Self {
        Self(name.chars().map(Piece::This).collect())
    }

    /// The name of anything.
    #[must_use]
    pub fn open() -> Self {
        Self(vec![Piece::Open])
    }

    /// The template of a URI (RFC 6570): each `{...}` is an open part.
    #[must_use]
    pub fn template(template: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((before, inner)) = rest.split_once('{') {
            let Some((_, after)) = inner.split_once('}') else { break };
            pieces.extend(before.chars().map(Piece::This));
            pieces.push(Piece::Open);
            rest = after;
        }
        pieces.extend(rest.chars().map(Piece::This));
        Self(pieces)
    }
}

impl Glob {
    /// Takes a pattern; every text is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let part = |c| match c {
            '*' => Part::Run,
            '?' => Part::One,
            c => Part::This(c),
        };
        Self(text.chars().map(part).collect())
    }

    /// Whether it stands for the whole of `text`. Takes at most the product of the lengths.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.iter();
        let mut rest = text.chars();
        let mut retry = None;
        loop {
            let before = rest.clone();
            match (parts.next(), rest.next()) {
                (Some(Part::Run), _) => {
                    rest = before.clone();
                    retry = Some((parts.clone(), before));
                }
                (None, None) => return true,
                (Some(Part::One), Some(_)) => {}
                (Some(Part::This(wanted)), Some(found)) if *wanted == found => {}
                _ => {
                    let Some((after_run, mut from)) = retry.take() else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    parts = after_run.clone();
                    rest = from.clone();
                    retry = Some((after_run, from));
                }
            }
        }
    }

    /// How much of what the name can become it takes. `All` and `None` are certain.
    #[must_use]
    pub fn reach(&self, name: &Name) -> Reach {
        if walk(&self.0, &name.0, false) {
            Reach::All
        } else if walk(&self.0, &name.0, true) {
            Reach::Some
        } else {
            Reach::None
        }
    }
}

/// Whether pattern and name meet: `loose`, in some of what open parts can become; else in all of it, for which a `*`
/// has to take each open part.
fn walk(parts: &[Part], pieces: &[Piece], loose: bool) -> bool {
    // `row[j]`: whether the parts after the current one meet the pieces from `j` on.
    let mut row: Vec<bool> = Vec::new();
    for part in std::iter::once(None).chain(parts.iter().rev().map(Some)) {
        let mut next = vec![false; pieces.len() + 1];
        for at in (0..=pieces.len()).rev() {
            let after = |row: &[bool], at: usize| row.get(at).copied().unwrap_or_default();
            let piece = pieces.get(at);
            let mut meets = match (part, piece) {
                (None, None) => true,
                (None, Some(_)) => false,
                (Some(Part::Run), _) => {
                    after(&row, at) || (piece.is_some() && after(&next, at + 1))
                }
                (Some(Part::One), Some(Piece::This(_))) => after(&row, at + 1),
                (Some(Part::This(wanted)), Some(Piece::This(found))) => {
                    wanted == found && after(&row, at + 1)
                }
                (Some(_), _) => false,
            };
            if loose && piece == Some(&Piece::Open) {
                // It becomes nothing, or one character more of what this part takes.
                meets = meets || after(&next, at + 1) || (part.is_some() && after(&row, at));
            }
            if let Some(place) = next.get_mut(at) {
                *place = meets;
            }
        }
        row = next;
    }
    row.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        assert_eq!(Glob::new(pattern).matches(name), expected, "{pattern} {name}");
        let reach = if expected { Reach::All } else { Reach::None };
        assert_eq!(Glob::new(pattern).reach(&Name::exact(name)), reach, "{pattern} {name}");
    }

    #[track_caller]
    fn check_reach(pattern: &str, template: &str, expected: Reach) {
        assert_eq!(Glob::new(pattern).reach(&Name::template(template)), expected, "{pattern}");
    }

    #[test]
    fn stars_and_question_marks() {
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
        check("", "", true);
        check("ä*", "äö", true);
        check("**a", "ba", true);
        check(&"*a".repeat(40), &"a".repeat(60).replace("aaa", "aab"), false);
    }

    #[test]
    fn what_a_template_can_become_is_taken_whole_in_part_or_not() {
        check_reach("file:///*", "file:///{path}", Reach::All);
        check_reach("*", "file:///{path}", Reach::All);
        check_reach("*.md", "file:///{path}.md", Reach::All);
        check_reach("file:///data/*", "file:///{path}", Reach::Some);
        check_reach("file:///{path}", "file:///{path}", Reach::Some);
        check_reach("file:///?", "file:///{path}", Reach::Some);
        check_reach("*.md", "file:///{path}", Reach::Some);
        check_reach("http:*", "file:///{path}", Reach::None);
        check_reach("file:///*.md", "file:///{path}.txt", Reach::None);
        check_reach("repo://*/a/*", "repo://{owner}/{kind}/{id}", Reach::Some);
        check_reach("repo://*/*/*", "repo://{owner}/{kind}/{id}", Reach::All);
        assert_eq!(Glob::new("*").reach(&Name::open()), Reach::All);
        assert_eq!(Glob::new("delete_*").reach(&Name::open()), Reach::Some);
        assert_eq!(Glob::new("").reach(&Name::open()), Reach::Some);
    }
}

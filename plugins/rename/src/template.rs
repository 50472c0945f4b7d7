//! The new name: text with groups of the pattern, as `$1` or `${name}`.

use regex_lite::Captures;

use crate::pattern::Pattern;

/// A new name, whose groups are known to exist.
#[derive(Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    /// A name without groups.
    pub(crate) fn text(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    /// A new prefix before group 1.
    pub(crate) fn prefixed(prefix: &str) -> Self {
        Self(vec![Part::Text(prefix.to_owned()), Part::Group(1)])
    }

    /// Reads a name that may hold groups of this pattern.
    pub(crate) fn parse(text: &str, pattern: &Pattern) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            parts.push(Part::Text(before.to_owned()));
            let (group, after) = reference(after)?;
            parts.push(Part::Group(resolve(group, pattern)?));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The name for these groups.
    pub(crate) fn fill(&self, groups: &Captures<'_>) -> String {
        let text = |part| match part {
            &Part::Group(number) => groups.get(number).map_or("", |found| found.as_str()),
            Part::Text(text) => text,
        };
        self.0.iter().map(text).collect()
    }
}

/// Splits what follows a `$` into the group and the rest.
fn reference(after: &str) -> Result<(&str, &str), String> {
    if let Some(braced) = after.strip_prefix('{') {
        return braced.split_once('}').ok_or_else(|| "`${` has no `}`".to_owned());
    }
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    match after.split_at_checked(end) {
        Some((digits, rest)) if !digits.is_empty() => Ok((digits, rest)),
        _ => Err("`$` is followed by a number or `{name}`".to_owned()),
    }
}

fn resolve(group: &str, pattern: &Pattern) -> Result<usize, String> {
    let last = pattern.last_group();
    match group.parse::<usize>() {
        Ok(number) if number <= last => Ok(number),
        Ok(number) => Err(match last {
            0 => format!("there is no group `${number}`: the pattern has none"),
            _ => format!("there is no group `${number}`: the last one is `${last}`"),
        }),
        Err(_) => {
            let none = || format!("the pattern has no group named `{group}`");
            pattern.group_named(group).ok_or_else(none)
        }
    }
}

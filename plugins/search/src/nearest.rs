//! Names that were meant, for one that is not there.

/// The names nearest to an unknown one, at most three: those that end or begin with it, then those that are written
/// almost so.
pub(crate) fn nearest<'a>(unknown: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let unknown = unknown.to_lowercase();
    let most = (unknown.chars().count() / 3).max(2);
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let is_part =
                unknown.len() >= 3 && (lower.ends_with(&unknown) || lower.starts_with(&unknown));
            let is_whole = lower.len() >= 3 && unknown.ends_with(&lower);
            if is_part || is_whole {
                return Some((0, name));
            }
            // The name may be right, and what a prefix says wrong.
            let native = lower.split_once("__").map_or(lower.as_str(), |(_, native)| native);
            let whole = distance(&lower, &unknown, most);
            let part = distance(native, &unknown, most.min(native.chars().count() / 3));
            Some((whole.into_iter().chain(part).min()? + 1, name))
        })
        .collect();
    found.sort();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters have to be put in, taken out, changed or swapped with their neighbour to make one of the other;
/// `None`: more than `most`.
pub(crate) fn distance(first: &str, second: &str, most: usize) -> Option<usize> {
    let (first, second): (Vec<char>, Vec<char>) =
        (first.chars().collect(), second.chars().collect());
    if first.len().abs_diff(second.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=second.len()).collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let same = |a: Option<&char>, b: Option<&char>| a.is_some() && a == b;
    for line in 1..=first.len() {
        let mut next = vec![line];
        for column in 1..=second.len() {
            let is_same = same(first.get(line - 1), second.get(column - 1));
            let changed = at(&row, column - 1) + usize::from(!is_same);
            let mut least = changed.min(at(&row, column) + 1).min(at(&next, column - 1) + 1);
            let is_swapped = line > 1
                && column > 1
                && same(first.get(line - 1), second.get(column - 2))
                && same(first.get(line - 2), second.get(column - 1));
            if is_swapped {
                least = least.min(at(&before, column - 2) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_mistakes() {
        assert_eq!(distance("search", "search", 1), Some(0));
        assert_eq!(distance("serach", "search", 1), Some(1), "swapped");
        assert_eq!(distance("seach", "search", 1), Some(1), "left out");
        assert_eq!(distance("searxh", "search", 1), Some(1), "changed");
        assert_eq!(distance("saerhc", "search", 1), None);
        assert_eq!(distance("", "ab", 2), Some(2));
        assert_eq!(distance("größe", "grösse", 2), Some(2));
    }

    #[track_caller]
    fn check(unknown: &str, expected: &[&str]) {
        let names = [
            "files__read_file",
            "files__write_file",
            "github__search_issues",
            "ping",
            "jira__search_issues",
        ];
        assert_eq!(nearest(unknown, names.into_iter()), expected, "{unknown}");
    }

    #[test]
    fn names_without_prefix_or_with_mistakes_lead_to_the_right_ones() {
        check("search_issues", &["github__search_issues", "jira__search_issues"]);
        check("files__raed_file", &["files__read_file", "files__write_file"]);
        check("file__read_file", &["files__read_file", "files__write_file"]);
        check("serch_issues", &["github__search_issues", "jira__search_issues"]);
        check("other__ping", &["ping"]);
        check("pong", &["ping"]);
        check("nothing-of-the-kind", &[]);
    }
}

//! The difference of two texts, line by line: the longest common subsequence.

/// Texts whose changed parts have more pairs of lines than this are refused: 4 bytes each in memory.
const PAIRS: usize = 4_000_000;

/// One line of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'t> {
    /// In both.
    Kept(&'t str),
    /// Only in the first.
    Removed(&'t str),
    /// Only in the second.
    Added(&'t str),
}

/// The lines of both texts in order; `None` if too much differs.
pub(crate) fn lines<'t>(before: &'t str, after: &'t str) -> Option<Vec<Line<'t>>> {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (same, old) = old.split_at_checked(head)?;
    let new = new.get(head..)?;
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, end) = old.split_at_checked(old.len() - tail)?;
    let new = new.get(..new.len() - tail)?;

    let mut lines: Vec<_> = same.iter().copied().map(Line::Kept).collect();
    lines.extend(changed(old, new)?);
    lines.extend(end.iter().copied().map(Line::Kept));
    Some(lines)
}

fn changed<'t>(old: &[&'t str], new: &[&'t str]) -> Option<Vec<Line<'t>>> {
    let width = new.len() + 1;
    let size = width.checked_mul(old.len() + 1).filter(|size| *size <= PAIRS)?;
    // `common[at(i, j)]`: how many lines `old[i..]` and `new[j..]` have in common.
    let mut common = vec![0_u32; size];
    let at = |i: usize, j: usize| i * width + j;
    let look = |common: &[u32], i, j| common.get(at(i, j)).copied().unwrap_or_default();
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            let best = if left == right {
                look(&common, i + 1, j + 1) + 1
            } else {
                look(&common, i + 1, j).max(look(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(at(i, j)) {
                *cell = best;
            }
        }
    }
    let mut lines = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(left), Some(right)) if left == right => {
                lines.push(Line::Kept(left));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right)
                if right.is_none() || look(&common, i + 1, j) >= look(&common, i, j + 1) =>
            {
                lines.push(Line::Removed(left));
                i += 1;
            }
            (_, Some(right)) => {
                lines.push(Line::Added(right));
                j += 1;
            }
            _ => return Some(lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, lines};

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        let text: Vec<_> = lines(before, after)
            .unwrap()
            .into_iter()
            .map(|line| match line {
                Line::Kept(line) => format!(" {line}"),
                Line::Removed(line) => format!("-{line}"),
                Line::Added(line) => format!("+{line}"),
            })
            .collect();
        assert_eq!(text.join("|"), expected);
    }

    #[test]
    fn as_much_as_possible_is_kept() {
        check("a\nb\nc\nd", "a\nc\nx\nd", " a|-b| c|+x| d");
        check("a\nb\na\nc", "x\na\nc\nb", "-a|-b|+x| a| c|+b");
        check("", "a", "+a");
        check("a\nb", "", "-a|-b");
        check("a\na", "a", " a|-a");
        check("", "", "");
    }

    #[test]
    fn long_texts_are_compared_where_they_differ() {
        let long: String = (0..10_000).map(|line| format!("{line}\n")).collect();
        let other = long.replace("5000\n", "five thousand\n");
        assert_eq!(lines(&long, &other).unwrap().len(), 10_001);
        let different: String = (0..10_000).map(|line| format!("-{line}\n")).collect();
        assert_eq!(lines(&long, &different), None);
    }
}

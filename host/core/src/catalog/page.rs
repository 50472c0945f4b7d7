//! Pages of a list: a position in the catalog that survives changes of the catalog.

use super::{Catalog, EntryKind};
use crate::names::BackendName;

/// Where a page ends: after this entry. It holds names, not an index, so that entries that come or go
/// between two pages are neither shown twice nor hide others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The backend of the last entry shown.
    pub backend: BackendName,
    /// Its exposed name.
    pub exposed: String,
}

/// A slice of one kind of entries and where the next one begins.
#[derive(Debug)]
pub struct Page<'a> {
    /// The entries.
    pub entries: &'a [std::sync::Arc<super::Entry>],
    /// Where they end, if more follow.
    pub next: Option<Position>,
}

impl Catalog {
    /// At most `size` entries of a kind after `after`; `None` if that position names a backend that is not there.
    #[must_use]
    pub fn page(&self, kind: EntryKind, after: Option<&Position>, size: usize) -> Option<Page<'_>> {
        self.page_of(self.shelf(kind).entries(), after, size)
    }

    /// The same of some of the entries of a kind, in their order.
    #[must_use]
    pub fn page_of<'a>(
        &self,
        entries: &'a [std::sync::Arc<super::Entry>],
        after: Option<&Position>,
        size: usize,
    ) -> Option<Page<'a>> {
        let start = match after {
            None => 0,
            Some(position) => {
                let rank = self.rank.get(&position.backend)?;
                entries.partition_point(|entry| {
                    let at = self.rank.get(&entry.backend).unwrap_or(&usize::MAX);
                    (at, entry.exposed.as_str()) <= (rank, position.exposed.as_str())
                })
            }
        };
        let rest = entries.get(start..)?;
        let (entries, more) = rest.split_at(size.max(1).min(rest.len()));
        let next = entries.last().filter(|_| !more.is_empty()).map(|last| Position {
            backend: last.backend.clone(),
            exposed: last.exposed.as_str().to_owned(),
        });
        Some(Page { entries, next })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Definition, Source, build};
    use super::*;
    use crate::config::Naming;
    use crate::json::Raw;
    use crate::ports::Entries;

    fn catalog(tools: &[(&str, &[&str])]) -> Catalog {
        let read = |name: &&str| {
            Definition::read(EntryKind::Tool, &Raw::of(&serde_json::json!({ "name": name })))
        };
        let source = |(backend, tools): &(&str, &[&str])| Source {
            backend: BackendName::new(backend).unwrap(),
            naming: Naming::default(),
            entries: Entries {
                tools: Arc::new(tools.iter().map(read).collect()),
                ..Entries::default()
            },
        };
        build(&tools.iter().map(source).collect::<Vec<_>>(), &[]).0
    }

    fn names(page: &Page<'_>) -> Vec<String> {
        page.entries.iter().map(|entry| entry.exposed.to_string()).collect()
    }

    #[test]
    fn pages_cover_everything_once_even_if_the_catalog_changes_between() {
        let before = catalog(&[("b", &["1", "2", "3"]), ("a", &["1"])]);
        let first = before.page(EntryKind::Tool, None, 2).unwrap();
        assert_eq!(names(&first), ["b__1", "b__2"]);
        let after = catalog(&[("b", &["3", "0"]), ("a", &["1"])]);
        let second = after.page(EntryKind::Tool, first.next.as_ref(), 2).unwrap();
        assert_eq!(names(&second), ["b__3", "a__1"]);
        assert_eq!(second.next, None);
    }

    #[test]
    fn a_position_at_an_unknown_backend_is_refused() {
        let gone = Position { backend: BackendName::new("gone").unwrap(), exposed: "x".into() };
        assert!(catalog(&[("b", &["1"])]).page(EntryKind::Tool, Some(&gone), 2).is_none());
    }
}

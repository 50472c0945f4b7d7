//! The list route: one page of what clients may see, from the view alone; no backend is asked.

use mcpmux_core::catalog::{Entry, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::json::Raw;
use mcpmux_core::ports::Caching;

use crate::{Mux, cursor};

/// A page of a list.
#[derive(Debug, Clone)]
pub struct List {
    /// The JSON array of definitions.
    pub entries: Raw,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Whether no backend is missing from the list because it is still starting.
    pub settled: bool,
    /// How long, and by whom, it may be kept.
    pub caching: Caching,
}

/// Why there is no such page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The cursor is none of ours, or its backend is gone.
    #[error("Invalid cursor")]
    Cursor,
}

impl Mux {
    /// A page of the entries of a kind that a client may see. Waits for backends that are still starting, at most `list_wait` from when
    /// they were set; what comes later is announced by [`Mux::changes`].
    ///
    /// # Errors
    /// If `after` is no cursor of ours.
    pub async fn list(
        &self,
        client: &Client,
        kind: EntryKind,
        after: Option<&str>,
    ) -> Result<List, ListError> {
        if !self.shared.is_settled() {
            self.shared.settled(self.limits.list_wait).await;
        }
        let settled = self.shared.is_settled();
        let position = match after {
            None => None,
            Some(after) => Some(cursor::decode(after).ok_or(ListError::Cursor)?),
        };
        let view = self.shared.view();
        let visible = view.sights.of(&view, client);
        let own =
            visible.as_ref().and_then(|visible| Some((visible.entries(kind)?, &visible.pages)));
        let (entries, pages) =
            own.unwrap_or_else(|| (view.catalog.shelf(kind).entries(), &view.pages));
        let page = view.catalog.page_of(entries, position.as_ref(), self.limits.page);
        let page = page.ok_or(ListError::Cursor)?;
        let next = page.next.as_ref().map(cursor::encode);
        let entries = match position {
            None => pages.of(kind).get_or_init(|| render(page.entries)).clone(),
            Some(_) => render(page.entries),
        };
        Ok(List { entries, next, settled, caching: view.caching })
    }
}

impl Mux {
    /// The definition of an entry that a client may see, by the name that it sees.
    #[must_use]
    pub fn definition(&self, client: &Client, kind: EntryKind, exposed: &str) -> Option<Raw> {
        self.shared.read(|view| view.definition(client, kind, exposed))
    }
}

fn render(entries: &[std::sync::Arc<Entry>]) -> Raw {
    let size = entries.iter().map(|entry| entry.definition.as_bytes().len() + 1).sum::<usize>();
    let mut out = Vec::with_capacity(size + 2);
    out.push(b'[');
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(entry.definition.as_bytes());
    }
    out.push(b']');
    Raw::trusted(out.into())
}

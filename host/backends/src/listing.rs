//! Asking a backend for one of its lists, page by page, within bounds.

use std::collections::HashSet;

use mcpmux_core::call::Body;
use mcpmux_core::catalog::{Definition, EntryKind};
use mcpmux_core::config::Patience;
use mcpmux_core::era::Era;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::ports::{Caching, Entries};
use mcpmux_protocol::names::METHOD_NOT_FOUND;
use tracing::warn;

use crate::faults;
use crate::link::{Hello, Link};

/// The entries of one kind, each read or with the reason why it cannot be offered.
#[derive(Default)]
pub(crate) struct List {
    pub(crate) entries: Vec<Result<Definition, String>>,
    /// What its pages say together; `None`: there is no list.
    pub(crate) caching: Option<Caching>,
}

/// What a backend has listed so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    /// Its entries.
    pub(crate) entries: Entries,
    /// How long each list may be kept; `None`: there is no such list.
    pub(crate) caching: [Option<Caching>; EntryKind::ALL.len()],
}

/// Whom to ask, and how much to take.
#[derive(Clone, Copy)]
pub(crate) struct Lister<'a> {
    pub(crate) link: &'a Link,
    pub(crate) hello: &'a Hello,
    /// Entries of one kind; more are left out.
    pub(crate) limit: usize,
    /// For one page.
    pub(crate) patience: &'a Patience,
}

impl Lister<'_> {
    /// Asks for all entries of a kind; a backend that has none is not asked.
    pub(crate) async fn fetch(&self, kind: EntryKind) -> Result<List, Fault> {
        if !self.hello.has(kind) {
            return Ok(List::default());
        }
        let mut list = self.pages(kind).await?;
        if let (EntryKind::Tool, Era::Modern, Link::Http(link)) =
            (kind, self.hello.revision.era(), self.link)
        {
            link.mirrors().learn(&link.hearing.name, &mut list.entries);
        }
        Ok(list)
    }

    async fn pages(&self, kind: EntryKind) -> Result<List, Fault> {
        let backend = &self.link.hearing().name;
        let mut list = List::default();
        let mut seen = HashSet::new();
        let mut params = Object::default();
        loop {
            let result = match self.link.ask(kind.list_method(), params, self.patience).await? {
                Body::Result(result) => result,
                // Many declare resources and have no templates.
                Body::Error(error) if list.caching.is_none() && is_unknown_method(&error) => {
                    return Ok(list);
                }
                Body::Error(_) => {
                    let what = format!("an error where its {}s were asked for", kind.noun());
                    return Err(faults::protocol(backend, what));
                }
            };
            let (page, cursor, caching) =
                read_page(kind, &result).map_err(|why| faults::protocol(backend, why))?;
            list.caching = Some(list.caching.map_or(caching, |before| before.and(caching)));
            list.entries.extend(page.iter().map(|raw| Definition::read(kind, raw)));
            if list.entries.len() > self.limit {
                warn!(%backend, limit = self.limit, "it has more {}s than `limits.tools` allows; the rest is left out", kind.noun());
                list.entries.truncate(self.limit);
                return Ok(list);
            }
            let Some(cursor) = cursor else {
                return Ok(list);
            };
            if !seen.insert(cursor.as_bytes().to_vec()) {
                warn!(%backend, "its list of {}s goes in circles; what came so far is taken", kind.noun());
                return Ok(list);
            }
            params = Object::default();
            params.set("cursor", cursor);
        }
    }
}

/// The entries of one page, the cursor of the next, and how long the page may be kept.
fn read_page(kind: EntryKind, result: &Raw) -> Result<(Vec<Raw>, Option<Raw>, Caching), String> {
    let key = kind.list_key();
    let page = result.object().map_err(|error| format!("a list that is no object: {error}"))?;
    let list = page.get(key).ok_or_else(|| format!("a list without `{key}`"))?;
    let list = list.elements().map_err(|error| format!("`{key}` is no array: {error}"))?;
    let cursor = page.get("nextCursor").filter(|cursor| !cursor.is_null()).cloned();
    let caching = Caching {
        ttl: page.get("ttlMs").and_then(|ttl| ttl.read().ok()),
        public: page.get("cacheScope").and_then(Raw::as_string).as_deref() == Some("public"),
    };
    Ok((list, cursor, caching))
}

fn is_unknown_method(error: &Raw) -> bool {
    let code = error.object().ok().and_then(|error| error.get("code")?.read::<i64>().ok());
    code == Some(METHOD_NOT_FOUND)
}

//! The lists of each client: what plugins leave out of them, which that client cannot call either.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::catalog::{Catalog, Definition, Entry, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::era::Era;
use mcpmux_core::hook::{HookKind, Seen};
use mcpmux_core::names::{BackendName, NativeName};
use mcpmux_core::uri;

use super::plan::Post;
use super::{said, timed};
use crate::view::{FirstPages, View};

/// Clients whose lists are kept; the one that was worked out first goes first.
const KEPT: usize = 32;

/// How long what a plugin left open by failing is kept.
const RETRY: Duration = Duration::from_secs(1);

/// The lists of one kind of client, in one view.
pub(crate) struct Visible {
    /// What is left out, by kind and backend.
    hidden: HashMap<(EntryKind, BackendName), HashSet<NativeName>>,
    /// Listed entries of each kind that are left, if any is left out.
    shelves: Option<[Vec<Arc<Entry>>; 4]>,
    /// The first pages of those.
    pub(crate) pages: FirstPages,
    seen: OnceLock<Arc<Vec<Seen>>>,
}

/// What makes clients the same to a plugin that judges lists.
#[derive(PartialEq, Eq)]
struct Who {
    name: String,
    version: String,
    era: Era,
}

/// The lists of one kind of client, for as long as they hold.
struct Sight {
    who: Who,
    visible: Arc<Visible>,
    /// Until when, if a plugin failed; else as long as the view's entries stay the same.
    until: Option<Instant>,
}

/// The lists of the clients that asked last.
#[derive(Default)]
pub(crate) struct Sights {
    kept: Mutex<VecDeque<Sight>>,
    /// For when nobody judges.
    all: OnceLock<Arc<Vec<Seen>>>,
}

impl Sights {
    /// The lists of a client; `None` if all clients see everything.
    pub(crate) fn of(&self, view: &View, client: &Client) -> Option<Arc<Visible>> {
        if view.plans.lists().is_empty() {
            return None;
        }
        let (name, version) = (said(client, "name"), said(client, "version"));
        let who = Who { name, version, era: client.era() };
        let holds = |sight: &&Sight| {
            sight.who == who && sight.until.is_none_or(|until| until > Instant::now())
        };
        if let Some(known) = self.lock().iter().find(holds) {
            return Some(Arc::clone(&known.visible));
        }
        // Worked out without the lock: others need not wait for a plugin.
        let (visible, failed) = Visible::work_out(view, client, &who.name);
        let visible = Arc::new(visible);
        let mut kept = self.lock();
        kept.retain(|known| known.who != who);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        let until = failed.then(|| Instant::now() + RETRY);
        kept.push_back(Sight { who, visible: Arc::clone(&visible), until });
        Some(visible)
    }

    /// All that a client may see and call.
    pub(super) fn seen(&self, view: &View, client: &Client) -> Arc<Vec<Seen>> {
        let visible = self.of(view, client);
        let kept = visible.as_ref().map_or(&self.all, |visible| &visible.seen);
        let seen = kept.get_or_init(|| {
            let entries = every(&view.catalog);
            let shown = |(kind, entry): &(EntryKind, &Arc<Entry>)| {
                visible.as_ref().is_none_or(|visible| visible.shows(*kind, entry))
            };
            Arc::new(entries.filter(shown).map(|(kind, entry)| see(kind, entry)).collect())
        });
        Arc::clone(seen)
    }

    /// Whether all that is kept holds until its view changes.
    #[cfg(test)]
    pub(crate) fn are_lasting(&self) -> bool {
        self.lock().iter().all(|sight| sight.until.is_none())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Sight>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visible {
    /// Asks every plugin that judges lists once; says whether one failed.
    fn work_out(view: &View, client: &Client, name: &str) -> (Self, bool) {
        let catalog = &view.catalog;
        let (mut hidden, mut failed) = (HashMap::<_, HashSet<_>>::new(), false);
        let all: Vec<(EntryKind, &Arc<Entry>)> = every(catalog).collect();
        for post in view.plans.lists().iter().filter(|post| post.hooks.matches.client(name)) {
            let matches = &post.hooks.matches;
            let asked = |(_, entry): &&(EntryKind, &Arc<Entry>)| {
                matches.entry(&entry.backend, entry.native.as_str())
            };
            let asked: Vec<_> = all.iter().filter(asked).collect();
            let entries: Vec<Seen> = asked.iter().map(|(kind, entry)| see(*kind, entry)).collect();
            let (shown, ok) = judged(post, client, &entries);
            // One that is not followed leaves nothing open.
            failed |= !ok && !post.is_shadow();
            if post.is_shadow() {
                continue;
            }
            for ((kind, entry), _) in asked.into_iter().zip(shown).filter(|(_, shown)| !shown) {
                let of_backend = hidden.entry((*kind, entry.backend.clone())).or_default();
                of_backend.insert(entry.native.clone());
            }
        }
        let mut visible =
            Self { hidden, shelves: None, pages: FirstPages::default(), seen: OnceLock::new() };
        if !visible.hidden.is_empty() {
            let left = |kind| {
                let entries = catalog.shelf(kind).entries().iter();
                entries.filter(|entry| visible.shows(kind, entry)).cloned().collect()
            };
            visible.shelves = Some(EntryKind::ALL.map(left));
        }
        (visible, failed)
    }

    /// The listed entries of a kind, if they are not all there are.
    pub(crate) fn entries(&self, kind: EntryKind) -> Option<&[Arc<Entry>]> {
        let at = EntryKind::ALL.iter().position(|other| *other == kind)?;
        self.shelves.as_ref()?.get(at).map(Vec::as_slice)
    }

    /// Whether the client may see and call this entry.
    pub(crate) fn shows(&self, kind: EntryKind, entry: &Entry) -> bool {
        !self.hides(kind, &entry.backend, &entry.native)
    }

    fn hides(&self, kind: EntryKind, backend: &BackendName, native: &NativeName) -> bool {
        let of_backend = || self.hidden.get(&(kind, backend.clone()));
        !self.hidden.is_empty() && of_backend().is_some_and(|hidden| hidden.contains(native))
    }

    /// Whether the client may reach this URI of a backend, listed or not: it may not if it stands in the lists and is
    /// left out of the client's, or if it comes out of templates that all are.
    pub(crate) fn shows_uri(&self, catalog: &Catalog, to: (&BackendName, &NativeName)) -> bool {
        let (backend, native) = to;
        if self.hidden.is_empty() {
            return true;
        }
        if self.hides(EntryKind::Resource, backend, native)
            || self.hides(EntryKind::Template, backend, native)
        {
            return false;
        }
        if catalog.listed_uri(backend, native.as_str()).is_some() {
            return true;
        }
        let mut covered = false;
        for template in catalog.shelf(EntryKind::Template).all() {
            if template.backend == *backend
                && uri::matches(template.native.as_str(), native.as_str())
            {
                if self.shows(EntryKind::Template, template) {
                    return true;
                }
                covered = true;
            }
        }
        !covered
    }
}

/// What a plugin says of these entries, and whether it could say. One that could not shows nothing of what it is asked
/// about.
fn judged(post: &Post, client: &Client, entries: &[Seen]) -> (Vec<bool>, bool) {
    let Some(hook) = &post.hooks.authorize_list else { return (vec![false; entries.len()], false) };
    if entries.is_empty() {
        return (Vec::new(), true);
    }
    let (said, took) = timed(|| hook.check_list(client, entries));
    let said = said.and_then(|shown| {
        let (wanted, count) = (entries.len(), shown.len());
        let wrong = || format!("it gave {count} answers for {wanted} entries");
        if wanted == count { Ok(shown) } else { Err(wrong()) }
    });
    let (plugin, version, hook) =
        (&post.hooks.name, &post.hooks.version, HookKind::AuthorizeList.as_str());
    let (micros, shadow) = (u64::try_from(took.as_micros()).unwrap_or(u64::MAX), post.is_shadow());
    match said {
        Ok(shown) => {
            let hidden = shown.iter().filter(|shown| !**shown).count();
            tracing::debug!(%plugin, version, hook, micros, shadow, hidden, "list judged");
            (shown, true)
        }
        Err(why) => {
            let why = super::harmless(&why);
            tracing::warn!(%plugin, version, hook, micros, shadow, "the plugin could not judge a list, so its client sees nothing that the plugin is asked about: {why}");
            (vec![false; entries.len()], false)
        }
    }
}

fn every(catalog: &Catalog) -> impl Iterator<Item = (EntryKind, &Arc<Entry>)> {
    EntryKind::ALL
        .into_iter()
        .flat_map(|kind| catalog.shelf(kind).all().map(move |entry| (kind, entry)))
}

/// An entry as plugins see it.
fn see(kind: EntryKind, entry: &Entry) -> Seen {
    let definition = Definition::read(kind, &entry.definition).ok();
    let text = |key: &str| definition.as_ref().and_then(|definition| definition.text(key));
    let hints = definition.as_ref().map(Definition::annotations).unwrap_or_default();
    Seen {
        kind,
        backend: entry.backend.clone(),
        native: entry.native.clone(),
        exposed: entry.exposed.clone(),
        title: text("title"),
        description: text("description"),
        read_only: hints.read_only,
        destructive: hints.destructive,
        listed: entry.listed,
    }
}

//! What every reader of the catalog reads: an immutable view, swapped whole; who swaps it is the catalog task.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use mcpmux_core::call::{Method, NamedBy};
use mcpmux_core::catalog::{Catalog, Changed, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::config::Naming;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Fault;
use mcpmux_core::gate::unknown;
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Backend, Caching};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::links::Memory;
use crate::offer::Offer;
use crate::policy::{Plans, Post, Sights};
use crate::status::BackendStatus;

/// The catalog and the backends behind it, at one moment.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) backends: HashMap<BackendName, Arc<Placed>>,
    /// In the order of the configuration.
    pub(crate) status: Vec<BackendStatus>,
    /// The backends that are not there and have nothing in the catalog: how their entries would begin, and why.
    pub(crate) absent: Vec<(String, Fault)>,
    /// The plugins, in order.
    pub(crate) posts: Vec<Arc<Post>>,
    /// Which of them each call meets.
    pub(crate) plans: Plans,
    /// What of the lists each client sees.
    pub(crate) sights: Arc<Sights>,
    pub(crate) warnings: Vec<String>,
    /// What clients are offered.
    pub(crate) offer: Offer,
    /// How long, and by whom, lists may be kept.
    pub(crate) caching: Caching,
    pub(crate) pages: FirstPages,
    /// Outlives the view: every view has the same.
    pub(crate) memory: Arc<Memory>,
}

impl View {
    /// What a client is told of something that is not there: that its backend is not, if nobody may be kept from
    /// knowing of it.
    pub(crate) fn unknown(&self, method: Method, name: &str) -> Fault {
        let named = method.named_by() == NamedBy::Name && !self.plans.tell_clients_apart();
        let mut absent = self.absent.iter().filter(|_| named);
        absent
            .find(|(begin, _)| name.starts_with(begin))
            .map_or_else(|| unknown(method, name), |(_, fault)| fault.clone())
    }

    /// The definition of an entry that a client may see, by the name that it sees.
    pub(crate) fn definition(
        &self,
        client: &Client,
        kind: EntryKind,
        exposed: &str,
    ) -> Option<Raw> {
        let entry = self.catalog.shelf(kind).get(exposed)?;
        let visible = self.sights.of(self, client);
        let shown = visible.is_none_or(|visible| visible.shows(kind, entry));
        shown.then(|| entry.definition.clone())
    }
}

/// The first page of each list, written when first asked for.
#[derive(Default, Clone)]
pub(crate) struct FirstPages {
    tools: OnceLock<Raw>,
    prompts: OnceLock<Raw>,
    resources: OnceLock<Raw>,
    templates: OnceLock<Raw>,
}

impl FirstPages {
    pub(crate) const fn of(&self, kind: EntryKind) -> &OnceLock<Raw> {
        match kind {
            EntryKind::Tool => &self.tools,
            EntryKind::Prompt => &self.prompts,
            EntryKind::Resource => &self.resources,
            EntryKind::Template => &self.templates,
        }
    }
}

/// A backend as the view knows it.
pub(crate) struct Placed {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) naming: Naming,
    /// The revision spoken with it last; `None` until it has connected.
    pub(crate) revision: Option<Revision>,
    /// Whether it said that it has resources.
    pub(crate) has_resources: bool,
}

impl Placed {
    /// The era spoken with it, as far as is known.
    pub(crate) fn era(&self) -> Option<Era> {
        self.revision.map(Revision::era)
    }
}

/// Counts the changes of each list that clients would see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generations {
    /// Of the tools.
    pub tools: u64,
    /// Of the prompts.
    pub prompts: u64,
    /// Of the resources and the templates.
    pub resources: u64,
}

/// How far the view has come.
#[derive(Clone, Copy)]
struct Progress {
    /// Backends that have neither answered nor failed yet, or the setup itself if that has not come.
    pending: usize,
    /// When they were set.
    since: Instant,
}

/// The view, shared.
pub(crate) struct Shared {
    view: ArcSwap<View>,
    generations: watch::Sender<Generations>,
    progress: watch::Sender<Progress>,
}

impl Shared {
    pub(crate) fn new(view: View) -> Self {
        Self {
            view: ArcSwap::from_pointee(view),
            generations: watch::Sender::new(Generations::default()),
            progress: watch::Sender::new(Progress { pending: 1, since: Instant::now() }),
        }
    }

    pub(crate) fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// The view, for a moment.
    pub(crate) fn load(&self) -> Guard<Arc<View>> {
        self.view.load()
    }

    /// Looks at the view without counting a reference.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.view.load())
    }

    pub(crate) fn changes(&self) -> watch::Receiver<Generations> {
        self.generations.subscribe()
    }

    /// Publishes a view; clients have to hear of what changed.
    pub(crate) fn publish(&self, view: View, changed: Changed) {
        self.view.store(Arc::new(view));
        if changed.any() {
            self.generations.send_modify(|generations| {
                generations.tools += u64::from(changed.tools);
                generations.prompts += u64::from(changed.prompts);
                generations.resources += u64::from(changed.resources);
            });
        }
    }

    pub(crate) fn progress(&self, pending: usize) {
        self.progress.send_modify(|progress| progress.pending = pending);
    }

    pub(crate) fn restart(&self, pending: usize) {
        self.progress.send_replace(Progress { pending, since: Instant::now() });
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.progress.borrow().pending == 0
    }

    /// Waits until nothing is pending, at most until `patience` after the backends were set.
    pub(crate) async fn settled(&self, patience: Duration) {
        let mut progress = self.progress.subscribe();
        let since = progress.borrow().since;
        let settled = progress.wait_for(|progress| progress.pending == 0);
        let _late = tokio::time::timeout_at(since + patience, settled).await;
    }
}

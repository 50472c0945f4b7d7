//! What every reader of the catalog reads: an immutable view, swapped whole; who swaps it is the catalog task.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use arc_swap::ArcSwap;
use mcpmux_core::catalog::Catalog;
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::Backend;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::status::BackendStatus;

/// The catalog and the backends behind it, at one moment.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) backends: HashMap<BackendName, Arc<dyn Backend>>,
    /// In the order of the configuration.
    pub(crate) status: Vec<BackendStatus>,
    pub(crate) plugins: Vec<String>,
    pub(crate) warnings: Vec<String>,
    /// The first page of the tools, written when first asked for.
    pub(crate) first_page: OnceLock<Raw>,
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
    generation: watch::Sender<u64>,
    progress: watch::Sender<Progress>,
}

impl Shared {
    pub(crate) fn new(view: View) -> Self {
        Self {
            view: ArcSwap::from_pointee(view),
            generation: watch::Sender::new(0),
            progress: watch::Sender::new(Progress { pending: 1, since: Instant::now() }),
        }
    }

    pub(crate) fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Looks at the view without counting a reference.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.view.load())
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// Publishes a view; `told` if clients have to hear of it.
    pub(crate) fn publish(&self, view: View, told: bool) {
        self.view.store(Arc::new(view));
        if told {
            self.generation.send_modify(|generation| *generation += 1);
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

//! What happens between the frontends and the backends: the route of a call, listing, the catalog task.
//!
//! Reading order: [`view`] is what everything reads, [`catalog`] the one task that writes it, [`route`] the
//! rooms of a call, [`policy`] what plugins do in them, [`bridge`] what the eras do differently while one is under
//! way, [`list`] the pages of a list, [`offer`] what clients are told at the start, [`seats`] the clients that hear of
//! things outside of calls, [`links`] the URIs in answers, [`status`] what an operator sees.

mod bridge;
mod catalog;
mod cursor;
mod inbox;
mod links;
mod list;
mod offer;
mod policy;
mod route;
mod seats;
mod status;
mod view;

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::Limits;
use mcpmux_core::ports::Audit;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use bridge::{Parking, Seal};
use policy::Policy;
use seats::Seats;

pub use catalog::{Member, Setup};
pub use inbox::Inbox;
pub use list::{List, ListError};
pub use offer::Offer;
pub use seats::Seat;
pub use status::{BackendState, BackendStatus, PluginStatus, Status};
pub use view::Generations;
use view::{Shared, View};

/// What the frontends talk to. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Mux {
    shared: Arc<Shared>,
    seats: Arc<Seats>,
    parking: Arc<Parking>,
    seal: Arc<Seal>,
    inbox: Arc<Inbox>,
    setup: mpsc::Sender<(Setup, oneshot::Sender<()>)>,
    policy: Arc<Policy>,
    audit: Option<Arc<dyn Audit>>,
    limits: Limits,
}

impl Mux {
    /// Starts the catalog task, which ends when `stop` is cancelled. Backends report to `inbox`.
    #[must_use]
    pub fn start(
        inbox: Arc<Inbox>,
        limits: Limits,
        stop: CancellationToken,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (setup, setups) = mpsc::channel(4);
        let shared = Arc::new(Shared::new(View::default()));
        let policy = Arc::new(Policy::new(&shared));
        let (view, plugins) = (Arc::clone(&shared), Arc::clone(&policy));
        let seats = Arc::new(Seats::new(view, plugins, limits.list_wait));
        inbox.seat(Arc::clone(&seats));
        let task = catalog::Task::new(Arc::clone(&shared), Arc::clone(&seats), Arc::clone(&inbox));
        let parking = Arc::new(Parking::default());
        let swept = Arc::clone(&parking);
        let task = tokio::spawn(async move {
            let observers = tokio::select! {
                observers = task.run(setups, stop) => observers,
                never = swept.sweep() => match never {},
            };
            swept.clear();
            observers.flush().await;
        });
        let seal = Arc::new(Seal::default());
        (Self { shared, seats, parking, seal, inbox, setup, policy, audit: None, limits }, task)
    }

    /// The same with somebody who hears of every call that has ended.
    #[must_use]
    pub fn audited(mut self, audit: Arc<dyn Audit>) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Keeps what backends report until the next [`Mux::apply`]: call it before new backends are started, so that
    /// what they say is not taken for the old ones'.
    pub fn hold(&self) {
        self.inbox.close();
    }

    /// Sets or replaces backends and plugins; clients are told if that changes what they see. When it returns, calls
    /// that begin meet what was set.
    pub async fn apply(&self, setup: Setup) {
        let (done, applied) = oneshot::channel();
        // The task only ends when mcpmux stops, and then nobody needs the change.
        let _stopped = self.setup.send((setup, done)).await;
        let _stopped = applied.await;
    }

    /// Tells when a list changes: its number goes up each time clients would see another one.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Generations> {
        self.shared.changes()
    }

    /// Waits until every backend has been connected to or has failed, at most until `list_wait` after the
    /// backends were set.
    pub async fn settled(&self) {
        self.shared.settled(self.limits.list_wait).await;
    }

    /// What an operator sees.
    #[must_use]
    pub fn status(&self) -> Status {
        status::of(&self.shared.view())
    }
}

/// How long what a lost backend listed stays in the catalog.
const GRACE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests;

//! The catalog task: the one owner of what backends listed. It rebuilds the catalog when that changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::catalog::{Catalog, Changed, EntryKind, Report, Source, build};
use mcpmux_core::config::{Match, Mode, Naming};
use mcpmux_core::fault::Fault;
use mcpmux_core::hook::Hooks;
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_core::ports::{Backend, Caching, Listing, State};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::GRACE;
use crate::inbox::Inbox;
use crate::offer;
use crate::policy::{Observers, Plans, Post};
use crate::seats::Seats;
use crate::status::{BackendState, BackendStatus};
use crate::view::{FirstPages, Placed, Shared, View};

/// The least time between two rebuilds: what comes in between is taken together.
const QUIET: Duration = Duration::from_millis(20);

/// How long after a plugin failed the catalog is built again.
const RETRY: Duration = Duration::from_secs(1);

/// Backends and plugins as the configuration wants them.
#[derive(Clone, Default)]
pub struct Setup {
    /// The backends, in order.
    pub members: Vec<Member>,
    /// The plugins, in order. One that did not change is to be the same one again.
    pub plugins: Vec<Arc<Hooks>>,
}

/// A backend and how its entries are named.
#[derive(Clone)]
pub struct Member {
    /// Where calls go.
    pub backend: Arc<dyn Backend>,
    /// How its entries are named and which are left out.
    pub naming: Naming,
}

/// What the task knows of a backend.
struct Known {
    state: BackendState,
    /// What it said and listed last.
    listing: Option<Listing>,
    /// When it was lost; its entries go when the grace is over.
    lost: Option<Instant>,
    /// Why it is not there.
    fault: Option<Fault>,
}

impl Default for Known {
    fn default() -> Self {
        Self { state: BackendState::Connecting, listing: None, lost: None, fault: None }
    }
}

pub(crate) struct Task {
    shared: Arc<Shared>,
    seats: Arc<Seats>,
    inbox: Arc<Inbox>,
    setup: Setup,
    /// The plugins of the setup, with what there is of each while it is there.
    posts: Vec<Arc<Post>>,
    observers: Observers,
    known: HashMap<BackendName, Known>,
    catalog: Arc<Catalog>,
    /// The one that was built last without a failure, and the plugins that shaped it.
    built: (Arc<Catalog>, Vec<Arc<Hooks>>),
    warnings: Vec<String>,
    /// What plugins in shadow mode would change.
    shadows: Vec<String>,
    /// Whether a plugin failed when the catalog was built last.
    failing: bool,
    /// Lists that backends announced to have changed, whether or not they differ.
    announced: Changed,
}

/// All that can happen to the task.
enum Event {
    Setup(Setup, oneshot::Sender<()>),
    States(HashMap<BackendName, State>),
    GraceOver,
    /// A plugin failed when the catalog was built last.
    Retry,
    Stop,
}

impl Task {
    pub(crate) fn new(shared: Arc<Shared>, seats: Arc<Seats>, inbox: Arc<Inbox>) -> Self {
        Self {
            shared,
            seats,
            inbox,
            setup: Setup::default(),
            posts: Vec::new(),
            observers: Observers::default(),
            known: HashMap::new(),
            catalog: Arc::default(),
            built: (Arc::default(), Vec::new()),
            warnings: Vec::new(),
            shadows: Vec::new(),
            failing: false,
            announced: Changed::default(),
        }
    }

    /// Ends when `stop` is cancelled, and leaves the plugins that may still have to hear of calls.
    pub(crate) async fn run(
        mut self,
        mut setups: mpsc::Receiver<(Setup, oneshot::Sender<()>)>,
        stop: CancellationToken,
    ) -> Observers {
        loop {
            let mut applied = None;
            match self.next(&mut setups, &stop).await {
                Event::Stop => break,
                Event::Setup(setup, done) => {
                    self.set(setup);
                    applied = Some(done);
                }
                Event::States(states) => {
                    for (name, state) in states {
                        self.learn(&name, state);
                    }
                }
                Event::GraceOver => self.forget(Instant::now()),
                Event::Retry => {}
            }
            self.rebuild().await;
            if let Some(done) = applied {
                // Whoever set it need not wait for it.
                let _gone = done.send(());
            }
            tokio::time::sleep(QUIET).await;
        }
        // Nobody but calls under way holds a plugin any more.
        self.shared.publish(View::default(), Changed::default());
        self.observers
    }

    async fn next(
        &self,
        setups: &mut mpsc::Receiver<(Setup, oneshot::Sender<()>)>,
        stop: &CancellationToken,
    ) -> Event {
        let lost = self.known.values().filter_map(|known| known.lost).min();
        let over = async {
            match lost {
                Some(lost) => tokio::time::sleep_until(lost + GRACE).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Event::Stop,
            setup = setups.recv() => match setup {
                Some((setup, done)) => Event::Setup(setup, done),
                None => Event::Stop,
            },
            states = self.inbox.take() => Event::States(states),
            () = over => Event::GraceOver,
            () = tokio::time::sleep(RETRY), if self.failing => Event::Retry,
        }
    }

    /// Takes a setup. A backend that is another one than before, if under the same name, starts from nothing.
    fn set(&mut self, setup: Setup) {
        let old = std::mem::replace(&mut self.setup, setup);
        let posts = std::mem::take(&mut self.posts);
        let post = |hooks: &Arc<Hooks>| {
            let same = posts.iter().find(|post| Arc::ptr_eq(&post.hooks, hooks));
            same.map_or_else(|| self.observers.post(hooks), Arc::clone)
        };
        self.posts = self.setup.plugins.iter().map(post).collect();
        let mut known = std::mem::take(&mut self.known);
        for Member { backend, .. } in &self.setup.members {
            let same = old.members.iter().any(|member| Arc::ptr_eq(&member.backend, backend));
            let kept = if same { known.remove(backend.name()) } else { None };
            self.known.insert(backend.name().clone(), kept.unwrap_or_default());
        }
        // The setup itself is pending until its view is there.
        self.shared.restart(self.pending() + 1);
        self.inbox.open();
    }

    fn learn(&mut self, name: &BackendName, state: State) {
        // A backend that was just taken out of the configuration may still have a word to say.
        let Some(known) = self.known.get_mut(name) else { return };
        match state {
            State::Connecting => {
                if known.fault.is_none() {
                    known.state = BackendState::Connecting;
                }
            }
            State::Ready(listing) => {
                self.announced = self.announced.and(listing.announced);
                let entries = listing.entries.len();
                tracing::info!(backend = %name, revision = %listing.revision, entries, "backend is ready");
                known.state = BackendState::Ready { revision: listing.revision };
                known.listing = Some(listing);
                (known.lost, known.fault) = (None, None);
            }
            State::Down(fault) => {
                known.state = BackendState::without(&fault);
                known.lost = known.lost.or_else(|| known.listing.is_some().then(Instant::now));
                known.fault = Some(fault);
            }
        }
    }

    fn forget(&mut self, now: Instant) {
        for known in self.known.values_mut() {
            if known.lost.is_some_and(|lost| lost + GRACE <= now) {
                known.listing = None;
                known.lost = None;
            }
        }
    }

    fn pending(&self) -> usize {
        let connecting = |known: &&Known| matches!(known.state, BackendState::Connecting);
        self.known.values().filter(connecting).count()
    }

    fn listing(&self, backend: &BackendName) -> Option<&Listing> {
        self.known.get(backend)?.listing.as_ref()
    }

    /// A backend that has nothing in the catalog because it is not there: how its entries would begin, and why.
    fn absent(&self, Member { backend, naming }: &Member) -> Option<(String, Fault)> {
        let known = self.known.get(backend.name()).filter(|known| known.listing.is_none())?;
        let begin = naming.expose(backend.name(), "");
        known.fault.clone().filter(|_| !begin.is_empty()).map(|fault| (begin, fault))
    }

    /// Builds the catalog off the runtime's threads, since plugins take part, and publishes it.
    async fn rebuild(&mut self) {
        let source = |member: &Member| {
            let backend = member.backend.name().clone();
            let entries =
                self.listing(&backend).map(|listing| listing.entries.clone()).unwrap_or_default();
            Source { backend, naming: member.naming.clone(), entries }
        };
        let sources: Vec<Source> = self.setup.members.iter().map(source).collect();
        let plugins = self.setup.plugins.clone();
        let built = tokio::task::spawn_blocking(move || build(&sources, &plugins)).await;
        let mut passed_over = Vec::new();
        // What a failing plugin would have hidden must not come to light: the catalog of before stays.
        let catalog = match built {
            Ok((catalog, reports)) => {
                self.report(&reports);
                let failed = |report: &Report| matches!(report, Report::Plugin { .. });
                let closed = |report: &Report| matches!(report, Report::Plugin { open: false, .. });
                self.failing = reports.iter().any(failed);
                passed_over.extend(reports.iter().filter_map(|report| match report {
                    Report::Plugin { plugin, open: true, .. } => Some(plugin.clone()),
                    _ => None,
                }));
                (!reports.iter().any(closed)).then(|| Arc::new(catalog))
            }
            Err(error) => {
                tracing::error!(%error, "building the catalog failed; the old one stays");
                self.failing = true;
                None
            }
        };
        let stays = catalog.is_none();
        let catalog = match catalog {
            Some(catalog) => {
                self.built = (Arc::clone(&catalog), self.setup.plugins.clone());
                catalog
            }
            None => self.before(&passed_over),
        };
        let backends = self.setup.members.iter().map(|member| member.backend.name());
        let plans = Plans::new(&self.posts, &catalog, backends);
        let mut changed = catalog.changed(&self.catalog);
        let judged_as_before = self.shared.read(|view| plans.judge_lists_as(&view.plans));
        if !judged_as_before {
            changed = Changed { tools: true, prompts: true, resources: true };
        }
        let pages = if changed.any() {
            FirstPages::default()
        } else {
            self.shared.read(|view| view.pages.clone())
        };
        let sights = if judged_as_before && catalog.same(&self.catalog) {
            self.shared.read(|view| Arc::clone(&view.sights))
        } else {
            Arc::default()
        };
        self.catalog = catalog;
        let status = |member: &Member| {
            let name = member.backend.name();
            let state =
                self.known.get(name).map_or(BackendState::Connecting, |known| known.state.clone());
            BackendStatus {
                name: name.to_string(),
                tools: self.catalog.count(EntryKind::Tool, name),
                state,
            }
        };
        let place = |member: &Member| {
            let listing = self.listing(member.backend.name());
            let placed = Placed {
                backend: Arc::clone(&member.backend),
                naming: member.naming.clone(),
                revision: listing.map(|listing| listing.revision),
                has_resources: listing
                    .is_some_and(|listing| listing.capabilities.get("resources").is_some()),
            };
            (member.backend.name().clone(), Arc::new(placed))
        };
        let members = &self.setup.members;
        let listings = members.iter().filter_map(|member| {
            let name = member.backend.name();
            Some((name, self.listing(name)?))
        });
        let mut caching = listings
            .clone()
            .map(|(_, listing)| listing.caching)
            .reduce(Caching::and)
            .unwrap_or_default();
        caching.public &= !plans.tell_clients_apart();
        let view = View {
            catalog: Arc::clone(&self.catalog),
            backends: members.iter().map(place).collect(),
            status: members.iter().map(status).collect(),
            absent: members.iter().filter_map(|member| self.absent(member)).collect(),
            posts: self.posts.clone(),
            plans,
            sights,
            warnings: self.warnings.clone(),
            offer: offer::merge(listings),
            caching,
            pages,
            memory: self.shared.read(|view| Arc::clone(&view.memory)),
        };
        // A list that was announced is told of, but not before what it shows now can be seen.
        let told = if stays { changed } else { changed.and(std::mem::take(&mut self.announced)) };
        self.shared.publish(view, told);
        self.seats.want_again();
        self.shared.progress(self.pending());
    }

    /// The catalog of before, without what plugins are asked about that had no say in it: those of a setup that came
    /// since, whether they fail or others do. Those that were passed over now need none.
    fn before(&self, passed_over: &[PluginName]) -> Arc<Catalog> {
        let (built, shaped) = &self.built;
        let had_no_say = |hooks: &&Arc<Hooks>| {
            hooks.catalog.is_some()
                && hooks.mode == Mode::Enforce
                && !passed_over.contains(&hooks.name)
                && !shaped.iter().any(|known| Arc::ptr_eq(known, hooks))
        };
        let plugins = self.setup.plugins.iter().filter(had_no_say);
        let withheld: Vec<Match> = plugins.map(|hooks| hooks.matches.clone()).collect();
        if withheld == self.catalog.withheld() {
            return Arc::clone(&self.catalog);
        }
        if withheld.is_empty() { Arc::clone(built) } else { Arc::new(built.without(withheld)) }
    }

    /// Logs what is new about the catalog's oddities; an old one is not said twice.
    fn report(&mut self, reports: &[Report]) {
        let (shadows, odd): (Vec<&Report>, Vec<&Report>) =
            reports.iter().partition(|report| matches!(report, Report::Shadow { .. }));
        let text = |reports: Vec<&Report>| reports.into_iter().map(ToString::to_string).collect();
        let (shadows, warnings): (Vec<String>, Vec<String>) = (text(shadows), text(odd));
        for shadow in shadows.iter().filter(|shadow| !self.shadows.contains(shadow)) {
            tracing::info!("{shadow}");
        }
        for warning in warnings.iter().filter(|warning| !self.warnings.contains(warning)) {
            tracing::warn!("{warning}");
        }
        (self.warnings, self.shadows) = (warnings, shadows);
    }
}

#[cfg(test)]
mod tests {
    use mcpmux_core::config::Limits;
    use mcpmux_core::ports::BackendEvents;

    use super::*;
    use crate::Mux;

    #[tokio::test]
    async fn a_state_before_the_setup_settles_nothing() {
        let limits = Limits { list_wait: Duration::from_millis(100), ..Limits::default() };
        let client = crate::tests::anyone();
        let inbox = Arc::new(Inbox::default());
        inbox.state(&BackendName::new("early").unwrap(), State::Connecting);
        let (mux, _task) = Mux::start(inbox, limits, CancellationToken::new());
        assert!(!mux.list(&client, EntryKind::Tool, None).await.unwrap().settled);
        mux.apply(Setup::default()).await;
        let settled = async {
            while !mux.list(&client, EntryKind::Tool, None).await.unwrap().settled {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), settled).await.unwrap();
    }
}

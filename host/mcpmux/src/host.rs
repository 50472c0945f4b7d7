//! The composition: which part is given to which. The only place that names every floor.

mod crew;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_auth::{Credentials, Means};
use mcpmux_backends::{Deps, Pool};
use mcpmux_core::config::{Audit, Config, Limits};
use mcpmux_frontends::Door;
use mcpmux_mux::{Inbox, Member, Mux, Setup};
use mcpmux_outbound::Internet;
use mcpmux_plugins::services::Shared;
use mcpmux_plugins::{Engine, WasiSandbox};
use mcpmux_vault::Store;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::audit::Ledger;
use crate::failure::Failure;
use crate::prompt::Terminal;
use crew::Crew;

pub(crate) use crew::{Loaded, Loader};

/// How long a login that is being refreshed is waited for at the end: longer than one request may take.
const LAST_REFRESH: Duration = Duration::from_secs(20);

/// Everything but the frontends, running.
pub(crate) struct Host {
    engine: Engine,
    /// What plugins keep and use; it outlives each of them.
    services: Shared,
    pool: Pool,
    credentials: Arc<Credentials>,
    mux: Mux,
    catalog: JoinHandle<()>,
    crew: Arc<Crew>,
    /// Where calls are recorded.
    ledger: Option<Ledger>,
    limits: Limits,
    /// Stops the frontends.
    pub(crate) stop: CancellationToken,
    /// Stops the catalog task, after the frontends.
    end: CancellationToken,
}

impl Host {
    /// Starts the parts; nothing is connected to before [`Host::apply`].
    pub(crate) fn start(
        limits: Limits,
        audit: Option<&Audit>,
        vault: Arc<Store>,
    ) -> Result<Self, Failure> {
        let ledger = audit.map(Ledger::open).transpose()?;
        let engine = engine()?;
        let services = services();
        let (stop, end) = (CancellationToken::new(), CancellationToken::new());
        let inbox = Arc::new(Inbox::default());
        let (mux, catalog) = Mux::start(Arc::clone(&inbox), limits, end.clone());
        let mux = match &ledger {
            Some(ledger) => mux.audited(ledger.desk()),
            None => mux,
        };
        let crew = Arc::new(Crew::default());
        let means = Means {
            hooks: Arc::clone(&crew) as _,
            outbound: Arc::new(Internet::default()),
            vault,
            prompt: Arc::new(Terminal),
        };
        let credentials = Arc::new(Credentials::new(means));
        let pool = Pool::new(Deps {
            events: inbox,
            credentials: Arc::clone(&credentials) as _,
            sandbox: Arc::new(WasiSandbox::new(&engine, &limits)),
            limits,
            state: state_folder(),
        });
        Ok(Self {
            engine,
            services,
            pool,
            credentials,
            mux,
            catalog,
            crew,
            ledger,
            limits,
            stop,
            end,
        })
    }

    /// Loads a configuration's plugins, off the runtime's threads. All of them are good, or none is taken. One that
    /// is at work already and has not changed stays the same.
    pub(crate) async fn load(&self, config: &Config) -> Result<Vec<Loaded>, Failure> {
        let (config, crew) = (config.clone(), self.crew.members());
        let loader = Loader {
            engine: self.engine.clone(),
            services: self.services.clone(),
            limits: self.limits,
        };
        let loading = tokio::task::spawn_blocking(move || loader.load(&config, &crew));
        loading.await.unwrap_or_else(|error| {
            Err(Failure::failed(format!("loading the plugins broke off: {error}")))
        })
    }

    /// Connects to the backends of a configuration, leaves those that go, and puts the plugins to work.
    pub(crate) async fn apply(&self, config: &Config, plugins: Vec<Loaded>) {
        self.mux.hold();
        let hooks = plugins.iter().map(|plugin| Arc::clone(&plugin.hooks)).collect();
        // Backends that are started now may need their credentials at once.
        self.crew.replace(plugins);
        let backends = self.pool.apply(&config.backends);
        let naming = config.backends.iter().map(|backend| backend.naming.clone());
        let members = backends
            .into_iter()
            .zip(naming)
            .map(|(backend, naming)| Member { backend, naming })
            .collect();
        self.mux.apply(Setup { members, plugins: hooks }).await;
    }

    /// The plugins at work.
    pub(crate) fn plugins(&self) -> Vec<Loaded> {
        self.crew.members()
    }

    /// A door for a frontend.
    pub(crate) fn door(&self) -> Door {
        Door::new(self.mux.clone(), self.limits, self.stop.clone())
    }

    pub(crate) const fn mux(&self) -> &Mux {
        &self.mux
    }

    /// Leaves all backends within `grace`; calls under way then end with a fault.
    pub(crate) async fn leave(&self, grace: Duration) {
        self.pool.stop(grace).await;
    }

    /// Ends everything that runs. The frontends are to have ended before.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.pool.stop(self.limits.drain).await;
        self.credentials.close(LAST_REFRESH).await;
        self.end.cancel();
        if let Err(error) = self.catalog.await {
            tracing::error!("the catalog task ended badly: {error}");
        }
        if let Some(ledger) = self.ledger {
            ledger.close().await;
        }
    }
}

/// The engine, which keeps compiled code in the folder for caches.
pub(crate) fn engine() -> Result<Engine, Failure> {
    Engine::new(folder("XDG_CACHE_HOME", ".cache").map(|folder| folder.join("code")))
        .map_err(Failure::failed)
}

/// The services of plugins: this machine's clock and programs, and the network.
pub(crate) fn services() -> Shared {
    Shared::new(Arc::new(Internet::default()))
}

/// The files whose change matters to a configuration, beside its own.
pub(crate) fn files(config: &Config) -> Vec<PathBuf> {
    config.plugins.iter().map(|plugin| plugin.path.clone()).collect()
}

/// Where what is learned of backends outlives mcpmux; without a home nothing is kept.
pub(crate) fn state_folder() -> Option<PathBuf> {
    folder("XDG_STATE_HOME", ".local/state")
}

/// A folder of our own (XDG Base Directory Specification): in the one that a variable names, else in one of the home.
fn folder(variable: &str, default: &str) -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(default)))?;
    Some(base.join("mcpmux"))
}

//! The composition: which part is given to which. The only place that names every floor.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_auth::Configured;
use mcpmux_backends::{Deps, Pool};
use mcpmux_core::config::{Config, Limits};
use mcpmux_frontends::Door;
use mcpmux_mux::{Inbox, Member, Mux, Setup};
use mcpmux_plugins::{Engine, Plugin, WasiSandbox, load_all};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// Everything but the frontends, running.
pub(crate) struct Host {
    engine: Engine,
    pool: Pool,
    mux: Mux,
    catalog: JoinHandle<()>,
    limits: Limits,
    /// The plugins that are at work; one that is loaded again as it is stays the same.
    plugins: Mutex<Vec<Loaded>>,
    /// Where calls are recorded.
    ledger: Option<Ledger>,
    /// Stops the frontends.
    pub(crate) stop: CancellationToken,
    /// Stops the catalog task, after the frontends.
    end: CancellationToken,
}

impl Host {
    /// Starts the parts; nothing is connected to before [`Host::apply`].
    pub(crate) fn start(limits: Limits, audit: Option<&Audit>) -> Result<Self, Failure> {
        let ledger = audit.map(Ledger::open).transpose()?;
        let engine = engine()?;
        let (stop, end) = (CancellationToken::new(), CancellationToken::new());
        let inbox = Arc::new(Inbox::default());
        let (mux, catalog) = Mux::start(Arc::clone(&inbox), limits, end.clone());
        let pool = Pool::new(Deps {
            events: inbox,
            credentials: Arc::new(Configured),
            sandbox: Arc::new(WasiSandbox::new(&engine, &limits)),
            limits,
            state: state_folder(),
        });
        Ok(Self { engine, pool, mux, catalog, limits, stop, end })
    }

    /// Loads a configuration's plugins, off the runtime's threads. All of them are good, or none is taken.
    pub(crate) async fn load(&self, config: &Config) -> Result<Vec<Arc<Plugin>>, Failure> {
        let (engine, config, limits) = (self.engine.clone(), config.clone(), self.limits);
        let loading = tokio::task::spawn_blocking(move || load(&engine, &config, &limits));
        loading.await.unwrap_or_else(|error| {
            Err(Failure::failed(format!("loading the plugins broke off: {error}")))
        })
    }

    /// Connects to the backends of a configuration, leaves those that go, and puts the plugins to work.
    pub(crate) async fn apply(&self, config: &Config, plugins: &[Arc<Plugin>]) {
        self.mux.hold();
        let backends = self.pool.apply(&config.backends);
        let naming = config.backends.iter().map(|backend| backend.naming.clone());
        let members = backends
            .into_iter()
            .zip(naming)
            .map(|(backend, naming)| Member { backend, naming })
            .collect();
        self.mux
            .apply(Setup {
                members,
                hooks: plugins.iter().filter_map(Plugin::catalog_hook).collect(),
                plugins: plugins.iter().map(|plugin| plugin.name().to_string()).collect(),
            })
            .await;
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
        self.end.cancel();
        if let Err(error) = self.catalog.await {
            tracing::error!("the catalog task ended badly: {error}");
        }
    }
}

/// Loads a configuration's plugins with an engine.
pub(crate) fn load(
    engine: &Engine,
    config: &Config,
    limits: &Limits,
) -> Result<Vec<Arc<Plugin>>, Failure> {
    let plugins = load_all(engine, &config.plugins, limits).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::wrong(errors.join("\n"))
    })?;
    for plugin in &plugins {
        for remark in plugin.remarks() {
            tracing::warn!("{remark}");
        }
        tracing::info!(plugin = %plugin.name(), sha256 = plugin.sha256(), hooks = ?plugin.hooks(), "plugin is loaded");
    }
    Ok(plugins)
}

/// The files whose change matters to a configuration, beside its own.
pub(crate) fn files(config: &Config) -> Vec<PathBuf> {
    config.plugins.iter().map(|plugin| plugin.path.clone()).collect()
}

/// Where what is learned of backends outlives mcpmux (XDG Base Directory Specification): a folder of its own in
/// `$XDG_STATE_HOME`, else in `~/.local/state`; without a home nothing is kept.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("mcpmux"))
}

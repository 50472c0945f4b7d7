//! All backends: started, left alone or stopped as the configuration changes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcpmux_core::config::{self, Limits};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Backend, BackendEvents, CredentialSource, Sandbox};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use crate::memory::Archive;
use crate::slot::{Door, Slot};
use crate::supervise::Supervisor;

/// What the pool needs from the floors beside and above.
#[derive(Clone)]
pub struct Deps {
    /// Hears what the backends do.
    pub events: Arc<dyn BackendEvents>,
    /// Knows what to show them.
    pub credentials: Arc<dyn CredentialSource>,
    /// Runs those that are components.
    pub sandbox: Arc<dyn Sandbox>,
    /// Bounds.
    pub limits: Limits,
    /// Where to keep what was learned of the backends, over restarts; `None`: nowhere.
    pub state: Option<PathBuf>,
}

/// All backends. Dropping it kills them.
pub struct Pool {
    deps: Arc<Deps>,
    archive: Arc<Archive>,
    state: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    backends: HashMap<BackendName, Started>,
    /// Those that are being stopped.
    leaving: Vec<Task>,
}

struct Started {
    config: config::Backend,
    door: Arc<dyn Backend>,
    task: Task,
}

struct Task {
    slot: Arc<Slot>,
    stop: watch::Sender<Option<Instant>>,
    handle: AbortOnDropHandle<()>,
}

impl Started {
    /// Whether this is the same to connect to; how its entries are named does not matter here.
    fn serves(&self, config: &config::Backend) -> bool {
        self.config.transport == config.transport && self.config.patience == config.patience
    }
}

impl Pool {
    /// A pool without backends.
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        let archive = Arc::new(Archive::new(deps.state.clone()));
        Self { deps: Arc::new(deps), archive, state: Mutex::default() }
    }

    /// Starts what is new, stops what is gone (calls under way there may end within `limits.drain`),
    /// and leaves alone what is unchanged. The order is the configuration's. Needs a tokio runtime.
    pub fn apply(&self, backends: &[config::Backend]) -> Vec<Arc<dyn Backend>> {
        let until = Instant::now() + self.deps.limits.drain;
        let names: Vec<_> = backends.iter().map(|backend| &backend.name).collect();
        self.deps.credentials.keep(&names);
        let mut state = self.lock();
        let mut old = std::mem::take(&mut state.backends);
        let mut doors = Vec::with_capacity(backends.len());
        for config in backends {
            let same = old.get(&config.name).is_some_and(|started| started.serves(config));
            let kept = if same { old.remove(&config.name) } else { None };
            let started = kept.unwrap_or_else(|| self.start(config));
            doors.push(Arc::clone(&started.door));
            state.backends.insert(config.name.clone(), started);
        }
        state.leaving.retain(|task| !task.handle.is_finished());
        state.leaving.extend(old.into_values().map(|gone| gone.task.stop_by(until)));
        doors
    }

    /// Stops all, waiting at most `grace`, half of it for calls under way; then kills.
    pub async fn stop(&self, grace: Duration) {
        let now = Instant::now();
        for mut task in self.take_all(now + grace / 2) {
            if timeout_at(now + grace, &mut task.handle).await.is_err() {
                task.handle.abort();
                // It was killed, which is what was wanted.
                let _ = task.handle.await;
            }
        }
    }

    fn take_all(&self, until: Instant) -> Vec<Task> {
        let state = std::mem::take(&mut *self.lock());
        let running = state.backends.into_values().map(|started| started.task.stop_by(until));
        state.leaving.into_iter().chain(running).collect()
    }

    fn start(&self, config: &config::Backend) -> Started {
        let slot = Arc::new(Slot::new(config.name.clone(), config.patience));
        let (stop, stopping) = watch::channel(None);
        let supervisor = Supervisor {
            slot: Arc::clone(&slot),
            transport: config.transport.clone(),
            deps: Arc::clone(&self.deps),
            archive: Arc::clone(&self.archive),
            stop: stopping,
        };
        let handle = AbortOnDropHandle::new(tokio::spawn(supervisor.run()));
        Started {
            config: config.clone(),
            door: Arc::new(Door(Arc::clone(&slot))),
            task: Task { slot, stop, handle },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    fn stop_by(self, until: Instant) -> Self {
        self.slot.retire();
        self.stop.send_replace(Some(until));
        self
    }
}

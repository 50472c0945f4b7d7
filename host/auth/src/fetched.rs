//! The credential that a plugin, a program or a token endpoint gives for one backend: kept until shortly before it expires or until it is refused,
//! and fetched once for all who wait for it.

mod state;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use mcpmux_core::config::Auth;
use mcpmux_core::fault::Fault;
use mcpmux_core::hook::{Granted, Problem, Query, Reason};
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_core::ports::{Credential, CredentialHooks, Pending, Refusal, Shown};
use tokio::sync::OwnedMutexGuard;

use crate::{check, faults};
use state::{Found, Hook, State, Until};

/// How long nobody is asked again after a person was said to have to act.
const AFTER_LOGIN: Duration = Duration::from_secs(5);
/// How long, after something that may pass.
const AFTER_TEMPORARY: Duration = Duration::from_secs(1);
/// How long, after something that will not; another plugin is asked at once.
const AFTER_PERMANENT: Duration = Duration::from_secs(60);
/// How long what was fetched after a refusal is not fetched again if it is refused as well.
const REST: Duration = Duration::from_secs(5);

/// A point in time by both clocks: the one that people set, and the one that only goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    /// Goes on, though perhaps not while the machine is asleep.
    pub(crate) steady: Instant,
    /// What it is for everybody.
    pub(crate) wall: SystemTime,
}

impl Time {
    /// Now.
    pub(crate) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }
}

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// Whose credential it is, and who fetches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) backend: BackendName,
    pub(crate) url: String,
    pub(crate) auth: Auth,
}

/// Who fetches it.
pub(crate) enum By {
    /// The plugin of this name, whichever is loaded when it is asked.
    Plugin(PluginName, Arc<dyn CredentialHooks>),
    /// A part of mcpmux.
    Own(&'static str, Hook),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plugin(plugin, _) => write!(f, "plugin `{plugin}`"),
            Self::Own(what, _) => f.write_str(what),
        }
    }
}

/// The credential. Its state's lock is held for a look; who asks the plugin holds `turn`.
pub(crate) struct Fetched {
    origin: Origin,
    by: By,
    clock: Clock,
    state: Mutex<State>,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Itself, for the tasks that ask.
    this: std::sync::Weak<Self>,
}

impl Fetched {
    pub(crate) fn new(origin: Origin, by: By, clock: Clock) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            origin,
            by,
            clock,
            state: Mutex::default(),
            turn: Arc::default(),
            this: this.clone(),
        })
    }

    async fn show(&self) -> Result<Shown, Fault> {
        let hook = self.hook()?;
        match self.look(&hook) {
            Found::Fresh(shown) => return Ok(shown),
            Found::Due(shown) => {
                // If somebody asks already there is nothing to do; nobody has to wait for it.
                if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned()
                    && matches!(self.look(&hook), Found::Due(_))
                {
                    drop(self.ask(&hook, turn));
                }
                return Ok(shown);
            }
            Found::Paused(fault) => return Err(fault),
            Found::Nothing => {}
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        match self.look(&hook) {
            Found::Fresh(shown) | Found::Due(shown) => Ok(shown),
            Found::Paused(fault) => Err(fault),
            Found::Nothing => self.wait(self.ask(&hook, turn)).await,
        }
    }

    async fn replace(
        &self,
        shown: Shown,
        challenge: Option<String>,
    ) -> Result<Option<Shown>, Fault> {
        let hook = self.hook()?;
        let turn = Arc::clone(&self.turn).lock_owned().await;
        match self.look(&hook) {
            Found::Fresh(other) | Found::Due(other) if other != shown => return Ok(Some(other)),
            Found::Paused(fault) => return Err(fault),
            Found::Fresh(_) | Found::Due(_) | Found::Nothing => {
                if !self.lock().refuse(challenge, (self.clock)(), REST) {
                    return Ok(None);
                }
            }
        }
        let new = self.wait(self.ask(&hook, turn)).await?;
        Ok(Some(new).filter(|new| *new != shown))
    }

    fn hook(&self) -> Result<Hook, Fault> {
        match &self.by {
            By::Own(_, hook) => Ok(Arc::clone(hook)),
            By::Plugin(plugin, hooks) => {
                hooks.hook(plugin).ok_or_else(|| faults::nobody(&self.origin.backend, plugin))
            }
        }
    }

    fn look(&self, hook: &Hook) -> Found {
        self.lock().look(hook, (self.clock)())
    }

    /// Asks the plugin, in a task of its own: if who began it goes away, others still wait for it.
    fn ask(
        &self,
        hook: &Hook,
        turn: OwnedMutexGuard<()>,
    ) -> tokio::task::JoinHandle<Result<Shown, Fault>> {
        let (this, hook) = (self.this.clone(), Arc::clone(hook));
        let gone = faults::later(&self.origin.backend, "it is no longer needed");
        tokio::spawn(async move {
            let Some(this) = this.upgrade() else { return Err(gone) };
            let result = this.fetch(&hook).await;
            drop(turn);
            result
        })
    }

    async fn wait(
        &self,
        asking: tokio::task::JoinHandle<Result<Shown, Fault>>,
    ) -> Result<Shown, Fault> {
        asking.await.unwrap_or_else(|error| Err(faults::later(&self.origin.backend, error)))
    }

    async fn fetch(&self, hook: &Hook) -> Result<Shown, Fault> {
        let (Origin { backend, url, .. }, by) = (&self.origin, &self.by);
        let (why, challenge) = self.lock().next(hook);
        let query = Query { backend: backend.clone(), url: url.clone(), why, challenge };
        let (fault, pause) = match hook.fetch(&query).await {
            Ok(granted) => match self.take(granted, why, hook) {
                Ok(shown) => return Ok(shown),
                Err(why) => (faults::unusable(backend, by, &why), AFTER_LOGIN),
            },
            Err(problem) => {
                let pause = match problem {
                    Problem::NeedsLogin(_) => AFTER_LOGIN,
                    Problem::Temporary(_) => AFTER_TEMPORARY,
                    Problem::Permanent(_) => AFTER_PERMANENT,
                };
                (faults::problem(backend, by, &problem), pause)
            }
        };
        tracing::warn!(%backend, %by, why = %fault, "there is no credential");
        self.lock().pause(hook, fault.clone(), (self.clock)(), pause);
        Err(fault)
    }

    fn take(&self, granted: Granted, why: Reason, hook: &Hook) -> Result<Shown, String> {
        let now = (self.clock)();
        let until = match granted.expires {
            None => None,
            Some(expires) => {
                let wall = SystemTime::UNIX_EPOCH.checked_add(expires);
                let wall = wall.ok_or("the time at which it expires is no time")?;
                let until = Until::new(wall, now);
                Some(until.ok_or("it has expired already; the clocks may differ")?)
            }
        };
        let shown = check::headers(granted.headers)?;
        self.lock().hold(hook, shown.clone(), until, why == Reason::Refused, now);
        Ok(shown)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credential for Fetched {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        Box::pin(self.show())
    }

    fn refused(&self, refusal: Refusal) -> Pending<'_, Result<Option<Shown>, Fault>> {
        Box::pin(self.replace(refusal.shown, refusal.challenge))
    }

    fn heeds_forbidden(&self) -> bool {
        // What a program prints may be of any kind, and its server may say 403 of what has ended.
        matches!(self.origin.auth, Auth::Command(_))
    }

    fn judged(&self, shown: &Shown, accepted: bool) {
        if accepted {
            self.lock().accepted(shown);
        }
    }
}

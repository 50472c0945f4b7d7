//! The task that owns one backend: connects, lists, listens for changes, and connects again, forever.

mod connect;
mod lists;
mod wants;

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::Transport;
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, State};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::faults;
use crate::link::{Hello, Link};
use crate::listing::Lister;
use crate::memory::Archive;
use crate::pool::Deps;
use crate::slot::{Phase, Slot};
use connect::{Connected, Life, Memory, connect};
use lists::Lists;

/// After a healthy link, calls wait for the next one if it is to be tried within this time.
const SOON: Duration = Duration::from_secs(1);

/// What the task needs.
pub(crate) struct Supervisor {
    pub(crate) slot: Arc<Slot>,
    pub(crate) transport: Transport,
    pub(crate) deps: Arc<Deps>,
    pub(crate) archive: Arc<Archive>,
    /// Once set: stop, and let calls end until then.
    pub(crate) stop: watch::Receiver<Option<Instant>>,
}

/// How serving a link ended.
enum Served {
    /// The link ended, or is of no use.
    Ended(Fault),
    /// We are to stop.
    Stop(Instant),
}

impl Supervisor {
    /// Runs until it is told to stop.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut memory = self.remember().await;
        // Once: who asks for it last is the one that it belongs to.
        let credential = self.credential();
        let mut quiet = false;
        loop {
            if !quiet {
                self.report(State::Connecting);
            }
            self.slot.set_phase(Phase::Connecting);
            let attempt = match self.attempt(&mut memory, credential.as_ref()).await {
                Ok(attempt) => attempt,
                Err(_) => return,
            };
            let mut ended = None;
            let (fault, wait) = match attempt {
                Err(fault) => {
                    self.slot.set_phase(Phase::Down(fault.clone()));
                    quiet = false;
                    (fault, backoff.next_wait())
                }
                Ok(connected) => {
                    let born = Instant::now();
                    let Connected { link, hello, life } = connected;
                    self.slot.current.store(Some(Arc::new(link.clone())));
                    self.slot.set_phase(Phase::Up);
                    let fault = match Box::pin(self.serve(&link, &hello)).await {
                        Served::Ended(fault) => fault,
                        Served::Stop(until) => return self.wind_down(&link, life, until).await,
                    };
                    link.hearing().closing.close(fault.clone());
                    self.slot.current.store(None);
                    backoff.lived(born.elapsed());
                    quiet = link.hearing().closing.wants_renewal() && born.elapsed() > SOON;
                    let wait = if quiet { Duration::ZERO } else { backoff.next_wait() };
                    self.slot.set_phase(match wait <= SOON {
                        true => Phase::Connecting,
                        false => Phase::Down(fault.clone()),
                    });
                    ended = Some(life);
                    (fault, wait)
                }
            };
            let wants_login = fault.kind == Kind::AuthRequired;
            if !quiet {
                warn!(backend = %self.slot.name, why = %fault, ?wait, "backend is down");
                self.report(State::Down(fault));
            }
            if let Some(life) = ended {
                life.stop().await;
            }
            let credential = credential.as_ref().filter(|_| wants_login);
            tokio::select! {
                () = sleep(wait) => {}
                () = renewed(credential) => {}
                _ = stopping(&mut self.stop) => return,
            }
        }
    }

    /// Connects, unless told to stop meanwhile.
    async fn attempt(
        &mut self,
        memory: &mut Memory,
        credential: Option<&Arc<dyn Credential>>,
    ) -> Result<Result<Connected, Fault>, Instant> {
        let patience = self.slot.patience.init;
        let (slot, deps) = (&self.slot, &self.deps);
        let connecting =
            timeout(patience, connect(&slot.name, &self.transport, deps, memory, credential));
        let attempt = tokio::select! {
            attempt = connecting => attempt,
            until = stopping(&mut self.stop) => return Err(until),
        };
        let attempt = attempt.unwrap_or_else(|_| {
            let why = format!("it did not answer the handshake within {patience:?}");
            Err(faults::unavailable(&slot.name, why))
        });
        let met = attempt.as_ref().map(|connected| &connected.hello).map_err(|fault| fault.kind);
        if let Some(era) = memory.learn(met) {
            self.keep(era).await;
        }
        Ok(attempt)
    }

    /// What is known of the backend from before mcpmux was started.
    async fn remember(&self) -> Memory {
        let (archive, name, transport) = self.archived();
        let known = tokio::task::spawn_blocking(move || archive.era(&name, &transport)).await;
        Memory::of(known.unwrap_or_default())
    }

    /// Keeps what was found out.
    async fn keep(&self, era: Era) {
        let (archive, name, transport) = self.archived();
        let kept = tokio::task::spawn_blocking(move || archive.learn(&name, &transport, era)).await;
        if let Err(error) = kept {
            warn!(backend = %self.slot.name, %error, "cannot keep which era it speaks");
        }
    }

    fn archived(&self) -> (Arc<Archive>, BackendName, Transport) {
        (Arc::clone(&self.archive), self.slot.name.clone(), self.transport.clone())
    }

    async fn serve(&mut self, link: &Link, hello: &Hello) -> Served {
        info!(backend = %self.slot.name, revision = %hello.revision, "backend is connected");
        let (slot, deps, stop) = (&self.slot, &self.deps, &mut self.stop);
        let (limit, patience) = (deps.limits.tools, &slot.patience);
        let lists = Lists::new(Lister { link, hello, limit, patience }, deps, slot);
        let closing = &link.hearing().closing;
        tokio::select! {
            biased;
            until = stopping(stop) => Served::Stop(until),
            fault = lists.keep() => Served::Ended(fault),
            () = closing.closed() => {
                let unknown = || faults::unavailable(&slot.name, "the link ended");
                Served::Ended(closing.why().cloned().unwrap_or_else(unknown))
            }
            () = wants::keep(link, hello, slot.wants.subscribe(), &slot.patience) => {
                Served::Ended(faults::unavailable(&slot.name, "the link ended"))
            }
        }
    }

    /// Lets the calls under way end, then stops the backend.
    async fn wind_down(&self, link: &Link, life: Life, until: Instant) {
        let all = u32::try_from(self.slot.patience.in_flight.max(1)).unwrap_or(u32::MAX);
        let idle = timeout_at(until, self.slot.permits.acquire_many(all)).await;
        debug!(backend = %self.slot.name, idle = idle.is_ok(), "stopping");
        life.stop().await;
        link.hearing().closing.close(faults::stopped(&self.slot.name));
    }

    /// What the backend is shown, if there is anything to show.
    fn credential(&self) -> Option<Arc<dyn Credential>> {
        let Transport::Url { url, auth, .. } = &self.transport else { return None };
        self.deps.credentials.credential(&self.slot.name, url, auth)
    }

    fn report(&self, state: State) {
        self.deps.events.state(&self.slot.name, state);
    }
}

/// Waits until there may be something to show.
async fn renewed(credential: Option<&Arc<dyn Credential>>) {
    match credential {
        Some(credential) => credential.renewed().await,
        None => std::future::pending().await,
    }
}

/// Waits until we are told to stop; the time is until when calls may go on.
async fn stopping(stop: &mut watch::Receiver<Option<Instant>>) -> Instant {
    match stop.wait_for(Option::is_some).await {
        Ok(until) => until.unwrap_or_else(Instant::now),
        Err(_) => Instant::now(),
    }
}

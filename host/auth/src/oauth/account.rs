//! The credential of a backend that a person logs in to: what is held, its refreshing, and when a login is asked for.

mod refresh;
mod state;
mod wanting;

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use mcpmux_core::fault::Fault;
use mcpmux_core::ports::{Credential, Pending, Shown};
use tokio::sync::{OwnedMutexGuard, watch};

use super::challenge::Challenge;
use super::kept::{self, Kept};
use super::{About, Deps};
use crate::faults;
use state::{Found, State};

/// How often the vault is looked into while a login is wanted: another process may have made it.
const LOOK: Duration = Duration::from_secs(1);
/// How long what was had after a refusal is not had again if it is refused as well.
const REST: Duration = Duration::from_secs(10);
/// How long nobody is asked again after something that may pass.
const AFTER_TEMPORARY: Duration = Duration::from_secs(1);
/// How long, after something that will not pass by itself.
const AFTER_REFUSED: Duration = Duration::from_secs(30);

/// One backend's login. Its state's lock is held for a look; who changes what is held has the `turn`.
pub(crate) struct Account {
    deps: Deps,
    about: About,
    state: Mutex<State>,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Rises whenever there is something else to show.
    news: watch::Sender<u64>,
    /// Itself, for its tasks.
    this: Weak<Self>,
}

impl Account {
    pub(crate) fn new(deps: Deps, about: About) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            deps,
            about,
            state: Mutex::default(),
            turn: Arc::default(),
            news: watch::Sender::new(0),
            this: this.clone(),
        })
    }

    async fn show(&self) -> Result<Shown, Fault> {
        match self.look() {
            Found::Fresh(kept) => return Ok(kept.shown()),
            Found::Due(kept) => {
                // If somebody is at it already there is nothing to do; nobody has to wait for it.
                if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
                    drop(self.spawn_refresh(turn));
                }
                return Ok(kept.shown());
            }
            Found::Paused(fault) => return Err(fault),
            Found::Over | Found::Nothing | Found::Wanted(_) => {}
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if matches!(self.look(), Found::Nothing | Found::Wanted(_)) {
            self.reload().await?;
        }
        match self.look() {
            Found::Fresh(kept) | Found::Due(kept) => Ok(kept.shown()),
            Found::Paused(fault) | Found::Wanted(fault) => Err(fault),
            // Whether the backend wants a login is for it to say.
            Found::Nothing => Ok(Shown::new()),
            Found::Over => match self.refreshed(self.spawn_refresh(turn)).await {
                Ok(kept) => Ok(kept.shown()),
                Err(fault) => match self.look() {
                    Found::Nothing => Ok(Shown::new()),
                    _ => Err(fault),
                },
            },
        }
    }

    async fn replace(
        &self,
        shown: Shown,
        challenge: Option<String>,
    ) -> Result<Option<Shown>, Fault> {
        let challenge = challenge.as_deref().map(Challenge::parse).unwrap_or_default();
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(other) = self.other_than(&shown).await? {
            return Ok(Some(other));
        }
        if challenge.wants_scopes() {
            drop(turn);
            return self.widen(&shown, challenge).await;
        }
        if !self.lock().refused((self.deps.clock)(), REST) {
            return Ok(None);
        }
        self.renew(turn, &shown, challenge).await
    }

    /// What is held, or was put into the vault by somebody else, if it is not what was refused.
    async fn other_than(&self, shown: &Shown) -> Result<Option<Shown>, Fault> {
        let other = |account: &Self| match account.look() {
            Found::Fresh(kept) | Found::Due(kept) => Some(kept.shown()).filter(|new| new != shown),
            _ => None,
        };
        if let Some(other) = other(self) {
            return Ok(Some(other));
        }
        self.reload().await?;
        Ok(other(self))
    }

    /// Takes what rests in the vault.
    async fn reload(&self) -> Result<(), Fault> {
        let found = self.known().await?.into_iter().next();
        let now = (self.deps.clock)();
        if let Some(kept) = found
            && self.lock().take(kept, now)
        {
            self.tell();
        }
        Ok(())
    }

    /// The logins in the vault that may be used, the newest first.
    async fn known(&self) -> Result<Vec<Kept>, Fault> {
        let backend = &self.about.backend;
        let mut all = match kept::all(&*self.deps.vault, backend).await {
            Ok(all) => all,
            // What is held goes on without the vault.
            Err(_) if self.lock().held().is_some() => Vec::new(),
            Err(problem) => return Err(problem.fault(backend)),
        };
        all.extend(self.lock().adrift().cloned());
        all.sort_by_key(|kept| Reverse(kept.since));
        all.retain(|kept| kept.fits(&self.about));
        Ok(all)
    }

    /// Ends when there is something to show.
    async fn wait(&self) {
        let mut news = self.news.subscribe();
        loop {
            // Who cannot read the vault now will be told when it is asked.
            let _unread = self.reload().await;
            if matches!(self.look(), Found::Fresh(_) | Found::Due(_) | Found::Over) {
                return;
            }
            let _news = tokio::time::timeout(LOOK, news.changed()).await;
        }
    }

    fn look(&self) -> Found {
        self.lock().look((self.deps.clock)())
    }

    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    fn spawn_refresh(
        &self,
        turn: OwnedMutexGuard<()>,
    ) -> tokio::task::JoinHandle<Result<Kept, Fault>> {
        let this = self.this.clone();
        let gone = faults::later(&self.about.backend, "it is no longer needed");
        tokio::spawn(async move {
            let Some(this) = this.upgrade() else { return Err(gone) };
            let result = this.refresh().await;
            drop(turn);
            result
        })
    }

    async fn refreshed(
        &self,
        task: tokio::task::JoinHandle<Result<Kept, Fault>>,
    ) -> Result<Kept, Fault> {
        task.await.unwrap_or_else(|error| Err(faults::later(&self.about.backend, error)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credential for Account {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        Box::pin(self.show())
    }

    fn refused(
        &self,
        shown: Shown,
        challenge: Option<String>,
    ) -> Pending<'_, Result<Option<Shown>, Fault>> {
        Box::pin(self.replace(shown, challenge))
    }

    fn accepted(&self, shown: &Shown) {
        self.lock().accepted(shown);
    }

    fn renewed(&self) -> Pending<'_, ()> {
        Box::pin(self.wait())
    }
}

#[cfg(test)]
mod tests;

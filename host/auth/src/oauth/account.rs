//! The credential of a backend that a person logs in to: what is held, its refreshing, and when a login is asked for.

mod adrift;
mod refresh;
mod state;
mod wanting;

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use mcpmux_core::fault::Fault;
use mcpmux_core::ports::{Credential, Pending, Refusal, Shown};
use tokio::sync::{OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;

use super::challenge::Challenge;
use super::kept::{self, Kept};
use super::{About, Deps};
use crate::faults;
use state::{Found, State};

/// How often the vault is looked into while a login is wanted, though nobody has said that it has changed.
const LOOK: Duration = Duration::from_secs(30);
/// How long nothing else is had at first when what was had after a refusal is refused as well.
const REST: Duration = Duration::from_secs(30);
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
    /// Once cancelled, nobody is waited for any more.
    ending: CancellationToken,
    /// Itself, for its tasks.
    this: Weak<Self>,
}

impl Account {
    pub(crate) fn new(deps: Deps, about: About) -> Arc<Self> {
        let ending = deps.tasks.ending.child_token();
        Arc::new_cyclic(|this| Self {
            deps,
            about,
            state: Mutex::default(),
            turn: Arc::default(),
            news: watch::Sender::new(0),
            ending,
            this: this.clone(),
        })
    }

    async fn show(&self) -> Result<Shown, Fault> {
        match self.hand_out() {
            Found::Fresh(shown) => return Ok(shown),
            Found::Due(shown) => {
                // If somebody is at it already there is nothing to do; nobody has to wait for it.
                if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned()
                    && matches!(self.look(), Found::Due(_))
                {
                    drop(self.spawn_refresh(turn));
                }
                return Ok(shown);
            }
            Found::Paused(fault) => return Err(fault),
            Found::Over | Found::Nothing | Found::Wanted(_) => {}
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if matches!(self.look(), Found::Nothing | Found::Wanted(_)) {
            self.reload().await?;
        }
        match self.hand_out() {
            Found::Fresh(shown) | Found::Due(shown) => Ok(shown),
            Found::Paused(fault) | Found::Wanted(fault) => Err(fault),
            // Whether the backend wants a login is for it to say.
            Found::Nothing => Ok(Shown::new()),
            Found::Over => match self.refreshed(self.spawn_refresh(turn)).await {
                Ok(shown) => {
                    self.hand_out();
                    Ok(shown)
                }
                Err(fault) => match self.look() {
                    Found::Nothing => Ok(Shown::new()),
                    _ => Err(fault),
                },
            },
        }
    }

    async fn replace(&self, refusal: Refusal) -> Result<Option<Shown>, Fault> {
        let Refusal { shown, challenge, patient } = refusal;
        let challenge = challenge.as_deref().map(Challenge::parse).unwrap_or_default();
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(other) = self.other_than(&shown).await? {
            return Ok(Some(other));
        }
        if challenge.wants_scopes() {
            drop(turn);
            return self.widen(&shown, challenge, patient).await;
        }
        self.lock().refused(&shown, (self.deps.clock)());
        self.renew(turn, &shown, challenge).await
    }

    /// What is held, or was put into the vault by somebody else, if it is not what was refused.
    async fn other_than(&self, shown: &Shown) -> Result<Option<Shown>, Fault> {
        if let Some(other) = self.look().other_than(shown) {
            return Ok(Some(other));
        }
        self.reload().await?;
        Ok(self.look().other_than(shown))
    }

    /// Takes what rests in the vault.
    async fn reload(&self) -> Result<(), Fault> {
        let found = self.known().await?.into_iter().next();
        let now = (self.deps.clock)();
        if let Some(kept) = found
            && self.lock().adopt(kept, now)
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
        all.extend(self.lock().adrift().map(|kept| Kept::clone(kept)));
        all.sort_by_key(|kept| Reverse(kept.since));
        all.retain(|kept| kept.fits(&self.about));
        Ok(all)
    }

    /// Ends when there is something to show that was not shown yet.
    async fn wait(&self) {
        let mut news = self.news.subscribe();
        loop {
            // Who cannot read the vault now will be told when it is asked.
            let _unread = self.reload().await;
            if self.lock().has_news((self.deps.clock)()) {
                return;
            }
            let _news = tokio::time::timeout(LOOK, news.changed()).await;
        }
    }

    /// Looks at what somebody, perhaps in another process, has changed in the vault: a login that is not there any more is
    /// not used any more.
    pub(crate) async fn look_again(&self) {
        // Whoever waits for the turn to look will see what is there then.
        if std::mem::replace(&mut self.lock().looking, true) {
            return;
        }
        let _turn = self.turn.lock().await;
        self.lock().looking = false;
        let record = self.lock().held().map(|kept| kept.record(&self.about.backend));
        if let Some(record) = record
            && self.lock().has_rested()
            && matches!(self.deps.vault.read(&record).await, Ok(None))
        {
            self.logged_out();
        }
        // Who cannot read the vault now will be told when it is asked.
        let _unread = self.reload().await;
    }

    /// The login is not in the vault any more.
    fn logged_out(&self) -> Fault {
        let fault = faults::login(&self.about.backend, "it was logged out");
        let mut state = self.lock();
        state.give_up();
        state.denied = true;
        state.want(fault.clone());
        fault
    }

    /// Nobody is waited for any more: the backend is gone, or is logged in to in another way.
    pub(crate) fn retire(&self) {
        self.ending.cancel();
    }

    /// Takes over what rests nowhere from an account of the same backend that was configured otherwise.
    pub(crate) fn inherit(&self, before: &Self) {
        let adrift = before.lock().adrift().map(|kept| Kept::clone(kept));
        if let Some(kept) = adrift.filter(|kept| kept.fits(&self.about)) {
            self.lock().put(kept, (self.deps.clock)());
            self.set_adrift();
        }
    }

    /// The backend refuses what its authorization server has just given.
    fn is_useless(&self, shown: &Shown) -> Fault {
        let why = "it refuses what its authorization server has just given";
        let fault = faults::login(&self.about.backend, why);
        self.lock().is_useless(shown, fault.clone(), (self.deps.clock)(), REST);
        fault
    }

    fn look(&self) -> Found {
        self.lock().look((self.deps.clock)())
    }

    /// The same, for who shows what is found.
    fn hand_out(&self) -> Found {
        self.lock().hand_out((self.deps.clock)())
    }

    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    fn spawn_refresh(
        &self,
        turn: OwnedMutexGuard<()>,
    ) -> tokio::task::JoinHandle<Result<Shown, Fault>> {
        let this = self.this.clone();
        let gone = faults::later(&self.about.backend, "it is no longer needed");
        self.deps.tasks.tracker.spawn(async move {
            let Some(this) = this.upgrade() else { return Err(gone) };
            let result = this.refresh().await;
            drop(turn);
            result
        })
    }

    async fn refreshed(
        &self,
        task: tokio::task::JoinHandle<Result<Shown, Fault>>,
    ) -> Result<Shown, Fault> {
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

    fn refused(&self, refusal: Refusal) -> Pending<'_, Result<Option<Shown>, Fault>> {
        Box::pin(self.replace(refusal))
    }

    fn judged(&self, shown: &Shown, accepted: bool) {
        match accepted {
            true => self.lock().accepted(shown),
            false => drop(self.is_useless(shown)),
        }
    }

    fn renewed(&self) -> Pending<'_, ()> {
        Box::pin(self.wait())
    }
}

#[cfg(test)]
mod tests;

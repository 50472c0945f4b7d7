//! What happens when what is held is refused, or nothing is: refreshing first, then asking a person, once.

use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::ports::Shown;
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use super::super::challenge::Challenge;
use super::super::login::{self, PATIENCE, Waiting, Wish};
use super::super::web::Trouble;
use super::super::{discovery, scopes};
use super::{AFTER_REFUSED, AFTER_TEMPORARY, Account, Found};
use crate::faults;

impl Account {
    /// Something else to show, by refreshing; if that does not help, a person is asked and the caller told so.
    pub(super) async fn renew(
        &self,
        turn: OwnedMutexGuard<()>,
        shown: &Shown,
        challenge: Challenge,
    ) -> Result<Option<Shown>, Fault> {
        if let Found::Paused(fault) | Found::Wanted(fault) = self.look() {
            return Err(fault);
        }
        let held = self.lock().held().cloned();
        if let Some(held) = held.filter(|held| self.lock().can_refresh(held)) {
            let web = self.about.web(&self.deps);
            let resource = discovery::resource(&web, &self.about.url, &challenge).await;
            let resource = resource.map_err(|trouble| self.in_the_way(&trouble))?;
            // Tokens of one authorization server are never shown to another; its refresh token does not help here.
            if resource.issuer == held.issuer && resource.id == held.resource {
                match self.refreshed(self.spawn_refresh(turn)).await {
                    // Its authorization server gives the same again.
                    Ok(new) if new == *shown => return Err(self.is_useless(shown)),
                    Ok(new) => return Ok(Some(new)),
                    Err(fault) if fault.kind != Kind::AuthRequired => return Err(fault),
                    Err(_) => {}
                }
                let turn = std::sync::Arc::clone(&self.turn).lock_owned().await;
                return self.log_in(turn, &challenge, shown).await;
            }
        }
        self.log_in(turn, &challenge, shown).await
    }

    async fn log_in(
        &self,
        turn: OwnedMutexGuard<()>,
        challenge: &Challenge,
        shown: &Shown,
    ) -> Result<Option<Shown>, Fault> {
        // Somebody may have been quicker.
        match self.look() {
            Found::Paused(fault) | Found::Wanted(fault) => return Err(fault),
            found => {
                if let Some(other) = found.other_than(shown) {
                    return Ok(Some(other));
                }
            }
        }
        self.ask_person(challenge, false).await?;
        drop(turn);
        let url = self.lock().waiting.clone();
        Err(self.lacking(url))
    }

    /// The backend wants more rights than the login has: asks for them and waits, a few times at most. Only a call waits: it
    /// is that call which a person is asked about.
    pub(super) async fn widen(
        &self,
        shown: &Shown,
        challenge: Challenge,
        patient: bool,
    ) -> Result<Option<Shown>, Fault> {
        let backend = &self.about.backend;
        let mut news = self.news.subscribe();
        let wanted = challenge.scope.clone().unwrap_or_default();
        let union = {
            let held = self.lock().held().map(|held| held.scopes.clone()).unwrap_or_default();
            scopes::union(&held, &scopes::split(&wanted)).join(" ")
        };
        let more = |why: &str| faults::more(backend, &union, why);
        let turn = self.turn.lock().await;
        if let Some(other) = self.other_than(shown).await? {
            return Ok(Some(other));
        }
        if !patient {
            return Err(more("only a call waits for a person"));
        }
        if self.lock().waiting.is_none() {
            if !self.lock().may_ask() {
                return Err(more("the last login came to nothing"));
            }
            if !self.about.config.open_browser {
                return Err(more("no browser is opened by itself"));
            }
            if !self.lock().may_step() {
                return Err(more("it was logged in to several times for this, in vain"));
            }
            self.ask_person(&challenge, true).await?;
            self.lock().step();
        }
        drop(turn);
        let found = async {
            loop {
                if news.changed().await.is_err() || self.lock().waiting.is_none() {
                    break;
                }
            }
        };
        let _late = timeout(PATIENCE, found).await;
        let other = self.look().other_than(shown);
        other.map(Some).ok_or_else(|| more("nobody has granted them"))
    }

    /// Makes everything ready and asks a person, in the background. The caller has the turn.
    async fn ask_person(&self, challenge: &Challenge, more: bool) -> Result<(), Fault> {
        if self.lock().waiting.is_some() {
            return Ok(());
        }
        let (deps, about) = (&self.deps, &self.about);
        let ready = login::discover(deps, about, challenge)
            .await
            .map_err(|trouble| self.in_the_way(&trouble))?;
        if !about.config.open_browser || !self.may_ask_at(&ready.resource.issuer) {
            self.lock().want(self.lacking(None));
            return Ok(());
        }
        let before = self.known().await?;
        let anew = before.iter().any(|kept| !self.lock().knows_client(&kept.client.id));
        let wish = Wish { more, anew, ..Wish::default() };
        let waiting = ready.begin(deps, about, challenge, &before, wish).await;
        let waiting = waiting.map_err(|trouble| self.in_the_way(&trouble))?;
        let url = Some(waiting.url.clone());
        self.lock().waiting.clone_from(&url);
        if !more {
            self.lock().want(self.lacking(url));
        }
        deps.prompt.login(&about.backend, &waiting.url, true);
        let this = self.this.clone();
        self.deps.tasks.tracker.spawn(async move {
            if let Some(this) = this.upgrade() {
                this.finish(waiting).await;
            }
        });
        Ok(())
    }

    /// Whether a browser may open by itself for a login at this authorization server. One that the backend has moved to knows
    /// nothing of what was refused; but a backend that moves all the time is let be.
    fn may_ask_at(&self, issuer: &str) -> bool {
        let mut state = self.lock();
        let moved = state.held().is_some_and(|held| held.issuer != issuer) && state.may_step();
        if moved {
            state.step();
        }
        moved || state.may_ask()
    }

    async fn finish(&self, waiting: Waiting) {
        let backend = &self.about.backend;
        let reply = tokio::select! {
            biased;
            () = self.ending.cancelled() => {
                self.lock().waiting = None;
                self.tell();
                return;
            }
            reply = waiting.reply() => reply,
        };
        let finished = match reply {
            Ok(reply) => waiting.exchange(&self.deps, &self.about, reply).await,
            Err(late) => Err(late),
        };
        let _turn = self.turn.lock().await;
        let now = (self.deps.clock)();
        match finished {
            Ok(kept) => {
                let rests = login::keep(&self.deps, &self.about, &kept).await;
                tracing::info!(%backend, issuer = kept.issuer, "logged in");
                self.lock().welcome(kept, now);
                match rests {
                    Ok(()) => self.lock().rests(),
                    Err(trouble) => {
                        tracing::warn!(%backend, why = trouble.text(), "the login rests nowhere yet");
                        self.set_adrift();
                    }
                }
            }
            Err(trouble) => {
                tracing::warn!(%backend, why = trouble.text(), "the login did not succeed");
                let mut state = self.lock();
                state.denied = true;
                if !state.is_good(now) {
                    state.want(faults::login(backend, trouble.text()));
                }
            }
        }
        self.lock().waiting = None;
        self.tell();
    }

    /// Nobody has logged in yet.
    fn lacking(&self, url: Option<String>) -> Fault {
        faults::login(&self.about.backend, "nobody has logged in yet").mended_at(url)
    }

    /// What keeps a login from beginning.
    fn in_the_way(&self, trouble: &Trouble) -> Fault {
        let backend = &self.about.backend;
        let (fault, pause) = match trouble {
            Trouble::Temporary(why) => (faults::later(backend, why), AFTER_TEMPORARY),
            Trouble::Refused(why) | Trouble::Denied { text: why, .. } => {
                (faults::no_login(backend, why), AFTER_REFUSED)
            }
        };
        tracing::warn!(%backend, why = trouble.text(), "a login cannot begin");
        self.lock().pause(fault.clone(), (self.deps.clock)(), pause);
        fault
    }
}

//! Refreshing what is held: one for all who wait, in this process and in others.

use mcpmux_core::fault::Fault;
use mcpmux_core::ports::VaultProblem;

use super::super::kept::{self, Kept};
use super::super::token::Desk;
use super::super::web::Trouble;
use super::{AFTER_REFUSED, AFTER_TEMPORARY, Account};
use crate::faults;

impl Account {
    /// Refreshes. The caller has the turn in this process; the one among processes is taken here.
    pub(super) async fn refresh(&self) -> Result<Kept, Fault> {
        let backend = &self.about.backend;
        let Some(held) = self.lock().held().cloned() else {
            return Err(faults::login(backend, "there is no login"));
        };
        let vault = &*self.deps.vault;
        let record = held.record(backend);
        // Without the vault it is refreshed all the same: a token that rests nowhere is better than none.
        let turn = vault.turn(&record).await;
        let turn =
            turn.map_err(|why| tracing::warn!(%backend, %why, "refreshing without the vault")).ok();
        let resting = match &turn {
            Some(_) => kept::read(vault, &record).await,
            None => Ok(Some(held.clone())),
        };
        // What the vault could not take is newer than what it has.
        let adrift = self.lock().adrift().is_some();
        let newer = |other: &Kept| !adrift || other.since > held.since;
        let held = match resting {
            Ok(Some(other)) if other.access != held.access && newer(&other) => {
                let now = (self.deps.clock)();
                let fresh = other.until.is_none_or(|until| until > kept::stamp(now.wall));
                if self.lock().take(other.clone(), now) {
                    self.tell();
                }
                if fresh {
                    return Ok(other);
                }
                other
            }
            Ok(None) if !adrift => {
                let fault = faults::login(backend, "it was logged out");
                let mut state = self.lock();
                state.give_up();
                state.spurned = true;
                state.want(fault.clone());
                return Err(fault);
            }
            Ok(_) | Err(_) => held,
        };
        let result = self.ask(&held).await;
        let now = (self.deps.clock)();
        match result {
            Ok(new) => {
                let written = match &turn {
                    Some(_) => kept::write(vault, backend, &new).await,
                    None => Err(VaultProblem::Failed("there is no turn".to_owned())),
                };
                self.lock().take(new.clone(), now);
                if let Err(why) = written {
                    tracing::warn!(%backend, %why, "the refreshed login cannot be kept");
                    self.lock().set_adrift();
                }
                self.tell();
                Ok(new)
            }
            Err(trouble) => Err(self.refused_to_refresh(&held, trouble)),
        }
    }

    async fn ask(&self, held: &Kept) -> Result<Kept, Trouble> {
        let Some(refresh) = held.refresh.clone().filter(|_| self.lock().can_refresh(held)) else {
            let text = "its login has ended".to_owned();
            return Err(Trouble::Denied { code: "invalid_grant".to_owned(), text });
        };
        let web = self.about.web(&self.deps);
        let (Kept { token_endpoint: endpoint, client, .. }, issuer) = (held, held.audience());
        let (config, vault) = (&self.about.config, &*self.deps.vault);
        let desk = Desk { web: &web, endpoint, issuer, client, config, vault };
        let fields = [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh),
            ("resource", held.resource.clone()),
        ];
        let given = desk.ask(&fields, (self.deps.clock)().wall).await?;
        tracing::debug!(backend = %self.about.backend, "the login was refreshed");
        Ok(Kept {
            access: given.access,
            refresh: given.refresh.or_else(|| held.refresh.clone()),
            since: given.since,
            until: given.until,
            ..held.clone()
        })
    }

    /// Nothing is taken out of the vault: whoever logs in again puts something better in its place.
    fn refused_to_refresh(&self, held: &Kept, trouble: Trouble) -> Fault {
        let backend = &self.about.backend;
        let now = (self.deps.clock)();
        let mut state = self.lock();
        let fault = match &trouble {
            Trouble::Temporary(why) => {
                let fault = faults::later(backend, why);
                state.pause(fault.clone(), now, AFTER_TEMPORARY);
                fault
            }
            Trouble::Refused(why) => {
                let fault = faults::later(backend, why);
                state.pause(fault.clone(), now, AFTER_REFUSED);
                fault
            }
            Trouble::Denied { text, .. } => {
                state.spend(held.refresh.clone());
                state.give_up();
                faults::login(backend, text)
            }
        };
        drop(state);
        tracing::warn!(%backend, why = trouble.text(), "the login cannot be refreshed");
        fault
    }
}

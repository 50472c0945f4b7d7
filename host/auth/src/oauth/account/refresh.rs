//! Refreshing what is held: one for all who wait, in this process and in others.

use mcpmux_core::fault::Fault;
use mcpmux_core::ports::{Shown, VaultProblem};

use super::super::kept::{self, Kept, Origin};
use super::super::token::Desk;
use super::super::web::Trouble;
use super::{AFTER_REFUSED, AFTER_TEMPORARY, Account};
use crate::faults;

impl Account {
    /// Refreshes. The caller has the turn in this process; the one among processes is taken here.
    pub(super) async fn refresh(&self) -> Result<Shown, Fault> {
        let backend = &self.about.backend;
        let Some(held) = self.lock().held().map(|kept| Kept::clone(kept)) else {
            return Err(faults::login(backend, "there is no login"));
        };
        let vault = &*self.deps.vault;
        let record = held.record(backend);
        let turn = match vault.turn(&record).await {
            Ok(turn) => Some(turn),
            // It may be refreshing at this moment, with the token that would be shown here too.
            Err(VaultProblem::Busy(why)) => return Err(self.later(&why)),
            // Without the vault it is refreshed all the same: a token that rests nowhere is better than none.
            Err(why) => {
                tracing::warn!(%backend, %why, "refreshing without the vault");
                None
            }
        };
        let resting = match &turn {
            Some(_) => kept::read(vault, &record).await,
            None => Ok(Some(held.clone())),
        };
        // What the vault could not take is newer than what it has.
        let adrift = self.lock().adrift().is_some();
        let newer = |other: &Kept| !adrift || other.since > held.since;
        let held = match resting {
            Ok(Some(other)) if other != held && newer(&other) => {
                let now = (self.deps.clock)();
                let fresh = other.until.is_none_or(|until| until > kept::stamp(now.wall));
                // With the turn, what rests there is what was given last.
                let known = other.access == held.access;
                self.lock().put(other.clone(), now);
                self.lock().rests();
                self.tell();
                if fresh && !known {
                    return Ok(other.shown());
                }
                other
            }
            Ok(None) if self.lock().has_rested() => return Err(self.logged_out()),
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
                let shown = new.shown();
                self.lock().put(new, now);
                match written {
                    Ok(()) => self.lock().rests(),
                    Err(why) => {
                        tracing::warn!(%backend, %why, "the refreshed login cannot be kept yet");
                        self.set_adrift();
                    }
                }
                self.tell();
                Ok(shown)
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
            ("refresh_token", refresh.reveal().to_owned()),
            ("resource", held.resource.clone()),
        ];
        let given = desk.ask(&fields, (self.deps.clock)().wall).await?;
        tracing::debug!(backend = %self.about.backend, "the login was refreshed");
        Ok(Kept {
            access: given.access,
            refresh: given.refresh.or_else(|| held.refresh.clone()),
            // The order in which they were given holds even if the clock was put back.
            since: given.since.max(held.since + 1),
            until: given.until,
            ..held.clone()
        })
    }

    /// Nothing is taken out of the vault: whoever logs in again puts something better in its place.
    fn refused_to_refresh(&self, held: &Kept, trouble: Trouble) -> Fault {
        let backend = &self.about.backend;
        tracing::warn!(%backend, why = trouble.text(), "the login cannot be refreshed");
        let (code, why) = match &trouble {
            Trouble::Temporary(why) => return self.later(why),
            Trouble::Refused(why) => ("", why),
            Trouble::Denied { code, text } => (code.as_str(), text),
        };
        let now = (self.deps.clock)();
        let mut state = self.lock();
        match code {
            "invalid_grant" => {
                state.spend(held.refresh.clone());
                state.give_up();
                faults::login(backend, why)
            }
            // It has thrown away a client that had registered itself.
            "invalid_client" | "unauthorized_client"
                if held.client.origin == Origin::Registered =>
            {
                state.forget_client(&held.client.id);
                state.give_up();
                faults::login(backend, why)
            }
            // It may be the configuration's mistake, or the server's. If it stays, a new login is worth a try.
            _ if state.fail() => {
                state.give_up();
                faults::login(backend, why)
            }
            _ => {
                let fault = faults::later(backend, why);
                state.pause(fault.clone(), now, AFTER_REFUSED);
                fault
            }
        }
    }

    /// It may work in a moment.
    fn later(&self, why: &str) -> Fault {
        let fault = faults::later(&self.about.backend, why);
        self.lock().pause(fault.clone(), (self.deps.clock)(), AFTER_TEMPORARY);
        fault
    }
}

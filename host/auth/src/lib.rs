//! Credentials that mcpmux shows to backends: those that stand in the configuration, and those that plugins, programs and
//! authorization servers give.

mod check;
mod command;
mod configured;
mod faults;
mod fetched;
mod logins;
#[cfg(test)]
mod memory;
mod oauth;
mod time;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use mcpmux_core::config::{Auth, Grant, OAuth, Secret, SecretText};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{
    Credential, CredentialHooks, CredentialSource, Outbound, Pending, Vault, VaultProblem,
};

use mcpmux_program as program;

use command::Printed;
use configured::{Configured, Header};
use fetched::{By, Clock, Fetched, Origin, Time};
use oauth::account::Account;
use oauth::machine::Machine;
use oauth::{About, Deps, Tasks};

pub use logins::{AsyncNext, Login, LoginState, Logins, Told};
pub use oauth::{Prompt, check_key, open_browser};

/// What credentials are had with.
#[derive(Clone)]
pub struct Means {
    /// The plugins at work.
    pub hooks: Arc<dyn CredentialHooks>,
    /// The network.
    pub outbound: Arc<dyn Outbound>,
    /// Where logins rest, and the secrets that the configuration only names.
    pub vault: Arc<dyn Vault>,
    /// Who tells a person where to log in.
    pub prompt: Arc<dyn Prompt>,
}

/// All credentials. What was read or fetched is kept for as long as it holds and its backend is configured, whatever
/// becomes of the connection.
pub struct Credentials {
    means: Means,
    clock: Clock,
    tasks: Tasks,
    kept: Arc<Mutex<HashMap<BackendName, Kept>>>,
    /// Looks after the logins; it is started with the first.
    watching: Once,
}

/// One backend's credential.
struct Kept {
    origin: Origin,
    credential: Held,
}

enum Held {
    Configured(Arc<Configured>),
    Fetched(Arc<Fetched>),
    Account(Arc<Account>),
}

impl Held {
    fn shared(&self) -> Arc<dyn Credential> {
        match self {
            Self::Configured(configured) => Arc::clone(configured) as _,
            Self::Fetched(fetched) => Arc::clone(fetched) as _,
            Self::Account(account) => Arc::clone(account) as _,
        }
    }

    /// It is not wanted any more.
    fn retire(&self) {
        if let Self::Account(account) = self {
            account.retire();
        }
    }
}

impl Credentials {
    /// With these means.
    #[must_use]
    pub fn new(means: Means) -> Self {
        Self::at(means, Arc::new(Time::now))
    }

    fn at(means: Means, clock: Clock) -> Self {
        let (tasks, kept) = (Tasks::default(), Arc::default());
        Self { means, clock, tasks, kept, watching: Once::new() }
    }

    /// Ends what is waited for, and lets what may not be broken off come to its end, for at most this time: a login that
    /// is being refreshed would be lost.
    pub async fn close(&self, patience: Duration) {
        self.tasks.ending.cancel();
        self.tasks.tracker.close();
        if tokio::time::timeout(patience, self.tasks.tracker.wait()).await.is_err() {
            tracing::warn!(?patience, "a login was still being refreshed at the end");
        }
    }

    fn deps(&self) -> Deps {
        let Means { outbound, vault, prompt, .. } = self.means.clone();
        let (clock, tasks) = (Arc::clone(&self.clock), self.tasks.clone());
        Deps { outbound, vault, prompt, clock, tasks }
    }

    /// What is shown to this backend, made anew.
    fn make(&self, origin: &Origin) -> Option<Held> {
        let Origin { backend, url, auth } = origin;
        let header = |name: &str, before, value: &SecretText| {
            let header = Header { name: name.to_owned(), before, value: value.clone() };
            let vault = Arc::clone(&self.means.vault);
            Some(Held::Configured(Arc::new(Configured::new(backend.clone(), header, vault))))
        };
        let by = match auth {
            Auth::None => return None,
            // RFC 6750, section 2.1.
            Auth::Bearer(token) => return header("authorization", "Bearer ", token),
            Auth::Header { name, value } => return header(name, "", value),
            Auth::Plugin(plugin) => By::Plugin(plugin.clone(), Arc::clone(&self.means.hooks)),
            Auth::Command(command) => {
                let printed = Printed::new(command.clone(), Arc::clone(&self.clock));
                By::Own("its credential command", Arc::new(printed))
            }
            Auth::OAuth(config) => {
                let (backend, url, config) = (backend.clone(), url.clone(), OAuth::clone(config));
                let about = About { backend, url, config };
                if about.config.grant == Grant::Code {
                    self.watch();
                    return Some(Held::Account(Account::new(self.deps(), about)));
                }
                By::Own("its authorization server", Arc::new(Machine::new(self.deps(), about)))
            }
        };
        Some(Held::Fetched(Fetched::new(origin.clone(), by, Arc::clone(&self.clock))))
    }

    /// Looks again at all logins whenever something in the vault has changed.
    fn watch(&self) {
        self.watching.call_once(|| {
            let (vault, kept) = (Arc::clone(&self.means.vault), Arc::clone(&self.kept));
            let ending = self.tasks.ending.clone();
            tokio::spawn(async move {
                while ending.run_until_cancelled(vault.changed()).await.is_some() {
                    for account in accounts(&kept) {
                        // One that is being refreshed does not hold up the others.
                        tokio::spawn(async move { account.look_again().await });
                    }
                }
            });
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BackendName, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accounts(kept: &Mutex<HashMap<BackendName, Kept>>) -> Vec<Arc<Account>> {
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let account = |kept: &Kept| match &kept.credential {
        Held::Account(account) => Some(Arc::clone(account)),
        _ => None,
    };
    kept.values().filter_map(account).collect()
}

impl CredentialSource for Credentials {
    fn keep(&self, backends: &[&BackendName]) {
        self.lock().retain(|name, kept| {
            let stays = backends.contains(&name);
            if !stays {
                kept.credential.retire();
            }
            stays
        });
    }

    fn credential(
        &self,
        backend: &BackendName,
        url: &str,
        auth: &Auth,
    ) -> Option<Arc<dyn Credential>> {
        let origin = Origin { backend: backend.clone(), url: url.to_owned(), auth: auth.clone() };
        let mut all = self.lock();
        if let Some(same) = all.get(backend).filter(|kept| kept.origin == origin) {
            return Some(same.credential.shared());
        }
        let made = self.make(&origin);
        if let (Some(Held::Account(new)), Some(Held::Account(old))) =
            (&made, all.get(backend).map(|kept| &kept.credential))
        {
            new.inherit(old);
        }
        let shared = made.as_ref().map(Held::shared);
        let before = match made {
            Some(credential) => all.insert(backend.clone(), Kept { origin, credential }),
            None => all.remove(backend),
        };
        if let Some(before) = before {
            before.credential.retire();
        }
        shared
    }

    fn fill<'a>(&'a self, text: &'a SecretText) -> Pending<'a, Result<Secret, VaultProblem>> {
        Box::pin(mcpmux_core::ports::fill(text, &*self.means.vault))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests;

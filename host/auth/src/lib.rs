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
mod program;
mod time;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::config::{Auth, Grant, Secret, SecretText};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{
    Credential, CredentialHooks, CredentialSource, Outbound, Pending, Vault, VaultProblem,
};

use command::Printed;
use configured::{Configured, Header};
use fetched::{By, Clock, Fetched, Origin, Time};
use oauth::account::Account;
use oauth::machine::Machine;
use oauth::{About, Deps};

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

/// All credentials. What was fetched is kept for as long as it holds, whatever becomes of the connection.
pub struct Credentials {
    means: Means,
    clock: Clock,
    fetched: Mutex<HashMap<BackendName, Arc<Fetched>>>,
    accounts: Mutex<HashMap<BackendName, (Origin, Arc<Account>)>>,
}

impl Credentials {
    /// With these means.
    #[must_use]
    pub fn new(means: Means) -> Self {
        Self::at(means, Arc::new(Time::now))
    }

    fn at(means: Means, clock: Clock) -> Self {
        Self { means, clock, fetched: Mutex::default(), accounts: Mutex::default() }
    }

    fn deps(&self) -> Deps {
        let Means { outbound, vault, prompt, .. } = self.means.clone();
        Deps { outbound, vault, prompt, clock: Arc::clone(&self.clock) }
    }

    /// A header of the configuration.
    fn configured(
        &self,
        backend: &BackendName,
        name: &str,
        before: &'static str,
        value: &SecretText,
    ) -> Arc<dyn Credential> {
        let header = Header { name: name.to_owned(), before, value: value.clone() };
        Arc::new(Configured::new(backend.clone(), header, Arc::clone(&self.means.vault)))
    }

    /// What is fetched for this backend: the same as before, unless it is reached or fetched in another way now.
    fn fetched(&self, origin: Origin, by: By) -> Arc<Fetched> {
        let mut all = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = all.get(&origin.backend).filter(|fetched| *fetched.origin() == origin) {
            return Arc::clone(same);
        }
        let backend = origin.backend.clone();
        let new = Fetched::new(origin, by, Arc::clone(&self.clock));
        all.insert(backend, Arc::clone(&new));
        new
    }

    /// The login of this backend: the same as before, unless it is another one now.
    fn account(&self, origin: Origin, about: About) -> Arc<Account> {
        let mut all = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, same)) = all.get(&origin.backend).filter(|(of, _)| *of == origin) {
            return Arc::clone(same);
        }
        let new = Account::new(self.deps(), about);
        all.insert(origin.backend.clone(), (origin, Arc::clone(&new)));
        new
    }
}

impl CredentialSource for Credentials {
    fn credential(
        &self,
        backend: &BackendName,
        url: &str,
        auth: &Auth,
    ) -> Option<Arc<dyn Credential>> {
        let origin = Origin { backend: backend.clone(), url: url.to_owned(), auth: auth.clone() };
        let by = match auth {
            Auth::None => return None,
            // RFC 6750, section 2.1.
            Auth::Bearer(token) => {
                return Some(self.configured(backend, "authorization", "Bearer ", token));
            }
            Auth::Header { name, value } => return Some(self.configured(backend, name, "", value)),
            Auth::Plugin(plugin) => By::Plugin(plugin.clone(), Arc::clone(&self.means.hooks)),
            Auth::Command(command) => {
                let printed = Printed::new(command.clone(), Arc::clone(&self.clock));
                By::Own("its credential command", Arc::new(printed))
            }
            Auth::OAuth(config) => {
                let about = About {
                    backend: backend.clone(),
                    url: url.to_owned(),
                    config: (**config).clone(),
                };
                if config.grant == Grant::Code {
                    return Some(self.account(origin, about));
                }
                By::Own("its authorization server", Arc::new(Machine::new(self.deps(), about)))
            }
        };
        Some(self.fetched(origin, by))
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

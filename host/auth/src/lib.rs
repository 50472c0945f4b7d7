//! Credentials that mcpmux shows to backends: those that stand in the configuration, and those that plugins fetch.

mod bearer;
mod check;
mod faults;
mod fetched;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::config::{Auth, Secret, SecretText};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{
    Credential, CredentialHooks, CredentialSource, Pending, Vault, VaultProblem,
};

use bearer::Bearer;
use fetched::{Clock, Fetched, Origin, Time};

/// All credentials. What a plugin fetched is kept for as long as it holds, whatever becomes of the connection.
pub struct Credentials {
    hooks: Arc<dyn CredentialHooks>,
    vault: Arc<dyn Vault>,
    clock: Clock,
    fetched: Mutex<HashMap<BackendName, Arc<Fetched>>>,
}

impl Credentials {
    /// With the plugins that are known here, and the secrets that the configuration only names.
    #[must_use]
    pub fn new(hooks: Arc<dyn CredentialHooks>, vault: Arc<dyn Vault>) -> Self {
        Self::at(hooks, vault, Arc::new(Time::now))
    }

    fn at(hooks: Arc<dyn CredentialHooks>, vault: Arc<dyn Vault>, clock: Clock) -> Self {
        Self { hooks, vault, clock, fetched: Mutex::default() }
    }

    /// What is fetched for this backend: the same as before, unless it is reached or fetched in another way now.
    fn fetched(&self, origin: Origin) -> Arc<Fetched> {
        let mut all = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = all.get(&origin.backend).filter(|fetched| *fetched.origin() == origin) {
            return Arc::clone(same);
        }
        let backend = origin.backend.clone();
        let new = Fetched::new(origin, Arc::clone(&self.hooks), Arc::clone(&self.clock));
        all.insert(backend, Arc::clone(&new));
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
        let backend = backend.clone();
        match auth {
            Auth::None => None,
            Auth::Bearer(token) => {
                Some(Arc::new(Bearer::new(backend, token.clone(), Arc::clone(&self.vault))))
            }
            Auth::Plugin(plugin) => {
                let (url, plugin) = (url.to_owned(), plugin.clone());
                Some(self.fetched(Origin { backend, url, plugin }))
            }
        }
    }

    fn fill<'a>(&'a self, text: &'a SecretText) -> Pending<'a, Result<Secret, VaultProblem>> {
        Box::pin(mcpmux_core::ports::fill(text, &*self.vault))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests;

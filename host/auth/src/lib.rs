//! Credentials that mcpmux shows to backends: those that stand in the configuration, and those that plugins fetch.

mod check;
mod faults;
mod fetched;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::config::{Auth, Secret};
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, CredentialHooks, CredentialSource, Pending, Shown};

use fetched::{Clock, Fetched, Origin, Time};

/// The credentials that the configuration holds itself.
#[derive(Debug, Default)]
pub struct Configured;

impl CredentialSource for Configured {
    fn credential(&self, _: &BackendName, _: &str, auth: &Auth) -> Option<Arc<dyn Credential>> {
        match auth {
            Auth::None | Auth::Plugin(_) => None,
            Auth::Bearer(token) => Some(Arc::new(Bearer(token.clone()))),
        }
    }
}

/// A fixed bearer token (RFC 6750, section 2.1).
struct Bearer(Secret);

impl Credential for Bearer {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        let value = Secret::new(format!("Bearer {}", self.0.reveal()));
        Box::pin(async move { Ok(vec![("authorization".to_owned(), value)]) })
    }
}

/// All credentials. What a plugin fetched is kept for as long as it holds, whatever becomes of the connection.
pub struct Credentials {
    hooks: Arc<dyn CredentialHooks>,
    clock: Clock,
    fetched: Mutex<HashMap<BackendName, Arc<Fetched>>>,
}

impl Credentials {
    /// With the plugins that are known here.
    #[must_use]
    pub fn new(hooks: Arc<dyn CredentialHooks>) -> Self {
        Self::at(hooks, Arc::new(Time::now))
    }

    fn at(hooks: Arc<dyn CredentialHooks>, clock: Clock) -> Self {
        Self { hooks, clock, fetched: Mutex::default() }
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
        let Auth::Plugin(plugin) = auth else { return Configured.credential(backend, url, auth) };
        let (backend, plugin) = (backend.clone(), plugin.clone());
        Some(self.fetched(Origin { backend, url: url.to_owned(), plugin }))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests;

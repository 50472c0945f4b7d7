//! Logins as an operator sees and makes them, without serving: `mcpmux auth`.

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use mcpmux_core::config::{Auth, Backend, Grant, OAuth, Transport};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Outbound, Vault, VaultProblem};
use tokio::time::timeout;

use crate::fetched::Time;
use crate::oauth::kept::{self, Kept};
use crate::oauth::login::{self, PATIENCE, Wish};
use crate::oauth::{About, Deps, Prompt, Tasks, revoke};

/// The logins of a configuration's backends.
pub struct Logins {
    deps: Deps,
}

/// One backend that a person can log in to.
#[derive(Clone)]
pub struct Login(About);

impl Login {
    /// That of a backend; `None`: it wants no person.
    #[must_use]
    pub fn of(backend: &Backend) -> Option<Self> {
        let Transport::Url { url, auth: Auth::OAuth(config), .. } = &backend.transport else {
            return None;
        };
        let (backend, url, config) = (backend.name.clone(), url.clone(), OAuth::clone(config));
        (config.grant == Grant::Code).then_some(Self(About { backend, url, config }))
    }

    /// The backend's name.
    #[must_use]
    pub const fn backend(&self) -> &BackendName {
        &self.0.backend
    }
}

/// A login as it rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// The authorization server.
    pub issuer: String,
    /// What the token is for.
    pub resource: String,
    /// What was asked for.
    pub scopes: Vec<String>,
    /// When the token ends; `None`: it was not said.
    pub until: Option<SystemTime>,
    /// Whether it can be refreshed then.
    pub renews: bool,
    /// Whether it is of use: neither over, nor made for another URL, client or authorization server than are configured.
    pub usable: bool,
}

/// What a logout has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The authorization server.
    pub issuer: String,
    /// Whether it was told, and took it; an error says why not.
    pub revoked: Result<bool, String>,
}

impl Logins {
    /// With these means.
    #[must_use]
    pub fn new(
        outbound: Arc<dyn Outbound>,
        vault: Arc<dyn Vault>,
        prompt: Arc<dyn Prompt>,
    ) -> Self {
        Self {
            deps: Deps {
                outbound,
                vault,
                prompt,
                clock: Arc::new(Time::now),
                tasks: Tasks::default(),
            },
        }
    }

    /// Logs in: shows where, and waits for the browser or for what `pasted` gives, whichever is first.
    ///
    /// # Errors
    /// Why there is no login.
    pub async fn log_in<P>(
        &self,
        login: &Login,
        scopes: &[String],
        open: bool,
        pasted: &mut P,
    ) -> Result<LoginState, String>
    where
        P: AsyncNext,
    {
        let about = &login.0;
        let locked = |problem: VaultProblem| format!("the login could not be kept: {problem}");
        let known = kept::all(&*self.deps.vault, &about.backend).await.map_err(locked)?;
        let text = |trouble: crate::oauth::Trouble| trouble.text().to_owned();
        let challenge = about.web(&self.deps).challenge(&about.url).await;
        let ready = login::discover(&self.deps, about, &challenge).await.map_err(text)?;
        // Nobody shall log in for nothing: it is seen now whether the vault opens.
        drop(self.deps.vault.turn(&ready.record(about)).await.map_err(locked)?);
        let wish = Wish { more: !scopes.is_empty(), scopes, anew: true };
        let waiting =
            ready.begin(&self.deps, about, &challenge, &known, wish).await.map_err(text)?;
        self.deps.prompt.login(&about.backend, &waiting.url, open);
        let replied = async {
            loop {
                tokio::select! {
                    kept = waiting.replied(&self.deps, about) => return kept,
                    Some(line) = pasted.next() => match waiting.finish_with(&self.deps, about, &line).await {
                        Ok(Some(kept)) => return Ok(kept),
                        Ok(None) => self.deps.prompt.odd("this is not the address that the login ended at"),
                        Err(trouble) => return Err(trouble),
                    },
                }
            }
        };
        let late = || format!("nobody logged in within {} minutes", PATIENCE.as_secs() / 60);
        let kept = timeout(PATIENCE, replied).await.map_err(|_| late())?.map_err(text)?;
        login::keep(&self.deps, about, &kept).await.map_err(text)?;
        Ok(self.state(about, &kept))
    }

    /// The logins of a backend, the newest first.
    ///
    /// # Errors
    /// If the vault cannot be read.
    pub async fn status(&self, login: &Login) -> Result<Vec<LoginState>, String> {
        let known = kept::all(&*self.deps.vault, login.backend()).await;
        let known = known.map_err(|problem| problem.to_string())?;
        Ok(known.iter().map(|kept| self.state(&login.0, kept)).collect())
    }

    fn state(&self, about: &About, kept: &Kept) -> LoginState {
        let now = kept::stamp((self.deps.clock)().wall);
        let renews = kept.refresh.is_some();
        LoginState {
            issuer: kept.issuer.clone(),
            resource: kept.resource.clone(),
            scopes: kept.scopes.clone(),
            until: kept.until.and_then(kept::time),
            renews,
            usable: kept.fits(about) && (renews || kept.until.is_none_or(|until| until > now)),
        }
    }

    /// Forgets the logins of a backend, and tells their authorization servers, if they want to hear of it.
    ///
    /// # Errors
    /// If the vault cannot be read or written.
    pub async fn log_out(&self, login: &Login) -> Result<Vec<Told>, String> {
        let problem = |problem: VaultProblem| problem.to_string();
        let vault = &*self.deps.vault;
        let mut told = Vec::new();
        for kept in kept::all(vault, login.backend()).await.map_err(problem)? {
            let record = kept.record(login.backend());
            let _turn = vault.turn(&record).await.map_err(problem)?;
            let Some(kept) = kept::read(vault, &record).await.map_err(problem)? else { continue };
            vault.remove(&record).await.map_err(problem)?;
            let revoked = revoke::revoke(&self.deps, &login.0, &kept).await;
            let revoked = revoked.map_err(|trouble| trouble.text().to_owned());
            told.push(Told { issuer: kept.issuer, revoked });
        }
        Ok(told)
    }
}

/// Gives one line after the other; `None`: there are no more.
pub trait AsyncNext {
    /// The next line; a line that nobody waited for to the end is not lost.
    fn next(&mut self) -> impl Future<Output = Option<String>> + Send;
}

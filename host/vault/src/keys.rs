//! Where the vault's key comes from: exactly the one place that the configuration names; nothing else is ever tried.

mod credential;
mod file;
mod keychain;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::config::{Passphrase, Secret, VaultKey};
use mcpmux_core::ports::VaultProblem;

use crate::seal::{Key, Salt};
use keychain::{Keychain, Want};

/// How long nobody is asked again after there was no key.
const PAUSE: Duration = Duration::from_secs(2);

/// The key, once it was found; it is kept in memory from then on.
pub(crate) struct Keys {
    source: VaultKey,
    keychain: Keychain,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<Found>,
    /// What was found out last, if it was no key, and when.
    refused: Option<(Instant, VaultProblem)>,
    /// What the person at the terminal said.
    said: Option<Secret>,
}

/// What opens the vault.
enum Found {
    /// The key itself.
    Key(Key),
    /// A passphrase, and the key that it stands for with a salt.
    Passphrase(Secret, Option<(Salt, Key)>),
}

impl Keys {
    pub(crate) fn new(source: VaultKey) -> Self {
        Self { source, keychain: Keychain::default(), state: Mutex::default() }
    }

    pub(crate) const fn kind(&self) -> &VaultKey {
        &self.source
    }

    /// Takes the passphrase that the person at the terminal said.
    pub(crate) fn say(&self, passphrase: Secret) {
        let mut state = self.lock();
        *state = State { said: Some(passphrase), ..State::default() };
    }

    /// Whether a person has to say the passphrase.
    pub(crate) fn wants_passphrase(&self) -> bool {
        self.source == VaultKey::Passphrase(Passphrase::Ask) && self.lock().said.is_none()
    }

    /// Makes sure that nobody else can read or write what holds the key, as far as that is a file of ours.
    pub(crate) fn is_private(&self) -> Result<(), VaultProblem> {
        match &self.source {
            VaultKey::Keyfile(path) => file::is_private(path),
            VaultKey::Keychain | VaultKey::SystemdCredential(_) | VaultKey::Passphrase(_) => Ok(()),
        }
    }

    /// Whether there could be a key, for a vault that is yet to be made. May block for some seconds.
    pub(crate) fn probe(&self) -> Result<(), VaultProblem> {
        let state = self.lock();
        self.source(&state).probe()
    }

    /// The key of a vault that is there. May block for some seconds.
    pub(crate) fn key(&self, salt: &Salt) -> Result<Key, VaultProblem> {
        self.find(salt, |source| source.find())
    }

    /// The key for a vault that is yet to be made; where there can be one and is none it is made.
    pub(crate) fn new_key(&self, salt: &Salt) -> Result<Key, VaultProblem> {
        self.find(salt, |source| source.find_or_make())
    }

    /// Looks for the key anew next time: it was not the right one.
    pub(crate) fn forget(&self) {
        self.lock().found = None;
    }

    fn find(
        &self,
        salt: &Salt,
        look: fn(&Source<'_>) -> Result<Found, VaultProblem>,
    ) -> Result<Key, VaultProblem> {
        let mut state = self.lock();
        if let Some((when, problem)) = &state.refused
            && when.elapsed() < PAUSE
        {
            return Err(problem.clone());
        }
        if state.found.is_none() {
            match look(&self.source(&state)) {
                Ok(found) => state.found = Some(found),
                Err(problem) => {
                    state.refused = Some((Instant::now(), problem.clone()));
                    return Err(problem);
                }
            }
            state.refused = None;
        }
        match &mut state.found {
            Some(Found::Key(key)) => Ok(key.clone()),
            Some(Found::Passphrase(passphrase, stretched)) => match stretched {
                Some((known, key)) if known == salt => Ok(key.clone()),
                _ => {
                    let key = Key::stretch(passphrase, salt).map_err(|why| {
                        VaultProblem::Failed(format!("the vault's passphrase: {why}"))
                    })?;
                    *stretched = Some((*salt, key.clone()));
                    Ok(key)
                }
            },
            None => Err(VaultProblem::Locked("the vault's key was not found".to_owned())),
        }
    }

    fn source<'a>(&'a self, state: &'a State) -> Source<'a> {
        Source { key: &self.source, keychain: &self.keychain, said: state.said.as_ref() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where to look.
struct Source<'a> {
    key: &'a VaultKey,
    keychain: &'a Keychain,
    said: Option<&'a Secret>,
}

impl Source<'_> {
    fn find(&self) -> Result<Found, VaultProblem> {
        match self.key {
            VaultKey::Keychain => self.keychain(Want::Find),
            VaultKey::SystemdCredential(name) => credential::find(name).map(Found::Key),
            VaultKey::Keyfile(path) => file::find(path).map(Found::Key),
            VaultKey::Passphrase(passphrase) => {
                let passphrase = match (passphrase, self.said) {
                    (Passphrase::Given(passphrase), _) => passphrase.clone(),
                    (Passphrase::Command(argv), _) => {
                        let said = mcpmux_program::line_blocking(argv);
                        Secret::new(said.map_err(|why| {
                            VaultProblem::Locked(format!("`passphrase_command` of [vault]: {why}"))
                        })?)
                    }
                    (Passphrase::Ask, Some(said)) => said.clone(),
                    (Passphrase::Ask, None) => return Err(nobody_said()),
                };
                if passphrase.reveal().is_empty() {
                    return Err(VaultProblem::Failed("the vault's passphrase is empty".to_owned()));
                }
                Ok(Found::Passphrase(passphrase, None))
            }
        }
    }

    fn find_or_make(&self) -> Result<Found, VaultProblem> {
        match self.key {
            VaultKey::Keychain => self.keychain(Want::FindOrMake),
            VaultKey::Keyfile(path) => file::find_or_make(path).map(Found::Key),
            VaultKey::SystemdCredential(_) | VaultKey::Passphrase(_) => self.find(),
        }
    }

    fn probe(&self) -> Result<(), VaultProblem> {
        match self.key {
            VaultKey::Keychain => self.keychain.ask(Want::Probe).map(drop),
            VaultKey::Keyfile(path) => file::probe(path).map(drop),
            VaultKey::SystemdCredential(_) | VaultKey::Passphrase(_) => self.find().map(drop),
        }
    }

    fn keychain(&self, want: Want) -> Result<Found, VaultProblem> {
        let key = self.keychain.ask(want)?;
        key.map(Found::Key)
            .ok_or_else(|| VaultProblem::Locked("the keychain gave no key".to_owned()))
    }
}

fn nobody_said() -> VaultProblem {
    VaultProblem::Locked(
        "the vault waits for its passphrase, and there was no terminal to ask at\n\
         hint: start mcpmux in the foreground of a terminal, or set `passphrase` or `passphrase_command` in [vault]"
            .to_owned(),
    )
}

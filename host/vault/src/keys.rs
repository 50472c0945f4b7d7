//! Where the vault's key comes from: exactly the one place that the configuration names; nothing else is ever tried.

mod credential;
mod file;
mod keychain;
mod pause;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mcpmux_core::config::{Passphrase, Secret, VaultKey};
use mcpmux_core::ports::VaultProblem;

use crate::seal::{Key, Salt};
use keychain::{Keychain, Want};
use pause::Pause;

/// The key, once it was found; it is kept in memory from then on.
pub(crate) struct Keys {
    source: VaultKey,
    keychain: Keychain,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<Found>,
    /// How long nobody is asked again.
    pause: Pause,
    /// What the person at the terminal said.
    said: Option<Secret>,
}

/// What opens the vault.
enum Found {
    /// The key of every vault of this source.
    Key(Key),
    /// The key of the vault with this salt.
    Only(Salt, Key),
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

    /// Does what may take a while before [`Self::new_key`]: asks for a passphrase, or tries the keychain out.
    pub(crate) fn prepare(&self, salt: &Salt) -> Result<(), VaultProblem> {
        match &self.source {
            VaultKey::Passphrase(_) => self.key(salt).map(drop),
            _ => self.probe(),
        }
    }

    /// The key of a vault that is there. May block for some seconds.
    pub(crate) fn key(&self, salt: &Salt) -> Result<Key, VaultProblem> {
        self.find(salt, |source| source.find(salt))
    }

    /// The key for a vault that is yet to be made; where there can be one and is none it is made.
    pub(crate) fn new_key(&self, salt: &Salt) -> Result<Key, VaultProblem> {
        self.find(salt, |source| source.find_or_make(salt))
    }

    /// Looks for the key anew after a pause: it was not the right one.
    pub(crate) fn forget(&self, problem: VaultProblem) {
        let mut state = self.lock();
        state.found = None;
        state.pause.begin(None, problem, self.is_cheap(), Instant::now());
    }

    /// It was the right one.
    pub(crate) fn was_right(&self, salt: &Salt) {
        self.lock().pause.end(salt);
    }

    /// Whether looking costs nobody anything.
    const fn is_cheap(&self) -> bool {
        matches!(&self.source, VaultKey::Keyfile(_) | VaultKey::SystemdCredential(_))
    }

    fn find(
        &self,
        salt: &Salt,
        look: impl Fn(&Source<'_>) -> Result<Found, VaultProblem>,
    ) -> Result<Key, VaultProblem> {
        let mut state = self.lock();
        if let Some(problem) = state.pause.problem(salt, Instant::now()) {
            return Err(problem);
        }
        if !state.found.as_ref().is_some_and(|found| found.is_for(salt)) {
            match look(&self.source(&state)) {
                Ok(found) => state.found = Some(found),
                Err(problem) => {
                    // The time that asking took is none in which nobody was asked.
                    state.pause.begin(
                        Some(*salt),
                        problem.clone(),
                        self.is_cheap(),
                        Instant::now(),
                    );
                    return Err(problem);
                }
            }
        }
        match &mut state.found {
            Some(Found::Key(key) | Found::Only(_, key)) => Ok(key.clone()),
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

impl Found {
    fn is_for(&self, salt: &Salt) -> bool {
        match self {
            Self::Key(_) | Self::Passphrase(..) => true,
            Self::Only(only, _) => only == salt,
        }
    }
}

/// Where to look.
struct Source<'a> {
    key: &'a VaultKey,
    keychain: &'a Keychain,
    said: Option<&'a Secret>,
}

impl Source<'_> {
    fn find(&self, salt: &Salt) -> Result<Found, VaultProblem> {
        match self.key {
            VaultKey::Keychain => self.keychain(salt, Want::Find),
            VaultKey::SystemdCredential(name) => credential::find(name).map(Found::Key),
            VaultKey::Keyfile(path) => file::find(path).map(Found::Key),
            VaultKey::Passphrase(passphrase) => {
                self.passphrase(passphrase).map(|passphrase| Found::Passphrase(passphrase, None))
            }
        }
    }

    fn find_or_make(&self, salt: &Salt) -> Result<Found, VaultProblem> {
        match self.key {
            VaultKey::Keychain => self.keychain(salt, Want::FindOrMake),
            VaultKey::Keyfile(path) => file::find_or_make(path).map(Found::Key),
            VaultKey::SystemdCredential(_) | VaultKey::Passphrase(_) => self.find(salt),
        }
    }

    fn probe(&self) -> Result<(), VaultProblem> {
        match self.key {
            VaultKey::Keychain => self.keychain.probe(),
            VaultKey::Keyfile(path) => file::probe(path).map(drop),
            VaultKey::SystemdCredential(name) => credential::find(name).map(drop),
            VaultKey::Passphrase(passphrase) => self.passphrase(passphrase).map(drop),
        }
    }

    fn keychain(&self, salt: &Salt, want: Want) -> Result<Found, VaultProblem> {
        self.keychain.key(salt, want).map(|key| Found::Only(*salt, key))
    }

    fn passphrase(&self, passphrase: &Passphrase) -> Result<Secret, VaultProblem> {
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
        Ok(passphrase)
    }
}

fn nobody_said() -> VaultProblem {
    VaultProblem::Locked(
        "the vault waits for its passphrase, and nobody at a terminal has said it\n\
         hint: start mcpmux in the foreground of a terminal, or set `passphrase` or `passphrase_command` in [vault]"
            .to_owned(),
    )
}

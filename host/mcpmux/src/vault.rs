//! The vault as the commands use it: made from the configuration, opened with what a person says, and told about.

use std::sync::Arc;

use mcpmux_core::config::{Config, Secret, SecretText, Transport};
use mcpmux_core::ports::VaultProblem;
use mcpmux_manage::{admin, print, prompt};
use mcpmux_vault::Store;

use crate::failure::Failure;
use crate::host::state_folder;

/// The vault of a configuration. Nothing is read yet.
pub(crate) fn of(config: &Config) -> Store {
    Store::new(&config.vault, state_folder().as_deref())
}

/// How often a passphrase may be wrong.
const TRIES: u32 = 3;

/// Asks the person at the terminal for the passphrase, if one is needed and there is such a person; else whatever needs the
/// vault says that it waits, and so it does if they say nothing. One that does not open the vault is asked for again; that
/// of a vault that is to be made is asked for twice.
pub(crate) fn ask(vault: &Store) -> Result<(), Failure> {
    if vault.exists() {
        return ask_to_open(vault);
    }
    if !may_be_asked_for(vault) {
        return Ok(());
    }
    let said = hidden("passphrase of the vault")?;
    if said.reveal().is_empty() {
        return Ok(());
    }
    if said != hidden("the same again, for the vault is new")? {
        return Err(Failure::failed("the passphrases differ\nhint: try again"));
    }
    vault.say(said);
    Ok(())
}

/// The same for what needs nothing of a vault that is not there.
pub(crate) fn ask_to_open(vault: &Store) -> Result<(), Failure> {
    if !vault.exists() || !may_be_asked_for(vault) {
        return Ok(());
    }
    let mut tries = 1;
    loop {
        let said = hidden("passphrase of the vault")?;
        if said.reveal().is_empty() {
            return Ok(());
        }
        vault.say(said);
        match vault.opens() {
            Err(VaultProblem::OtherKey(_)) if tries < TRIES => {
                print::note("it is not the one that the vault was sealed with");
                tries += 1;
            }
            Err(problem @ VaultProblem::OtherKey(_)) => return Err(Failure::failed(problem)),
            // What else is wrong is said where it is in the way.
            _ => return Ok(()),
        }
    }
}

fn hidden(question: &str) -> Result<Secret, Failure> {
    prompt::hidden(question)
        .map_err(|error| Failure::failed(format!("cannot ask for the passphrase: {error}")))
}

/// Whether a person may be asked for what opens it.
pub(crate) fn may_be_asked_for(vault: &Store) -> bool {
    vault.wants_passphrase() && prompt::can_ask()
}

/// Whether anything of a configuration needs it, or it is there.
pub(crate) fn is_wanted(vault: &Store, config: &Config) -> bool {
    vault.exists() || keeps_logins(config) || !needed(config).is_empty()
}

/// What it is like now.
pub(crate) async fn report(vault: &Arc<Store>) -> admin::Vault {
    let store = Arc::clone(vault);
    let looked = tokio::task::spawn_blocking(move || look(&store)).await;
    looked.unwrap_or_else(|error| admin::Vault {
        key: String::new(),
        file: None,
        records: None,
        problem: Some(format!("looking at it broke off: {error}")),
    })
}

/// What it is like now. May block for some seconds.
pub(crate) fn look(vault: &Store) -> admin::Vault {
    let condition = vault.condition();
    admin::Vault {
        key: condition.key.to_owned(),
        file: condition.file.map(|file| file.display().to_string()),
        records: condition.records,
        problem: condition.problem.map(|problem| problem.to_string()),
    }
}

/// The names of the secrets that a configuration needs, in order, each once.
pub(crate) fn needed(config: &Config) -> Vec<&str> {
    let mut names: Vec<&str> = config
        .backends
        .iter()
        .flat_map(|backend| texts(&backend.transport))
        .flat_map(SecretText::kept)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a person logs in to a backend of a configuration, and that login is to rest in the vault.
pub(crate) fn keeps_logins(config: &Config) -> bool {
    config.backends.iter().any(|backend| match &backend.transport {
        Transport::Url { auth, .. } => auth.wants_person(),
        Transport::Command { .. } | Transport::Wasm { .. } => false,
    })
}

fn texts(transport: &Transport) -> Vec<&SecretText> {
    match transport {
        Transport::Command { env, .. } | Transport::Wasm { env, .. } => env.values().collect(),
        Transport::Url { headers, auth, .. } => headers.values().chain(auth.texts()).collect(),
    }
}

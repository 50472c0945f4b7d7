//! The vault as the commands use it: made from the configuration, opened with what a person says, and told about.

use std::sync::Arc;

use mcpmux_core::config::{Config, SecretText, Transport};
use mcpmux_manage::admin;
use mcpmux_manage::prompt;
use mcpmux_vault::Store;

use crate::failure::Failure;
use crate::host::state_folder;

/// The vault of a configuration. Nothing is read yet.
pub(crate) fn of(config: &Config) -> Store {
    Store::new(&config.vault, state_folder().as_deref())
}

/// Asks the person at the terminal for the passphrase, if one is needed and there is such a person; else whatever needs the
/// vault says that it waits. A new vault's passphrase is asked for twice.
pub(crate) fn ask(vault: &Store) -> Result<(), Failure> {
    if !vault.wants_passphrase() || !prompt::can_ask() {
        return Ok(());
    }
    let failed = |error| Failure::failed(format!("cannot ask for the passphrase: {error}"));
    let said = prompt::hidden("passphrase of the vault").map_err(failed)?;
    if !vault.exists() {
        let again = prompt::hidden("the same again, for the vault is new").map_err(failed)?;
        if said != again {
            return Err(Failure::failed("the passphrases differ\nhint: try again"));
        }
    }
    vault.say(said);
    Ok(())
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

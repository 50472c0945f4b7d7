//! Where secrets rest, and what unlocks them.

use std::path::PathBuf;

use super::Secret;

/// Where secrets rest between runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vault {
    /// What unlocks it. Nothing else is ever tried.
    pub key: VaultKey,
    /// Its file; `None`: `vault.mcv` in the folder for state.
    pub path: Option<PathBuf>,
}

/// Where the vault's key comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum VaultKey {
    /// The keychain of the operating system.
    #[default]
    Keychain,
    /// The credential of this name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), `LoadCredentialEncrypted=`).
    SystemdCredential(String),
    /// It is derived from a passphrase.
    Passphrase(Passphrase),
    /// A file that only its owner can read.
    Keyfile(PathBuf),
}

/// Who says the passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passphrase {
    /// The person at the terminal.
    Ask,
    /// The configuration, by a variable.
    Given(Secret),
    /// What this program prints; no shell.
    Command(Vec<String>),
}

impl VaultKey {
    /// Its name in the configuration.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::SystemdCredential(_) => "systemd-credential",
            Self::Passphrase(_) => "passphrase",
            Self::Keyfile(_) => "keyfile",
        }
    }
}

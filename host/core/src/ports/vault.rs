//! Where secrets rest between runs, as those see it who need them there.

use std::fmt;

use crate::config::{Secret, SecretText};
use crate::fault::{Fault, Kind};
use crate::names::BackendName;

use super::Pending;

/// Keeps secrets between runs, for this process and others of the same user.
pub trait Vault: Send + Sync {
    /// What a record holds; `None`: there is no such record.
    ///
    /// # Errors
    /// If the vault cannot be read now, or the record is damaged.
    fn read<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Option<Secret>, VaultProblem>>;

    /// Puts a record in the place of the one before. After `Ok` it is there even if the power fails; after an error the one
    /// before is, unless the error says that this is unknown.
    ///
    /// # Errors
    /// If the vault cannot be written now.
    fn write<'a>(
        &'a self,
        record: &'a Record,
        value: Secret,
    ) -> Pending<'a, Result<(), VaultProblem>>;

    /// Takes a record away; whether there was one.
    ///
    /// # Errors
    /// If the vault cannot be written now.
    fn remove<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<bool, VaultProblem>>;

    /// The names of all records, in order.
    ///
    /// # Errors
    /// If the vault cannot be read now.
    fn records(&self) -> Pending<'_, Result<Vec<Record>, VaultProblem>>;

    /// Waits until nobody else has the turn of this record, in this process or another, and takes it.
    ///
    /// # Errors
    /// If the vault cannot be reached now, or somebody does not give the turn back ([`VaultProblem::Busy`]).
    fn turn<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Turn, VaultProblem>>;

    /// Ends when somebody, here or in another process, may have changed a record since this ended before. One waits at a time.
    fn changed(&self) -> Pending<'_, ()>;
}

/// The right to be the only one that changes a record; dropping it gives it back.
pub type Turn = Box<dyn Send + Sync>;

/// The name of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// A secret that a person put there under this name.
    Named(String),
    /// What a backend's login gave: all of it is one record, so that it is never half of one login and half of another.
    Login {
        /// The space it was made in; empty as long as there are none.
        space: String,
        /// The backend's name in the configuration.
        backend: String,
        /// The authorization server that gave it.
        issuer: String,
        /// The protected resource it is for (RFC 8707).
        resource: String,
    },
}

/// Why the vault cannot do something. Its text is for the operator and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultProblem {
    /// Something that is wanted is not in it.
    Missing(String),
    /// It is locked, or its key is out of reach; it may be there later.
    Locked(String),
    /// Somebody else has had the turn for too long.
    Busy(String),
    /// It was sealed with another key than the one that was found.
    OtherKey(String),
    /// This record, or the whole file, is not what was written.
    Damaged(String),
    /// Something else is wrong: the disk, the file's mode, the configuration.
    Failed(String),
}

impl VaultProblem {
    /// There is no secret of this name.
    #[must_use]
    pub fn missing(name: &str) -> Self {
        Self::Missing(format!("the vault has no secret `{name}`\nhint: mcpmux secret set {name}"))
    }

    /// What a call of a backend ends with that needs what cannot be had: 1001 if the machine fails (disk, modes), else 1008,
    /// as a person has to give a secret or a key.
    #[must_use]
    pub fn fault(&self, backend: &BackendName) -> Fault {
        let public =
            |why: &str| format!("backend `{backend}` cannot be used without a secret: {why}");
        match self {
            Self::Missing(why) | Self::Locked(why) => {
                Fault::at(backend, Kind::AuthRequired, public(why))
            }
            Self::OtherKey(why) => {
                let text = public("the vault's key is not the right one; `mcpmux check` says more");
                Fault::at(backend, Kind::AuthRequired, text).because(why)
            }
            Self::Damaged(why) => {
                let text = public("the vault's record of it is damaged; `mcpmux check` says more");
                Fault::at(backend, Kind::AuthRequired, text).because(why)
            }
            Self::Busy(why) | Self::Failed(why) => {
                let text = public("the vault cannot be read; `mcpmux check` says more");
                Fault::at(backend, Kind::BackendUnavailable, text).because(why)
            }
        }
    }
}

impl fmt::Display for VaultProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(why)
            | Self::Locked(why)
            | Self::Busy(why)
            | Self::OtherKey(why)
            | Self::Damaged(why)
            | Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for VaultProblem {}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "secret `{}`", name.escape_debug()),
            Self::Login { backend, issuer, .. } => {
                write!(f, "login of `{}` at `{}`", backend.escape_debug(), issuer.escape_debug())
            }
        }
    }
}

/// The whole of a text of which the vault may keep parts.
///
/// # Errors
/// If a part is missing, or the vault cannot be read now: what the operator has to do.
pub async fn fill(text: &SecretText, vault: &dyn Vault) -> Result<Secret, VaultProblem> {
    let mut found = Vec::new();
    for name in text.kept() {
        let record = Record::Named(name.to_owned());
        let secret = vault.read(&record).await?.ok_or_else(|| VaultProblem::missing(name))?;
        found.push(secret);
    }
    let mut found = found.into_iter();
    text.fill(|name| {
        found
            .next()
            .ok_or_else(|| VaultProblem::Failed(format!("the secret `{name}` was not read")))
    })
}

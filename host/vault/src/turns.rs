//! Whose turn it is to change a record: one at a time, in this process and among all of the user's.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use mcpmux_core::ports::{Record, Turn, VaultProblem};
use sha2::{Digest as _, Sha256};
use tokio::sync::OwnedMutexGuard;

use crate::book::identity;
use crate::place::Place;

/// Pauses between two tries to get a turn that another process has, from and to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// How long a turn that somebody has is waited for: longer than anything that is done with one takes.
const PATIENCE: Duration = Duration::from_secs(45);

type Local = tokio::sync::Mutex<()>;

/// Those who wait in this process, for each record.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<Record, Weak<Local>>>);

/// A turn. The system lets go of the file's lock when it is closed, and so when the process dies.
struct Held {
    _file: File,
    _local: OwnedMutexGuard<()>,
}

impl Turns {
    /// Waits for the turn of this record.
    pub(crate) async fn take(&self, place: &Place, record: &Record) -> Result<Turn, VaultProblem> {
        self.take_within(place, record, PATIENCE).await
    }

    async fn take_within(
        &self,
        place: &Place,
        record: &Record,
        patience: Duration,
    ) -> Result<Turn, VaultProblem> {
        let waited = tokio::time::timeout(patience, self.wait(place, record)).await;
        waited.unwrap_or_else(|_| {
            Err(VaultProblem::Busy(format!(
                "another mcpmux has been changing the {record} for {patience:?}\n\
                 hint: look for one that hangs or was stopped, and end it"
            )))
        })
    }

    async fn wait(&self, place: &Place, record: &Record) -> Result<Turn, VaultProblem> {
        let local = self.local(record).lock_owned().await;
        let (place, name) = (place.clone(), name(record));
        let opened = tokio::task::spawn_blocking(move || place.turn(&name)).await;
        let mut file = opened.map_err(|error| broken(&error))??;
        let mut pause = PAUSE.0;
        loop {
            let tried = tokio::task::spawn_blocking(move || (file.try_lock(), file)).await;
            let (tried, back) = tried.map_err(|error| broken(&error))?;
            file = back;
            match tried {
                Ok(()) => return Ok(Box::new(Held { _file: file, _local: local })),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(pause).await,
                Err(TryLockError::Error(error)) => {
                    let text = format!("cannot lock the turn of the {record}: {error}");
                    return Err(VaultProblem::Failed(text));
                }
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    fn local(&self, record: &Record) -> Arc<Local> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(local) = all.get(record).and_then(Weak::upgrade) {
            return local;
        }
        all.retain(|_, local| local.strong_count() > 0);
        let local = Arc::new(Local::default());
        all.insert(record.clone(), Arc::downgrade(&local));
        local
    }
}

/// A file's name that tells nothing of the record.
fn name(record: &Record) -> String {
    let digest = Sha256::digest(identity(record));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn broken(error: &tokio::task::JoinError) -> VaultProblem {
    VaultProblem::Failed(format!("waiting for a turn at the vault broke off: {error}"))
}

//! A vault that forgets everything when it is dropped: for tests, and for where nothing may rest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcpmux_core::config::Secret;
use mcpmux_core::ports::{Pending, Record, Turn, Vault, VaultProblem};

/// Records in memory.
#[derive(Default)]
pub struct Memory {
    records: Mutex<BTreeMap<Record, Secret>>,
    turns: Mutex<BTreeMap<Record, Arc<tokio::sync::Mutex<()>>>>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Record, Secret>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault for Memory {
    fn read<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Option<Secret>, VaultProblem>> {
        Box::pin(async { Ok(self.lock().get(record).cloned()) })
    }

    fn write<'a>(
        &'a self,
        record: &'a Record,
        value: Secret,
    ) -> Pending<'a, Result<(), VaultProblem>> {
        Box::pin(async {
            self.lock().insert(record.clone(), value);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<bool, VaultProblem>> {
        Box::pin(async { Ok(self.lock().remove(record).is_some()) })
    }

    fn records(&self) -> Pending<'_, Result<Vec<Record>, VaultProblem>> {
        Box::pin(async { Ok(self.lock().keys().cloned().collect()) })
    }

    fn turn<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Turn, VaultProblem>> {
        Box::pin(async {
            let turn = {
                let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(turns.entry(record.clone()).or_default())
            };
            Ok(Box::new(turn.lock_owned().await) as Turn)
        })
    }
}

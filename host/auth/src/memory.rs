//! A vault of tests: it forgets everything when it is dropped, and can be locked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use mcpmux_core::config::Secret;
use mcpmux_core::ports::{Pending, Record, Turn, Vault, VaultProblem};

/// Records in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) is_locked: AtomicBool,
    changes: tokio::sync::Notify,
    records: Mutex<BTreeMap<Record, Secret>>,
    turns: Mutex<BTreeMap<Record, Arc<tokio::sync::Mutex<()>>>>,
}

impl Memory {
    /// Puts a secret there as a person does.
    pub(crate) fn put(&self, name: &str, value: &str) {
        let (record, value) = (Record::Named(name.to_owned()), Secret::new(value.to_owned()));
        self.records.lock().unwrap().insert(record, value);
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<Record, Secret>) -> T,
    ) -> Result<T, VaultProblem> {
        if self.is_locked.load(Ordering::SeqCst) {
            return Err(VaultProblem::Locked("the vault is locked".to_owned()));
        }
        Ok(work(&mut self.records.lock().unwrap()))
    }
}

impl Vault for Memory {
    fn read<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Option<Secret>, VaultProblem>> {
        Box::pin(async move { self.with(|records| records.get(record).cloned()) })
    }

    fn write<'a>(
        &'a self,
        record: &'a Record,
        value: Secret,
    ) -> Pending<'a, Result<(), VaultProblem>> {
        Box::pin(async move {
            self.with(|records| {
                records.insert(record.clone(), value);
                self.changes.notify_one();
            })
        })
    }

    fn remove<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<bool, VaultProblem>> {
        Box::pin(async move {
            self.with(|records| {
                self.changes.notify_one();
                records.remove(record).is_some()
            })
        })
    }

    fn records(&self) -> Pending<'_, Result<Vec<Record>, VaultProblem>> {
        Box::pin(async move { self.with(|records| records.keys().cloned().collect()) })
    }

    fn turn<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Turn, VaultProblem>> {
        Box::pin(async move {
            let turn = {
                let mut turns = self.turns.lock().unwrap();
                Arc::clone(turns.entry(record.clone()).or_default())
            };
            Ok(Box::new(turn.lock_owned().await) as Turn)
        })
    }

    fn changed(&self) -> Pending<'_, ()> {
        Box::pin(self.changes.notified())
    }
}

//! A plain vault: logins in a file that only its owner may read. It stands in until secrets are sealed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use mcpmux_core::config::Secret;
use mcpmux_core::ports::{Pending, Record, Turn, Vault, VaultProblem};
use serde::{Deserialize, Serialize};

/// Records in one file of this folder, beside the files by which processes take turns.
#[derive(Clone)]
pub(crate) struct Plain {
    folder: PathBuf,
}

/// A record as it is written.
#[derive(Serialize, Deserialize)]
struct Row {
    name: [String; 4],
    value: String,
}

impl Plain {
    /// In this folder, which is made when it is needed.
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Runs off the runtime's threads.
    async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, VaultProblem> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&this)).await;
        let failed = |why: String| VaultProblem::Failed(why);
        done.map_err(|error| failed(error.to_string()))?.map_err(|error| {
            failed(format!("the logins in {} are out of reach: {error}", self.folder.display()))
        })
    }

    /// The lock of this name, held until the file is dropped.
    fn lock(&self, name: &str) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.folder.join(name);
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.lock()?;
        Ok(file)
    }

    fn rows(&self) -> io::Result<Vec<Row>> {
        match fs::read(self.folder.join("logins.json")) {
            Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Row>) -> T) -> io::Result<T> {
        let _lock = self.lock("logins.lock")?;
        let mut rows = self.rows()?;
        let result = change(&mut rows);
        let new = self.folder.join("logins.new");
        let _gone = fs::remove_file(&new);
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec(&rows).map_err(io::Error::other)?)?;
        file.sync_all()?;
        fs::rename(new, self.folder.join("logins.json"))?;
        File::open(&self.folder)?.sync_all()?;
        Ok(result)
    }
}

fn name(record: &Record) -> [String; 4] {
    match record {
        Record::Named(name) => [name.clone(), String::new(), String::new(), String::new()],
        Record::Login { space, backend, issuer, resource } => {
            [format!(":{space}"), backend.clone(), issuer.clone(), resource.clone()]
        }
    }
}

fn record(name: [String; 4]) -> Record {
    let [first, backend, issuer, resource] = name;
    match first.strip_prefix(':') {
        Some(space) => Record::Login { space: space.to_owned(), backend, issuer, resource },
        None => Record::Named(first),
    }
}

impl Vault for Plain {
    fn read<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Option<Secret>, VaultProblem>> {
        let wanted = name(record);
        Box::pin(self.away(move |this| {
            let row = this.rows()?.into_iter().find(|row| row.name == wanted);
            Ok(row.map(|row| Secret::new(row.value)))
        }))
    }

    fn write<'a>(
        &'a self,
        record: &'a Record,
        value: Secret,
    ) -> Pending<'a, Result<(), VaultProblem>> {
        let row = Row { name: name(record), value: value.reveal().to_owned() };
        Box::pin(self.away(move |this| {
            this.change(|rows| {
                rows.retain(|other| other.name != row.name);
                rows.push(row);
            })
        }))
    }

    fn remove<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<bool, VaultProblem>> {
        let unwanted = name(record);
        Box::pin(self.away(move |this| {
            this.change(|rows| {
                let before = rows.len();
                rows.retain(|row| row.name != unwanted);
                rows.len() < before
            })
        }))
    }

    fn records(&self) -> Pending<'_, Result<Vec<Record>, VaultProblem>> {
        Box::pin(self.away(|this| {
            let mut records: Vec<Record> =
                this.rows()?.into_iter().map(|row| record(row.name)).collect();
            records.sort();
            Ok(records)
        }))
    }

    fn turn<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Turn, VaultProblem>> {
        // FNV-1a: the same in every version.
        let hash = name(record).join("\0").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Box::pin(
            self.away(move |this| Ok(Box::new(this.lock(&format!("{hash:016x}.turn"))?) as Turn)),
        )
    }
}

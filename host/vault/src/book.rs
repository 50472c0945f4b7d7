//! What stands in the vault's file: an index, and the records, each sealed on a line of its own.
//!
//! ```text
//! mcpmux-vault 1 SALT KEY-ID SEALED-INDEX
//!
//! record COUNTER SEALED-VALUE
//!
//! mcpmux-vault 1 SALT KEY-ID SEALED-INDEX
//! ```
//! The index says which record has which counter, and which number drawn at random; no counter is used twice as long as
//! nobody puts an old file back, and no such number ever. The index stands there twice, and lines are two line ends apart,
//! so that no single byte can spoil more than one record. A record is sealed about the vault's salt, its name, its counter
//! and its number: one that was changed, renamed, is older than the index says, or is another vault's or another past's is
//! not taken for what was written.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use mcpmux_core::config::Secret;
use mcpmux_core::ports::{Record, VaultProblem};
use serde::{Deserialize, Serialize};

use crate::seal::{Key, Salt, random};

/// What the first word of a head is.
const HEAD: &str = "mcpmux-vault";
/// What the format's version is.
const VERSION: &str = "1";
/// What the first word of a record is.
const RECORD: &str = "record";
/// How many heads are looked at: each may cost finding a key.
const HEADS: usize = 2;

/// The file's lines, unopened.
pub(crate) struct Pages {
    heads: Vec<Head>,
    lines: BTreeMap<u64, Vec<String>>,
    /// The version, if all heads are of another.
    foreign: Option<String>,
}

struct Head {
    salt: Salt,
    key: String,
    index: String,
}

/// The vault's content, opened; values are opened one by one.
pub(crate) struct Book {
    salt: Salt,
    next: u64,
    entries: BTreeMap<Record, Entry>,
    lines: BTreeMap<u64, Vec<String>>,
}

/// What tells a record from all that were ever written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    counter: u64,
    number: [u8; 16],
}

/// Why a book cannot be opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// It was sealed with another key.
    OtherKey,
    /// No index is whole.
    Damaged,
    /// It is of this version.
    Version(String),
    /// There is no key now.
    Key(VaultProblem),
}

impl Pages {
    /// Takes the lines apart. What is no line of ours is passed over.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut pages = Self { heads: Vec::new(), lines: BTreeMap::new(), foreign: None };
        for line in bytes.split(|byte| *byte == b'\n') {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                [HEAD, VERSION, salt, key, index] if pages.heads.len() < HEADS => {
                    let salt = STANDARD_NO_PAD.decode(salt).ok();
                    if let Some(salt) = salt.and_then(|salt| Salt::try_from(salt).ok()) {
                        let (key, index) = ((*key).to_owned(), (*index).to_owned());
                        pages.heads.push(Head { salt, key, index });
                    }
                }
                [HEAD, version, ..] => pages.foreign = Some((*version).to_owned()),
                [RECORD, counter, sealed] => {
                    if let Ok(counter) = counter.parse() {
                        pages.lines.entry(counter).or_default().push((*sealed).to_owned());
                    }
                }
                _ => {}
            }
        }
        pages
    }

    /// Opens the index with the key for its salt.
    pub(crate) fn open(
        self,
        mut key: impl FnMut(&Salt) -> Result<Key, VaultProblem>,
    ) -> Result<(Book, Key), Unopened> {
        let mut why = match self.foreign {
            Some(version) if self.heads.is_empty() => return Err(Unopened::Version(version)),
            _ => Unopened::Damaged,
        };
        for head in self.heads {
            let key = match key(&head.salt) {
                Ok(key) => key,
                // A salt that is damaged may be the reason.
                Err(problem) => {
                    why = Unopened::Key(problem);
                    continue;
                }
            };
            if key.id() != head.key {
                why = Unopened::OtherKey;
                continue;
            }
            let index = key.open(&about_index(&head.salt), &head.index);
            let index = index.and_then(|index| serde_json::from_slice::<Index>(&index).ok());
            if let Some((next, entries)) = index.and_then(Index::read) {
                return Ok((Book { salt: head.salt, next, entries, lines: self.lines }, key));
            }
        }
        Err(why)
    }
}

impl Book {
    /// An empty one.
    pub(crate) fn new() -> Result<Self, String> {
        let mut salt = Salt::default();
        random(&mut salt)?;
        Ok(Self { salt, next: 1, entries: BTreeMap::new(), lines: BTreeMap::new() })
    }

    pub(crate) const fn salt(&self) -> &Salt {
        &self.salt
    }

    /// Grows with every change.
    pub(crate) const fn age(&self) -> u64 {
        self.next
    }

    /// The records, in order.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.keys()
    }

    /// What a record holds.
    pub(crate) fn read(&self, key: &Key, record: &Record) -> Result<Option<Secret>, VaultProblem> {
        let Some(entry) = self.entries.get(record) else { return Ok(None) };
        let about = about(&self.salt, entry, record);
        let lines = self.lines.get(&entry.counter).map_or(&[][..], Vec::as_slice);
        let opened = lines.iter().find_map(|sealed| key.open(&about, sealed));
        let value =
            opened.and_then(|mut value| String::from_utf8(std::mem::take(&mut *value)).ok());
        let damaged = || {
            VaultProblem::Damaged(format!(
                "the {record} in the vault is not what was written there\n\
                 hint: the file was damaged or tampered with; give the secret anew, or take the file from a backup"
            ))
        };
        value.map(|value| Some(Secret::new(value))).ok_or_else(damaged)
    }

    /// Puts a record in the place of the one before.
    pub(crate) fn write(
        &mut self,
        key: &Key,
        record: &Record,
        value: &Secret,
    ) -> Result<(), String> {
        let mut entry = Entry { counter: self.step(), number: [0; 16] };
        random(&mut entry.number)?;
        let sealed = key.seal(&about(&self.salt, &entry, record), value.reveal().as_bytes())?;
        if let Some(before) = self.entries.insert(record.clone(), entry) {
            self.lines.remove(&before.counter);
        }
        self.lines.insert(entry.counter, vec![sealed]);
        Ok(())
    }

    /// Takes a record away; whether there was one.
    pub(crate) fn remove(&mut self, record: &Record) -> bool {
        self.step();
        let entry = self.entries.remove(record);
        entry.map(|entry| self.lines.remove(&entry.counter)).is_some()
    }

    fn step(&mut self) -> u64 {
        let counter = self.next;
        self.next = self.next.saturating_add(1);
        counter
    }

    /// The whole file. Lines that the index does not know are left out.
    pub(crate) fn text(&self, key: &Key) -> Result<String, String> {
        let index = Index::of(self.next, &self.entries);
        let index = serde_json::to_vec(&index).map_err(|error| error.to_string())?;
        let index = key.seal(&about_index(&self.salt), &index)?;
        let salt = STANDARD_NO_PAD.encode(self.salt);
        let head = format!("{HEAD} {VERSION} {salt} {} {index}\n", key.id());
        let mut text = format!("{head}\n");
        for Entry { counter, .. } in self.entries.values() {
            for sealed in self.lines.get(counter).into_iter().flatten() {
                text.push_str(&format!("{RECORD} {counter} {sealed}\n\n"));
            }
        }
        text.push_str(&head);
        Ok(text)
    }
}

/// What is sealed in a head.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    next: u64,
    /// Name, counter, and number in Base64.
    records: Vec<(Name, u64, String)>,
}

impl Index {
    fn of(next: u64, entries: &BTreeMap<Record, Entry>) -> Self {
        let records = entries.iter().map(|(record, entry)| {
            (record.into(), entry.counter, STANDARD_NO_PAD.encode(entry.number))
        });
        Self { next, records: records.collect() }
    }

    fn read(self) -> Option<(u64, BTreeMap<Record, Entry>)> {
        let entries = self.records.into_iter().map(|(name, counter, number)| {
            let number = STANDARD_NO_PAD.decode(number).ok()?.try_into().ok()?;
            Some((name.into(), Entry { counter, number }))
        });
        Some((self.next, entries.collect::<Option<_>>()?))
    }
}

/// A [`Record`] as it stands in the index.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Name {
    Named(String),
    Login { space: String, backend: String, issuer: String, resource: String },
}

impl From<Name> for Record {
    fn from(name: Name) -> Self {
        match name {
            Name::Named(name) => Self::Named(name),
            Name::Login { space, backend, issuer, resource } => {
                Self::Login { space, backend, issuer, resource }
            }
        }
    }
}

impl From<&Record> for Name {
    fn from(record: &Record) -> Self {
        match record.clone() {
            Record::Named(name) => Self::Named(name),
            Record::Login { space, backend, issuer, resource } => {
                Self::Login { space, backend, issuer, resource }
            }
        }
    }
}

fn about_index(salt: &Salt) -> Vec<u8> {
    [b"mcpmux vault 1 index\0", salt.as_slice()].concat()
}

fn about(salt: &Salt, entry: &Entry, record: &Record) -> Vec<u8> {
    let counter = entry.counter.to_be_bytes();
    let parts: [&[u8]; 5] =
        [b"mcpmux vault 1 record\0", salt, &counter, &entry.number, &identity(record)];
    parts.concat()
}

/// A record's name as bytes that no other name has.
pub(crate) fn identity(record: &Record) -> Vec<u8> {
    let (kind, fields): (u8, Vec<&str>) = match record {
        Record::Named(name) => (1, vec![name]),
        Record::Login { space, backend, issuer, resource } => {
            (2, vec![space, backend, issuer, resource])
        }
    };
    let mut bytes = vec![kind];
    for field in fields {
        bytes.extend((field.len() as u64).to_be_bytes());
        bytes.extend(field.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

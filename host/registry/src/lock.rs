//! `mcpmux.lock`: which component was pulled from where into which file, and the digests it had. A file that is named there
//! is loaded only as it was pulled.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mcpmux_core::config::Plugin;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::source::Source;

/// What the file is called; it lies beside the configuration.
pub const FILE_NAME: &str = "mcpmux.lock";
/// The version of its format.
const FORMAT: u32 = 1;
const HEAD: &str = "# What `mcpmux plugin pull` put where; files named here are loaded only with these digests.\n\
                    # Keep it beside the configuration, and under version control.\n";

/// One component that was pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The reference it was asked for by.
    pub source: String,
    /// The digest of the manifest that the reference stood for, with `sha256:` before it.
    pub manifest: String,
    /// The SHA-256 of the component, in hexadecimal.
    pub sha256: String,
    /// The version of the plugin contract that it was made for; `None` if it is a backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wit: Option<String>,
    /// What it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The whole file. Entries are sorted by path, so that the same content is the same text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// The folder that it lies in; paths in it are relative to that.
    folder: PathBuf,
    entries: BTreeMap<String, Locked>,
}

/// Why the lock file cannot be used, or what it does not allow.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It cannot be read or written.
    #[error("cannot {what} {path}: {why}")]
    File {
        /// What was tried.
        what: &'static str,
        /// The lock file.
        path: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// Its text is wrong.
    #[error(
        "{path} is no lock file: {why}\nhint: it is written by `mcpmux plugin pull`; restore it, or remove it and pull again"
    )]
    Text {
        /// The lock file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A component is not the one that was pulled.
    #[error(
        "{path} is not what was pulled from {source_}: {FILE_NAME} has sha256 {expected}, the file {found}\nhint: `mcpmux plugin pull {source_} -o {path}` fetches it again; if the file is meant to be another one, remove its entry from {FILE_NAME}"
    )]
    Changed {
        /// The component's file.
        path: PathBuf,
        /// Where it came from.
        source_: String,
        /// The SHA-256 it should have.
        expected: String,
        /// The SHA-256 it has.
        found: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    #[serde(default)]
    plugins: BTreeMap<String, Locked>,
}

impl Lock {
    /// Reads the lock file beside a configuration; one that is not there is empty.
    ///
    /// # Errors
    /// If it cannot be read, or is of a format that is not known.
    pub fn beside(config: &Path) -> Result<Self, LockError> {
        let folder = folder_of(config)?;
        let path = folder.join(FILE_NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { folder, entries: BTreeMap::new() });
            }
            Err(why) => return Err(LockError::File { what: "read", path, why }),
        };
        let wrong = |why: String| LockError::Text { path: path.clone(), why };
        let read: Text = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if read.version != FORMAT {
            return Err(wrong(format!("its version is {}, not {FORMAT}", read.version)));
        }
        for (name, locked) in &read.plugins {
            let whole = Digest::from_hex(&locked.sha256).and(Digest::parse(&locked.manifest));
            if whole.is_none() {
                return Err(wrong(format!("the digests of `{name}` are none")));
            }
        }
        Ok(Self { folder, entries: read.plugins })
    }

    /// The entry for a component's file; a relative path starts at the working directory.
    #[must_use]
    pub fn get(&self, component: &Path) -> Option<&Locked> {
        self.entries.get(&self.key(component))
    }

    /// All entries, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Locked)> {
        self.entries.iter().map(|(path, locked)| (path.as_str(), locked))
    }

    /// Whether the bytes of a component's file may be loaded: they may unless the file is named here with another digest.
    /// `sha256` is that of the bytes, in hexadecimal.
    ///
    /// # Errors
    /// If they are not those that were pulled.
    pub fn check(&self, component: &Path, sha256: &str) -> Result<(), LockError> {
        match self.get(component) {
            Some(locked) if locked.sha256 != sha256 => Err(LockError::Changed {
                path: component.to_owned(),
                source_: locked.pinned(),
                expected: locked.sha256.clone(),
                found: sha256.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// As [`Lock::check`], of what the file holds now. One that cannot be read is left to whoever loads it.
    ///
    /// # Errors
    /// As that.
    pub fn check_file(&self, component: &Path) -> Result<(), LockError> {
        if self.get(component).is_none() {
            return Ok(());
        }
        let digest = File::open(component).and_then(|mut file| {
            let mut hasher = Sha256::new();
            io::copy(&mut file, &mut hasher)?;
            Ok(Digest::from(hasher))
        });
        digest.map_or(Ok(()), |digest| self.check(component, &digest.hex()))
    }

    /// Makes a plugin of the configuration one that loads only as it was pulled: its file is checked now, and whatever
    /// it holds when it is loaded is checked against the same digest then. A digest in the configuration stays.
    ///
    /// # Errors
    /// If the file holds something else than what was pulled.
    pub fn pin(&self, plugin: &mut Plugin) -> Result<(), LockError> {
        let Some(locked) = self.get(&plugin.path) else { return Ok(()) };
        self.check_file(&plugin.path)?;
        plugin.sha256.get_or_insert_with(|| locked.sha256.clone());
        Ok(())
    }

    /// Writes what was pulled into a file into the lock file beside a configuration, in one step, or with `None` forgets it;
    /// other entries stay, those too that someone else writes at the same time. Returns what was there for this file before.
    ///
    /// # Errors
    /// If the lock file cannot be read or written; it is as it was then.
    pub fn record(
        config: &Path,
        component: &Path,
        locked: Option<Locked>,
    ) -> Result<Option<Locked>, LockError> {
        let folder = folder_of(config)?;
        let failed = |why| LockError::File { what: "write", path: folder.join(FILE_NAME), why };
        // The lock file is replaced, so what is locked meanwhile is its folder.
        let alone = File::open(&folder).map_err(failed)?;
        alone.lock().map_err(failed)?;
        let mut lock = Self::beside(config)?;
        let key = lock.key(component);
        let before = match locked {
            Some(locked) => lock.entries.insert(key, locked),
            None => lock.entries.remove(&key),
        };
        lock.write().map_err(failed)?;
        Ok(before)
    }

    fn write(&self) -> io::Result<()> {
        let text = Text { version: FORMAT, plugins: self.entries.clone() };
        let text = toml::to_string(&text).map_err(io::Error::other)?;
        let path = self.folder.join(FILE_NAME);
        let partial = self.folder.join(format!(".{FILE_NAME}.{}.part", std::process::id()));
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(HEAD.as_bytes())?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&partial, &path)
        });
        if written.is_err() {
            let _gone = fs::remove_file(&partial);
        }
        written
    }

    /// What a component's file is called here: its path from the folder, or its whole path if it lies elsewhere. Links
    /// are followed, so that every way to the same file is the same entry.
    fn key(&self, component: &Path) -> String {
        let path = component.canonicalize().unwrap_or_else(|_| {
            // It is yet to be written.
            let path = std::path::absolute(component).unwrap_or_else(|_| component.to_owned());
            let name = path.file_name().unwrap_or_default();
            let place = path.parent().unwrap_or(&path);
            place.canonicalize().unwrap_or_else(|_| place.to_owned()).join(name)
        });
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().into_owned()
    }
}

impl Locked {
    /// The reference that fetches just this again.
    fn pinned(&self) -> String {
        let source = Source::parse(&self.source).ok();
        match source.zip(Digest::parse(&self.manifest)) {
            Some((source, manifest)) => source.pinned(manifest).to_string(),
            None => self.source.clone(),
        }
    }
}

fn folder_of(config: &Path) -> Result<PathBuf, LockError> {
    let config = std::path::absolute(config).map_err(|why| LockError::File {
        what: "find",
        path: config.to_owned(),
        why,
    })?;
    Ok(config.parent().unwrap_or(&config).to_owned())
}

#[cfg(test)]
mod tests;

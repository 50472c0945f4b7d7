//! Compiled code on disk, so that a component is compiled once per machine. Code is run as it is read, so none is
//! taken from where anybody but us could have put it, and none that is not whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::examine::{digest, hex};

/// How a file of ours begins; then come the key, the SHA-256 of the code, each in hexadecimal, and the code.
const MAGIC: &[u8] = b"mcpmux code 1\n";
/// Bytes of the key and of the code's SHA-256.
const HEX: usize = 64;
/// The longest file that is read.
const FILE_LIMIT: u64 = 1 << 30;
/// Files that are kept; beyond them those that were not used for longest go.
const KEPT: usize = 100;
/// What the name of a file of ours ends with.
const SUFFIX: &str = ".code";
/// What the name of one that is being written ends with.
const DRAFT: &str = ".draft";
/// The age of a draft that nobody can still be writing.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A folder of compiled code.
pub(super) struct Cache {
    folder: PathBuf,
    /// What the engine and its settings are, in hexadecimal: code for another would not run.
    engine: String,
}

impl Cache {
    pub(super) fn new(folder: PathBuf, engine: &Engine) -> Self {
        let mut hasher = Collect(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self { folder, engine: hex(&hasher.0.finalize()) }
    }

    /// The code of a component with this SHA-256, if it is there and whole.
    pub(super) fn load(&self, engine: &Engine, sha256: &str) -> Option<Component> {
        let (path, key) = self.place(sha256);
        let file = match self.read(&path) {
            Ok(file) => file?,
            Err(error) => {
                let path = path.display();
                tracing::warn!("the compiled code `{path}` is not used: {error}");
                return None;
            }
        };
        let code = match code(&file, &key) {
            Some(code) => deserialize(engine, code),
            None => Err("it is damaged".to_owned()),
        };
        code.map_err(|why| {
            let path = path.display();
            tracing::warn!("the compiled code `{path}` is not used and made anew: {why}");
        })
        .ok()
    }

    /// Keeps the code of a component. That it cannot be kept is for the log only.
    pub(super) fn keep(&self, component: &Component, sha256: &str) {
        let kept = component.serialize().map_err(io::Error::other).and_then(|code| {
            let (path, key) = self.place(sha256);
            self.make_folder()?;
            self.write(&path, &key, &code)?;
            self.prune()
        });
        if let Err(error) = kept {
            let folder = self.folder.display();
            tracing::warn!("compiled code cannot be kept in `{folder}`: {error}");
        }
    }

    /// The file for a component, and the key that has to be in it.
    fn place(&self, sha256: &str) -> (PathBuf, String) {
        let key = digest(format!("{} {sha256}", self.engine).as_bytes());
        (self.folder.join(format!("{key}{SUFFIX}")), key)
    }

    fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.check_folder().map(drop)
    }

    /// Whether the folder is there; an error if it is not ours alone.
    fn check_folder(&self) -> io::Result<bool> {
        match fs::symlink_metadata(&self.folder) {
            Ok(found) if !found.is_dir() => Err(io::Error::other("its folder is no folder")),
            Ok(found) => is_ours(&found, "its folder").map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A file's bytes; nothing if there is none.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        if !self.check_folder()? {
            return Ok(None);
        }
        let named = match fs::symlink_metadata(path) {
            Ok(named) if named.is_file() => named,
            Ok(_) => return Err(io::Error::other("it is no regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let file = File::open(path)?;
        // What is judged is the opened file, not what its name stands for by then.
        let found = file.metadata()?;
        if (found.dev(), found.ino()) != (named.dev(), named.ino()) {
            return Err(io::Error::other("it was swapped while it was opened"));
        }
        is_ours(&found, "it")?;
        let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
        (&file).take(FILE_LIMIT).read_to_end(&mut bytes)?;
        // What is used is not the first to go; on a disk that cannot be written to, nothing goes.
        let _touched = file.set_modified(SystemTime::now());
        Ok(Some(bytes))
    }

    /// Writes a file under another name first, so that none is ever seen half written.
    fn write(&self, path: &Path, key: &str, code: &[u8]) -> io::Result<()> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let draft = self.folder.join(format!("{}{DRAFT}", hex(&random)));
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            file.write_all(MAGIC)?;
            file.write_all(key.as_bytes())?;
            file.write_all(digest(code).as_bytes())?;
            file.write_all(code)?;
            File::sync_all(&file)?;
            fs::rename(&draft, path)
        };
        write().inspect_err(|_| {
            // The error that is told is the first.
            let _gone = fs::remove_file(&draft);
        })
    }

    /// Removes what was not used for longest, and drafts that a process which died has left behind.
    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let (name, modified) = (entry.file_name(), entry.metadata()?.modified()?);
            let name = name.to_string_lossy();
            if name.ends_with(SUFFIX) {
                files.push((modified, entry.path()));
            } else if name.ends_with(DRAFT) && modified.elapsed().is_ok_and(|age| age > ABANDONED) {
                fs::remove_file(entry.path())?;
            }
        }
        files.sort_unstable();
        let surplus = files.len().saturating_sub(KEPT);
        files.into_iter().take(surplus).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// Whether something belongs to us and nobody else can write to it.
fn is_ours(found: &fs::Metadata, what: &str) -> io::Result<()> {
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other(format!("{what} belongs to another user")));
    }
    if found.mode() & 0o022 != 0 {
        return Err(io::Error::other(format!("others can write to {what}")));
    }
    Ok(())
}

/// The code in a file of ours, if the file is that of this key and whole.
fn code<'a>(file: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let (found, rest) = file.strip_prefix(MAGIC)?.split_at_checked(HEX)?;
    let (sum, code) = rest.split_at_checked(HEX)?;
    (found == key.as_bytes() && sum == digest(code).as_bytes()).then_some(code)
}

#[allow(unsafe_code, reason = "code that was compiled before is run as it is: host/adr/0006")]
fn deserialize(engine: &Engine, code: &[u8]) -> Result<Component, String> {
    // SAFETY: `code` has to be what `Component::serialize` of an engine like this one wrote. It was read from a
    // file that only our user can write, in a folder of which the same holds, and its SHA-256 and the key of
    // engine and component, which stand in the file, were compared: so we wrote it, for this, and all of it is
    // there. Besides, wasmtime refuses code of another version or other settings.
    let component = unsafe { Component::deserialize(engine, code) };
    component.map_err(|error| format!("{error:#}"))
}

/// Takes in what is to be hashed.
struct Collect(Sha256);

impl Hasher for Collect {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is taken from within.
    fn finish(&self) -> u64 {
        0
    }
}

//! The vault's file on the disk: who may see it, how it is read, and how it is replaced whole or not at all.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mcpmux_core::ports::VaultProblem;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::seal::random;

/// The largest file that is read or written, in bytes.
const LIMIT: u64 = 64 << 20;
/// How long others may take with the file.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses between two tries to get a lock, from and to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Where the vault is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    file: PathBuf,
}

/// The right to be the only process that changes the file.
pub(crate) struct Writing<'a> {
    place: &'a Place,
    _lock: File,
}

impl Place {
    pub(crate) const fn new(file: PathBuf) -> Self {
        Self { file }
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The content; `None` if there is no file.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultProblem> {
        read_private(&self.file, "vault", LIMIT)
    }

    /// Waits for the right to change the file, and makes its folder if there is none.
    pub(crate) fn write(&self) -> Result<Writing<'_>, VaultProblem> {
        self.make_folder()?;
        let path = self.beside("lock");
        let lock = open_lock(&path).map_err(|error| failed("open", &path, &error))?;
        let (until, mut pause) = (Instant::now() + PATIENCE, PAUSE.0);
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Writing { place: self, _lock: lock }),
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(pause)
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(VaultProblem::Failed(format!(
                        "another process has held the vault `{}` for {PATIENCE:?}\n\
                         hint: look for one that hangs: fuser {}",
                        self.file.display(),
                        path.display()
                    )));
                }
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// The file that whoever has the turn called `name` holds locked.
    pub(crate) fn turn(&self, name: &str) -> Result<File, VaultProblem> {
        self.make_folder()?;
        let folder = self.beside("turns");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| failed("make", &folder, &error))?;
        let path = folder.join(name);
        open_lock(&path).map_err(|error| failed("open", &path, &error))
    }

    /// Whether a file is one that the vault uses itself.
    pub(crate) fn uses(&self, file: &Path) -> bool {
        file == self.file
            || ["lock", "new"].iter().any(|what| file == self.beside(what))
            || file.starts_with(self.beside("turns"))
    }

    /// The file's name with something after it.
    fn beside(&self, what: &str) -> PathBuf {
        self.file.with_added_extension(what)
    }

    fn folder(&self) -> &Path {
        folder_of(&self.file)
    }

    fn make_folder(&self) -> Result<(), VaultProblem> {
        let folder = self.folder();
        make_folders(folder).map_err(|error| failed("make", folder, &error))?;
        let about = folder.metadata().map_err(|error| failed("look at", folder, &error))?;
        own(folder, "vault's folder", &about)?;
        if about.mode() & 0o022 != 0 {
            return Err(VaultProblem::Failed(format!(
                "others can write in the vault's folder `{0}` (mode {1:04o})\nhint: chmod 700 {0}",
                folder.display(),
                about.mode() & 0o7777
            )));
        }
        Ok(())
    }
}

impl Writing<'_> {
    /// Puts a new file in the place of the old one. If this fails the old one is still there, unless the error says that
    /// it is unknown; else the new one is, even if the power fails.
    pub(crate) fn replace(&self, text: &str) -> Result<(), VaultProblem> {
        let (file, aside) = (&self.place.file, self.place.beside("new"));
        if text.len() as u64 > LIMIT {
            return Err(VaultProblem::Failed(format!(
                "the vault `{}` would have more than {LIMIT} bytes, and stays as it is\n\
                 hint: take out what is not needed any more: mcpmux secret list",
                file.display()
            )));
        }
        let replaced = File::open(self.place.folder()).and_then(|folder| {
            write_aside(&aside, text.as_bytes())?;
            std::fs::rename(&aside, file)?;
            Ok(folder)
        });
        let folder = replaced.map_err(|error| {
            // There may be none; and whoever writes next removes it too.
            let _gone = std::fs::remove_file(&aside);
            failed("write", file, &error)
        })?;
        folder.sync_all().map_err(|error| {
            VaultProblem::Failed(format!(
                "the vault `{}` is written, and whether it stays so if the power fails is unknown: {error}",
                file.display()
            ))
        })
    }
}

/// The folder of a file.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder that only its owner can look into, and those above it that are missing, and waits until they are on the
/// disk.
fn make_folders(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for made in missing {
        // Some folders can be written in and not be read; then there is nothing to wait with.
        let _unread = File::open(folder_of(made)).and_then(|above| above.sync_all());
    }
    Ok(())
}

/// Makes a file that only its owner can read, with this content. One of this name that a process left behind goes.
fn write_aside(aside: &Path, content: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create_private(aside, content)
}

/// Makes a new file that only its owner can read, with this content: whole, on the disk, and never in the place of
/// another.
pub(crate) fn create_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut number = [0; 8];
    random(&mut number).map_err(io::Error::other)?;
    // Whoever else makes it at the same time has a name of their own.
    let aside = path.with_added_extension(format!("new-{:016x}", u64::from_be_bytes(number)));
    let folder = File::open(folder_of(path))?;
    let made = create_private(&aside, content).and_then(|()| std::fs::hard_link(&aside, path));
    let gone = std::fs::remove_file(&aside);
    made.and(gone)?;
    folder.sync_all()
}

/// Makes a new file that only its owner can read, with this content, and waits until the content is on the disk.
fn create_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The content of a file that only we can read; `None` if there is none.
pub(crate) fn read_private(
    path: &Path,
    what: &str,
    limit: u64,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultProblem> {
    read(path, what, limit, OFlags::NOFOLLOW, |about| {
        own(path, what, about)?;
        shut(path, what, about, 0o077)
    })
}

/// The content of a file that somebody else has put there for us, and perhaps for our group; `None` if there is none.
pub(crate) fn read_handed(
    path: &Path,
    what: &str,
    limit: u64,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultProblem> {
    read(path, what, limit, OFlags::empty(), |about| shut(path, what, about, 0o007))
}

/// The content of a file that passes a look at it; `None` if there is none.
fn read(
    path: &Path,
    what: &str,
    limit: u64,
    flags: OFlags,
    passes: impl Fn(&Metadata) -> Result<(), VaultProblem>,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultProblem> {
    let mut options = OpenOptions::new();
    // What is at the path may be anything; opening it must not wait.
    let flags = flags | OFlags::NONBLOCK;
    let file = options.read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(VaultProblem::Failed(format!(
                "the {what} `{}` is a symbolic link, which could be turned to another file\n\
                 hint: name the file that it leads to",
                path.display()
            )));
        }
        Err(error) => return Err(failed("read", path, &error)),
    };
    let about = file.metadata().map_err(|error| failed("look at", path, &error))?;
    if !about.is_file() {
        let text = format!("the {what} `{}` is no file", path.display());
        return Err(VaultProblem::Failed(text));
    }
    passes(&about)?;
    let mut content = Zeroizing::new(Vec::new());
    // Room for all of it at once: growing would leave pieces behind in memory.
    content.reserve_exact(usize::try_from(about.len().min(limit)).unwrap_or_default() + 1);
    let read = file.take(limit + 1).read_to_end(&mut content);
    read.map_err(|error| failed("read", path, &error))?;
    if content.len() as u64 > limit {
        let text = format!("the {what} `{}` has more than {limit} bytes", path.display());
        return Err(VaultProblem::Failed(text));
    }
    Ok(Some(content))
}

/// Refuses what has one of these bits in its mode.
fn shut(path: &Path, what: &str, about: &Metadata, bits: u32) -> Result<(), VaultProblem> {
    if about.mode() & bits == 0 {
        return Ok(());
    }
    Err(VaultProblem::Failed(format!(
        "others can read or write the {what} `{0}` (mode {1:04o})\nhint: chmod {2:o} {0}",
        path.display(),
        about.mode() & 0o7777,
        0o600 | (about.mode() & 0o070 & !bits)
    )))
}

/// Refuses what belongs to somebody else.
fn own(path: &Path, what: &str, about: &Metadata) -> Result<(), VaultProblem> {
    let us = rustix::process::geteuid().as_raw();
    if about.uid() == us {
        return Ok(());
    }
    Err(VaultProblem::Failed(format!(
        "the {what} `{0}` belongs to user {1}, and mcpmux runs as user {us}\n\
         hint: run mcpmux as its owner, or: chown {us} {0}",
        path.display(),
        about.uid()
    )))
}

fn open_lock(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(flags.bits().cast_signed()).open(path)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> VaultProblem {
    VaultProblem::Failed(format!("cannot {what} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_would_not_be_read_again_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path().join("vault.mcv"));
        let writing = place.write().unwrap();
        writing.replace("old").unwrap();
        let most = usize::try_from(LIMIT).unwrap();
        let problem = writing.replace(&"x".repeat(most + 1)).unwrap_err();
        assert!(problem.to_string().contains("would have more than"), "{problem}");
        assert_eq!(place.read().unwrap().unwrap().as_slice(), b"old");
        assert!(!place.beside("new").exists());
        writing.replace(&"x".repeat(most)).unwrap();
        assert_eq!(place.read().unwrap().unwrap().len(), most);
    }
}

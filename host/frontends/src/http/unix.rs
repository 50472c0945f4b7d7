//! The Unix socket: a file that only its owner may connect to, taken over from a process that is gone, removed at
//! the end. What is spoken on it is the frontend's.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener as Bound, UnixStream as Probe};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// A socket that is listened on.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of the file, by which it is known as ours.
    file: (u64, u64),
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another process answers there.
    #[error("another process is listening on {0}")]
    Taken(PathBuf),
    /// There is something that was not made to be connected to.
    #[error("{0} is there and is no socket; it is left as it is")]
    NoSocket(PathBuf),
    /// The system does not let us.
    #[error("cannot listen on {path}: {source}")]
    System {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Socket {
    /// Listens at a path. The file of a process that no longer answers is replaced, any other is left alone.
    ///
    /// # Errors
    /// If the path is taken, or the system refuses.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let system = |source| SocketError::System { path: path.to_owned(), source };
        free(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let private = folder.unwrap_or(Path::new(".")).join(name().map_err(system)?);
        // In a folder of its own, nobody can connect before the file has its rights.
        DirBuilder::new().mode(0o700).create(&private).map_err(system)?;
        let bound = place(&private.join("s"), path);
        let removed = fs::remove_dir(&private);
        let bound = bound.map_err(system)?;
        removed.map_err(system)?;
        let file = fs::symlink_metadata(path).map(|file| id(&file)).map_err(system)?;
        let listener = UnixListener::from_std(bound).map_err(system)?;
        Ok(Self { listener, path: path.to_owned(), file })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// If the system has none to give, for instance because too many files are open.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Another process may have put its own in the place by now.
        if fs::symlink_metadata(&self.path).is_ok_and(|file| id(&file) == self.file)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!("the socket {} is left behind: {error}", self.path.display());
        }
    }
}

/// Makes sure that nothing is at the path that must stay.
fn free(path: &Path) -> Result<(), SocketError> {
    let system = |source| SocketError::System { path: path.to_owned(), source };
    let kind = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(system)?.file_type(),
    };
    if !kind.is_socket() {
        return Err(SocketError::NoSocket(path.to_owned()));
    }
    match Probe::connect(path) {
        Ok(_) => Err(SocketError::Taken(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(system(error)),
    }
}

/// Listens at one path and puts the file at another, in the place of what is there.
fn place(at: &Path, path: &Path) -> io::Result<Bound> {
    let bound = Bound::bind(at)?;
    let placed = bound
        .set_nonblocking(true)
        .and_then(|()| fs::set_permissions(at, Permissions::from_mode(0o600)))
        .and_then(|()| fs::rename(at, path));
    if placed.is_err() {
        fs::remove_file(at)?;
    }
    placed.map(|()| bound)
}

/// A name that nobody else has.
fn name() -> io::Result<String> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!(".{:08x}", u32::from_be_bytes(bytes)))
}

fn id(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

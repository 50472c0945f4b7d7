//! A file that is being written: beside the place it is meant for, and gone unless it is kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWrite;

use crate::SIZE_LIMIT;
use crate::digest::Digest;
use crate::error::Error;

/// The bytes so far; what is written is counted and digested on the way.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    target: PathBuf,
    file: File,
    hasher: Sha256,
    /// How many bytes came; one more than [`SIZE_LIMIT`] if there were more than that.
    pub(crate) size: u64,
}

impl Partial {
    /// An empty file in the folder of `target`, which is made if it is not there.
    pub(crate) fn beside(target: &Path) -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let failed = |why| Error::File { what: "write", path: target.to_owned(), why };
        let name =
            target.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        if target.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(format!(".{}-{count}.part", std::process::id()));
        let path = target.with_file_name(partial);
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        Ok(Self { path, target: target.to_owned(), file, hasher: Sha256::new(), size: 0 })
    }

    /// Where it is now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The digest of what was written.
    pub(crate) fn digest(&self) -> Digest {
        self.hasher.clone().into()
    }

    /// Puts it where it is meant to be, in one step.
    pub(crate) fn keep(self) -> Result<(), Error> {
        let failed = |why| Error::File { what: "write", path: self.target.clone(), why };
        self.file.sync_all().map_err(failed)?;
        fs::rename(&self.path, &self.target).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Where it was kept, there is nothing at the old place any more.
        let _gone = fs::remove_file(&self.path);
    }
}

/// Files of this size are written in no time, so that waiting for it here holds nobody up.
impl AsyncWrite for Partial {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.size + bytes.len() as u64 > SIZE_LIMIT {
            self.size = SIZE_LIMIT + 1;
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.file.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

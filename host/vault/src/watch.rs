//! Noticing that somebody, here or in another process, has written the vault's file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often the file is looked at. Watches of the system do not see every folder, and a look costs next to nothing.
const LOOK: Duration = Duration::from_secs(1);

/// What tells one state of the file from another; a file that is replaced has another inode.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    inode: u64,
    length: u64,
    written: Option<SystemTime>,
}

/// What was seen last.
#[derive(Default)]
pub(crate) struct Watch(Mutex<Option<Option<Mark>>>);

impl Watch {
    /// Ends when the file is not what it was when this ended before.
    pub(crate) async fn changed(&self, file: &Path) {
        loop {
            let mark = mark(file).await;
            {
                let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.replace(mark.clone()).is_some_and(|seen| seen != mark) {
                    return;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

async fn mark(file: &Path) -> Option<Mark> {
    use std::os::unix::fs::MetadataExt as _;
    let found = tokio::fs::metadata(file).await.ok()?;
    Some(Mark { inode: found.ino(), length: found.len(), written: found.modified().ok() })
}

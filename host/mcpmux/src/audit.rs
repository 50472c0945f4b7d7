//! The audit file: one row a call, written behind the calls' backs by a thread of its own; never in their way. What is in
//! a row is `row`'s.

pub(crate) mod row;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use mcpmux_core::config;
use mcpmux_core::hook::Record;
use mcpmux_core::json::Raw;
use mcpmux_core::ports::Audit;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::failure::Failure;
use row::Row;

/// Calls that may wait to be written; what comes then is dropped and counted.
const WAITING: usize = 4_096;
/// Bytes of arguments that may wait to be written.
const WAITING_BYTES: usize = 64 << 20;
/// Bytes of lines that are written at once at most, but for a longer line.
const BUFFER: usize = 64 << 10;
/// Nobody else reads what was called.
const MODE: u32 = 0o600;

/// What the thread is told.
enum Entry {
    /// A call has ended, at this time.
    Call(Box<Record>, Option<Raw>, SystemTime),
    /// No more will come.
    End,
}

/// Takes the calls.
struct Desk {
    entries: mpsc::Sender<Entry>,
    arguments: bool,
    load: Arc<Load>,
}

/// What is waiting, and what was dropped since that was last said.
#[derive(Default)]
struct Load {
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

impl Load {
    /// Counts the rows that were lost, and says why they were.
    fn count(&self, written: Result<(), Lost>) -> Option<io::Error> {
        let Lost { rows, error } = written.err()?;
        self.dropped.fetch_add(rows, Ordering::Relaxed);
        Some(error)
    }
}

impl Audit for Desk {
    fn record(&self, record: &Record, arguments: &Raw) {
        let arguments = Some(arguments.as_bytes()).filter(|_| self.arguments);
        let size = arguments.map_or(0, <[u8]>::len);
        let fits = self.load.bytes.fetch_add(size, Ordering::Relaxed) + size <= WAITING_BYTES;
        // In memory of their own: as a part of the request they would keep all of it.
        let arguments = arguments.filter(|_| fits);
        let arguments = arguments.map(|text| Raw::trusted(Bytes::copy_from_slice(text)));
        let entry = Entry::Call(Box::new(record.clone()), arguments, SystemTime::now());
        if !fits || self.entries.try_send(entry).is_err() {
            self.load.bytes.fetch_sub(size, Ordering::Relaxed);
            self.load.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// An audit file that is being written.
pub(crate) struct Ledger {
    desk: Arc<Desk>,
    writing: JoinHandle<()>,
}

impl Ledger {
    /// Opens the file and starts writing.
    pub(crate) fn open(audit: &config::Audit) -> Result<Self, Failure> {
        let file = Appended::open(&audit.file).map_err(|error| {
            let file = audit.file.display();
            Failure::failed(format!(
                "cannot write the audit file {file}: {error}\nhint: name another with [audit] file, or leave [audit] out"
            ))
        })?;
        let (entries, incoming) = mpsc::channel(WAITING);
        let load = Arc::new(Load::default());
        let desk = Desk { entries, arguments: audit.arguments, load: Arc::clone(&load) };
        let writing = tokio::task::spawn_blocking(move || write(file, incoming, &load));
        Ok(Self { desk: Arc::new(desk), writing })
    }

    /// Where calls are to be reported.
    pub(crate) fn desk(&self) -> Arc<dyn Audit> {
        Arc::clone(&self.desk) as _
    }

    /// Writes what is still waiting and closes the file. What is reported afterwards is dropped.
    pub(crate) async fn close(self) {
        // It fails only if the thread has ended, which is said next.
        let _ended = self.desk.entries.send(Entry::End).await;
        if let Err(error) = self.writing.await {
            tracing::error!("the audit file was not written to its end: {error}");
        }
    }
}

/// Writes the calls, and flushes whenever nothing more is waiting; then it also says what is missing.
fn write(mut file: Appended, mut incoming: mpsc::Receiver<Entry>, load: &Load) {
    let mut trouble = None;
    while let Some(Entry::Call(record, arguments, ended)) = incoming.blocking_recv() {
        let size = arguments.as_ref().map_or(0, |raw| raw.as_bytes().len());
        let written = file.append(&Row::new(&record, arguments.as_ref(), ended));
        load.bytes.fetch_sub(size, Ordering::Relaxed);
        trouble = load.count(written).or(trouble);
        if incoming.is_empty() {
            trouble = load.count(file.flush()).or(trouble);
            report(load, trouble.take());
        }
    }
    trouble = load.count(file.flush()).or(trouble);
    report(load, trouble);
}

fn report(load: &Load, trouble: Option<io::Error>) {
    let dropped = load.dropped.swap(0, Ordering::Relaxed);
    match trouble {
        Some(error) => tracing::error!(dropped, "the audit file cannot be written: {error}"),
        None if dropped > 0 => tracing::error!(dropped, "calls are missing from the audit file"),
        None => {}
    }
}

/// Rows that were not written, and why.
#[derive(Debug)]
struct Lost {
    rows: u64,
    error: io::Error,
}

impl Lost {
    /// These lines, of which the first may be the end of one. If that lacks its line end alone, it is there.
    fn of(unwritten: &[u8], error: io::Error) -> Self {
        let lost = unwritten.strip_prefix(b"\n").unwrap_or(unwritten);
        Self { rows: lost.iter().filter(|byte| **byte == b'\n').count() as u64, error }
    }
}

/// Writes whole lines.
fn put(lines: &[u8], file: &mut impl io::Write) -> Result<(), Lost> {
    let mut rest = lines;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(Lost::of(rest, io::ErrorKind::WriteZero.into())),
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Lost::of(rest, error)),
        }
    }
    Ok(())
}

/// A file that is only ever appended to. If it is renamed away, a new one is made in its place.
struct Appended {
    path: PathBuf,
    file: File,
    /// Whole lines that are not written yet: another mcpmux may append to the same file.
    lines: Vec<u8>,
    /// Device and number of the file.
    id: (u64, u64),
    /// Whether its last line may have been cut short, because it could not be written.
    cut: bool,
}

impl Appended {
    fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.append(true).read(true).create(true).mode(MODE);
        let mut file = options.open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        if found.mode() & 0o077 != 0 {
            tracing::warn!("others than its owner may read the audit file {}", path.display());
        }
        // A last line that was cut short must not swallow the next one.
        if found.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        let id = (found.dev(), found.ino());
        Ok(Self { path: path.to_owned(), file, lines: Vec::new(), id, cut: false })
    }

    fn append(&mut self, row: &Row) -> Result<(), Lost> {
        let before = self.lines.len();
        if let Err(error) = serde_json::to_writer(&mut self.lines, row) {
            self.lines.truncate(before);
            return Err(Lost { rows: 1, error: error.into() });
        }
        self.lines.push(b'\n');
        if self.lines.len() < BUFFER { Ok(()) } else { self.flush() }
    }

    /// Writes the lines. What cannot be written is gone, and is said to be.
    fn flush(&mut self) -> Result<(), Lost> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        let there = fs::metadata(&self.path).map(|found| (found.dev(), found.ino()));
        if self.cut || there.ok() != Some(self.id) {
            *self = Self::open(&self.path).map_err(|error| Lost::of(&lines, error))?;
        }
        let written = put(&lines, &mut self.file);
        self.cut = written.is_err();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_appended_to_its_owner_alone_and_followed_when_it_is_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/audit.jsonl");
        let line = |id: u64| serde_json::json!({ "id": id });
        let append = |file: &mut Appended, id: u64| {
            file.lines.extend(format!("{}\n", line(id)).as_bytes());
            file.flush().unwrap();
        };
        let mut file = Appended::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, MODE);
        append(&mut file, 1);
        drop(file);
        fs::write(&path, "{\"id\":1}\n{\"cut").unwrap();
        let mut file = Appended::open(&path).unwrap();
        append(&mut file, 2);
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"id\":1}\n{\"cut\n{\"id\":2}\n");
        let old = folder.path().join("old");
        fs::rename(&path, &old).unwrap();
        append(&mut file, 3);
        append(&mut file, 4);
        assert!(fs::read_to_string(&old).unwrap().ends_with("{\"id\":2}\n"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"id\":3}\n{\"id\":4}\n");
    }

    /// Takes so many bytes, and then fails.
    struct Full(Vec<u8>, usize);

    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = (self.1 - self.0.len()).min(bytes.len());
            if room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.extend(&bytes[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn rows_that_are_not_written_are_counted_and_one_that_was_cut_short_spoils_no_other() {
        let rows = b"{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n";
        // A row has eight bytes and its line end, without which it is whole as well.
        for (room, lost) in [(0, 3), (7, 3), (8, 2), (9, 2), (12, 2), (17, 1), (25, 1), (26, 0)] {
            let mut full = Full(Vec::new(), room);
            assert_eq!(put(rows, &mut full).unwrap_err().rows, lost, "{room}");
        }
        assert!(put(rows, &mut Full(Vec::new(), 27)).is_ok());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut file = Appended::open(&path).unwrap();
        fs::write(&path, "{\"id\":1}\n{\"cut").unwrap();
        file.cut = true;
        for id in [2, 3] {
            file.lines.extend(format!("{{\"id\":{id}}}\n").as_bytes());
            file.flush().unwrap();
        }
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(written, "{\"id\":1}\n{\"cut\n{\"id\":2}\n{\"id\":3}\n");
        // What cannot even be opened is lost to the last row, and tried again.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        file.lines.extend(rows);
        assert_eq!(file.flush().unwrap_err().rows, 3);
        fs::remove_dir(&path).unwrap();
        file.lines.extend(rows);
        file.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), rows);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Appended::open(folder.path()).is_err());
    }
}

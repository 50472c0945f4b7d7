//! The vault: reads and writes the file on threads where it may wait, and opens it with the key.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::config::{self, Secret, VaultKey};
use mcpmux_core::ports::{Pending, Record, Turn, Vault, VaultProblem};

use crate::book::{Book, Pages, Unopened};
use crate::keys::Keys;
use crate::place::Place;
use crate::seal::{Key, Salt};
use crate::turns::Turns;
use crate::watch::Watch;

/// The file's name in the folder for state.
const FILE: &str = "vault.mcv";
/// The longest value of a record, in bytes.
pub const LONGEST: usize = 1 << 20;

/// The vault of the configuration. Nothing is looked for before something is asked of it.
pub struct Store {
    files: Arc<Files>,
    turns: Turns,
    watch: Watch,
}

/// What a vault is like at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where its key comes from, as the configuration names it.
    pub key: &'static str,
    /// Its file; `None`: there is no place for one.
    pub file: Option<PathBuf>,
    /// How many records it has; `None`: there is no file yet.
    pub records: Option<usize>,
    /// What is wrong with it, if anything.
    pub problem: Option<VaultProblem>,
}

impl Store {
    /// The vault that a configuration describes; `state` is the folder for state.
    #[must_use]
    pub fn new(config: &config::Vault, state: Option<&Path>) -> Self {
        let file = config.path.clone().or_else(|| state.map(|state| state.join(FILE)));
        let files = Files {
            place: file.map(Place::new),
            keys: Keys::new(config.key.clone()),
            seen: Mutex::default(),
        };
        Self { files: Arc::new(files), turns: Turns::default(), watch: Watch::default() }
    }

    /// Whether a person has to be asked for the passphrase before it can be opened.
    #[must_use]
    pub fn wants_passphrase(&self) -> bool {
        self.files.keys.wants_passphrase()
    }

    /// Takes the passphrase that the person at the terminal said.
    pub fn say(&self, passphrase: Secret) {
        self.files.keys.say(passphrase);
    }

    /// Its file, whether it is there or not.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.files.place.as_ref().map(Place::file)
    }

    /// Makes sure that nobody else can read or write its file and its keyfile, if they are there.
    ///
    /// # Errors
    /// If somebody can, or one cannot be read at all.
    pub fn is_private(&self) -> Result<(), VaultProblem> {
        self.files.place.as_ref().map_or(Ok(()), |place| place.read().map(drop))?;
        self.files.keys.is_private()
    }

    /// Whether its file is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.file().is_some_and(Path::exists)
    }

    /// Whether it can be opened now; nothing is wrong with one that is not there yet. May block for some seconds.
    ///
    /// # Errors
    /// If it cannot.
    pub fn opens(&self) -> Result<(), VaultProblem> {
        self.files.open().map(drop)
    }

    /// Looks at it: whether it can be opened, and all records be read. May block for some seconds.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let (records, problem) = self.files.examine();
        let file = self.file().map(Path::to_owned);
        Condition { key: self.files.keys.kind().as_str(), file, records, problem }
    }

    /// The names of all records, in order. May block for some seconds.
    ///
    /// # Errors
    /// If it cannot be read now.
    pub fn known(&self) -> Result<Vec<Record>, VaultProblem> {
        self.files.records()
    }

    /// Tries out where the key comes from, for a vault that is yet to be made. May block for some seconds.
    ///
    /// # Errors
    /// If a key could neither be found nor be made there.
    pub fn probe(&self) -> Result<(), VaultProblem> {
        self.files.keys.probe()
    }

    /// Does something with the files where it may wait. It is done to its end even if nobody waits for it any more.
    async fn files<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, VaultProblem> + Send + 'static,
    ) -> Result<T, VaultProblem> {
        let files = Arc::clone(&self.files);
        let done = tokio::task::spawn_blocking(move || work(&files)).await;
        done.unwrap_or_else(|error| {
            Err(VaultProblem::Failed(format!("what was asked of the vault broke off: {error}")))
        })
    }
}

impl Vault for Store {
    fn read<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Option<Secret>, VaultProblem>> {
        let record = record.clone();
        Box::pin(self.files(move |files| match files.open()? {
            Some((book, key)) => book.read(&key, &record),
            None => Ok(None),
        }))
    }

    fn write<'a>(
        &'a self,
        record: &'a Record,
        value: Secret,
    ) -> Pending<'a, Result<(), VaultProblem>> {
        let record = record.clone();
        Box::pin(self.files(move |files| files.write(&record, &value)))
    }

    fn remove<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<bool, VaultProblem>> {
        let record = record.clone();
        Box::pin(self.files(move |files| files.remove(&record)))
    }

    fn records(&self) -> Pending<'_, Result<Vec<Record>, VaultProblem>> {
        Box::pin(self.files(Files::records))
    }

    fn turn<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<Turn, VaultProblem>> {
        Box::pin(async move { self.turns.take(self.files.place()?, record).await })
    }

    fn changed(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            match self.file() {
                Some(file) => self.watch.changed(file).await,
                None => std::future::pending().await,
            }
        })
    }
}

/// The file and its key, for threads that may wait.
struct Files {
    place: Option<Place>,
    keys: Keys,
    /// Which vault was seen last, and its youngest age.
    seen: Mutex<Option<Seen>>,
}

/// Which vault a file holds, and its age.
type Seen = (Salt, u64);

impl Files {
    fn place(&self) -> Result<&Place, VaultProblem> {
        let place = self.place.as_ref().ok_or_else(|| {
            VaultProblem::Failed(
                "there is no place for the vault: neither `XDG_STATE_HOME` nor `HOME` is set\n\
                 hint: set one of them, or `path` in [vault]"
                    .to_owned(),
            )
        })?;
        match self.keys.kind() {
            VaultKey::Keyfile(keyfile) if place.uses(keyfile) => {
                Err(VaultProblem::Failed(format!(
                    "the keyfile cannot be `{}`, which the vault itself uses\nhint: name another file in [vault] keyfile",
                    keyfile.display()
                )))
            }
            _ => Ok(place),
        }
    }

    /// The content as it is now; `None` if there is no file, and was none before.
    fn open(&self) -> Result<Option<(Book, Key)>, VaultProblem> {
        let place = self.place()?;
        let before = *self.seen();
        let Some(bytes) = place.read()? else {
            return if before.is_none() { Ok(None) } else { Err(gone(place.file())) };
        };
        let opened = Pages::parse(&bytes).open(|salt| self.keys.key(salt));
        let (book, key) = opened.map_err(|why| self.explain(why, place.file()))?;
        self.keys.was_right(book.salt());
        let now = (*book.salt(), book.age());
        if note(&mut self.seen(), before, now) {
            tracing::warn!(
                vault = %place.file().display(),
                "the vault's file is older than it was before: somebody has put an old one back"
            );
        }
        Ok(Some((book, key)))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn records(&self) -> Result<Vec<Record>, VaultProblem> {
        let opened = self.open()?;
        Ok(opened.map_or_else(Vec::new, |(book, _)| book.records().cloned().collect()))
    }

    fn write(&self, record: &Record, value: &Secret) -> Result<(), VaultProblem> {
        if value.reveal().len() > LONGEST {
            let text = format!("the {record} has more than {LONGEST} bytes, and is not kept");
            return Err(VaultProblem::Failed(text));
        }
        // Finding the key, or a passphrase for one, may take a while, in which others shall not have to wait.
        let new = match self.open()? {
            Some(_) => None,
            None => {
                let book = Book::new().map_err(VaultProblem::Failed)?;
                self.keys.prepare(book.salt())?;
                Some(book)
            }
        };
        let writing = self.place()?.write()?;
        let (mut book, key) = match self.open()? {
            Some(opened) => opened,
            None => {
                let book = new.map_or_else(Book::new, Ok).map_err(VaultProblem::Failed)?;
                let key = self.keys.new_key(book.salt())?;
                (book, key)
            }
        };
        book.write(&key, record, value).map_err(VaultProblem::Failed)?;
        writing.replace(&book.text(&key).map_err(VaultProblem::Failed)?)
    }

    fn remove(&self, record: &Record) -> Result<bool, VaultProblem> {
        if self.open()?.is_none() {
            return Ok(false);
        }
        let writing = self.place()?.write()?;
        let Some((mut book, key)) = self.open()? else { return Ok(false) };
        let was = book.remove(record);
        if was {
            writing.replace(&book.text(&key).map_err(VaultProblem::Failed)?)?;
        }
        Ok(was)
    }

    /// How many records there are, and the first thing that is wrong.
    fn examine(&self) -> (Option<usize>, Option<VaultProblem>) {
        match self.open() {
            Ok(None) => (None, None),
            Ok(Some((book, key))) => {
                let problem = book.records().find_map(|record| book.read(&key, record).err());
                (Some(book.records().count()), problem)
            }
            Err(problem) => (None, Some(problem)),
        }
    }

    fn explain(&self, why: Unopened, file: &Path) -> VaultProblem {
        let file = file.display();
        match why {
            Unopened::Key(problem) => problem,
            Unopened::Damaged => VaultProblem::Damaged(format!(
                "the vault `{file}` is damaged: nothing in it can be read\n\
                 hint: take it from a backup, or move it away and give the secrets anew"
            )),
            Unopened::Version(version) => VaultProblem::Failed(format!(
                "the vault `{file}` has the form {}, which this mcpmux does not know\n\
                 hint: a newer mcpmux wrote it; use that one",
                version.escape_debug()
            )),
            Unopened::OtherKey => {
                let what = match self.keys.kind() {
                    VaultKey::Passphrase(_) => "the passphrase is not the one",
                    VaultKey::Keychain => "the key in the keychain is not the one",
                    VaultKey::SystemdCredential(_) => {
                        "the key in the systemd credential is not the one"
                    }
                    VaultKey::Keyfile(_) => "the key in the keyfile is not the one",
                };
                let problem = VaultProblem::OtherKey(format!(
                    "{what} that the vault `{file}` was sealed with\n\
                     hint: put the right one back; if it is lost, move the file away and give the secrets anew"
                ));
                self.keys.forget(problem.clone());
                problem
            }
        }
    }
}

/// Notes what the file is like now; whether it is older than it was `before` it was read.
fn note(seen: &mut Option<Seen>, before: Option<Seen>, now: Seen) -> bool {
    let is_younger =
        |than: Option<Seen>| than.is_some_and(|(salt, age)| salt == now.0 && age > now.1);
    let is_old = is_younger(before);
    // Others may have read it meanwhile, and later than this.
    if is_old || !is_younger(*seen) {
        *seen = Some(now);
    }
    is_old
}

fn gone(file: &Path) -> VaultProblem {
    VaultProblem::Locked(format!(
        "the vault `{}` is gone, and was there before\n\
         hint: put it back; to begin a new one restart mcpmux, or: mcpmux secret set NAME",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_file_is_told_from_one_that_was_read_late() {
        let (one, two) = ([1; 16], [2; 16]);
        let mut seen = None;
        assert!(!note(&mut seen, None, (one, 5)));
        // A reads 5 of the file and is slow, B writes 6, C reads 6 and is done first.
        let before = seen;
        assert!(!note(&mut seen, before, (one, 6)));
        assert!(!note(&mut seen, before, (one, 5)));
        assert_eq!(seen, Some((one, 6)));
        let before = seen;
        assert!(note(&mut seen, before, (one, 5)), "an old one was put back");
        let before = seen;
        assert!(!note(&mut seen, before, (one, 5)), "it is said once");
        assert!(!note(&mut seen, before, (two, 2)), "another vault is no old one");
    }
}

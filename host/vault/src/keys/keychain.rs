//! The key in the operating system's keychain. Calls there may block, ask a person, or hang: each has a thread of its own
//! and a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use mcpmux_core::ports::VaultProblem;
use zeroize::Zeroizing;

use crate::seal::{Key, Salt, random};

/// How long the keychain may take for all that one question needs.
const PATIENCE: Duration = Duration::from_secs(5);
/// What our entries are called there.
const SERVICE: &str = "mcpmux";
/// What the entries with keys begin with. Each vault has its own, named after its salt: a key that is made can never take
/// the place of one that another vault needs, however late whoever makes it is.
const KEY: &str = "vault-key";
/// What the entries begin with by which the keychain is tried out.
const CANARY: &str = "canary";

/// Which key is wanted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// The one that is there.
    Find,
    /// The one that is there, or a new one.
    FindOrMake,
}

/// The keychain.
#[derive(Debug, Clone, Default)]
pub(super) struct Keychain {
    /// A question was not answered in time, and still is not.
    busy: Arc<AtomicBool>,
}

/// Whether nobody waits for the answer any more.
type Abandoned = Arc<AtomicBool>;

impl Keychain {
    /// The key of the vault with this salt.
    pub(super) fn key(&self, salt: &Salt, want: Want) -> Result<Key, VaultProblem> {
        let name = entry_of(salt);
        self.limited(PATIENCE, move |abandoned| {
            answer(&*open().map_err(unreachable)?, &name, want, abandoned)
        })
    }

    /// Whether it works.
    pub(super) fn probe(&self) -> Result<(), VaultProblem> {
        self.limited(PATIENCE, |_| try_out(&*open().map_err(unreachable)?))
    }

    fn limited<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&Abandoned) -> Result<T, VaultProblem> + Send + 'static,
    ) -> Result<T, VaultProblem> {
        if self.busy.swap(true, Ordering::SeqCst) {
            return Err(silent(patience));
        }
        let (tell, told) = mpsc::channel();
        let (busy, abandoned) = (Arc::clone(&self.busy), Abandoned::default());
        let is_abandoned = Arc::clone(&abandoned);
        let thread = std::thread::Builder::new().name("mcpmux-keychain".to_owned());
        let started = thread.spawn(move || {
            let _freed = Free(busy);
            // Nobody listens any more if it took too long.
            let _late = tell.send(work(&is_abandoned));
        });
        if let Err(error) = started {
            self.busy.store(false, Ordering::SeqCst);
            return Err(VaultProblem::Failed(format!("cannot start a thread: {error}")));
        }
        match told.recv_timeout(patience) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                abandoned.store(true, Ordering::SeqCst);
                Err(silent(patience))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(VaultProblem::Failed("asking the keychain broke off".to_owned()))
            }
        }
    }
}

/// What the entry is called with the key of the vault with this salt.
fn entry_of(salt: &Salt) -> String {
    format!("{KEY}-{:032x}", u128::from_be_bytes(*salt))
}

/// Lets the next one ask, however the work ends.
struct Free(Arc<AtomicBool>);

impl Drop for Free {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn answer(
    store: &CredentialStore,
    name: &str,
    want: Want,
    abandoned: &Abandoned,
) -> Result<Key, VaultProblem> {
    let entry = entry(store, name)?;
    if let Some(key) = read(&entry, name)? {
        return Ok(key);
    }
    // A keychain that cannot keep anything also says that there is no such entry.
    try_out(store)?;
    match want {
        Want::Find => Err(VaultProblem::Locked(format!(
            "the keychain works, and the vault's key is not in it (entry `{name}` of `{SERVICE}`)\n\
             hint: another account or machine may have it; without it move the vault's file away and give the \
             secrets anew"
        ))),
        Want::FindOrMake => {
            let key = Key::random().map_err(VaultProblem::Failed)?;
            // Nobody would seal anything with it.
            if abandoned.load(Ordering::SeqCst) {
                return Err(silent(PATIENCE));
            }
            entry.set_secret(key.text().as_bytes()).map_err(refused)?;
            match read(&entry, name)? {
                Some(kept) if kept.id() == key.id() => Ok(key),
                _ => Err(forgetful()),
            }
        }
    }
}

/// The key in an entry; `None`: there is no such entry.
fn read(entry: &Entry, name: &str) -> Result<Option<Key>, VaultProblem> {
    let content = match entry.get_secret() {
        Ok(content) => Zeroizing::new(content),
        Err(Error::NoEntry) => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    Key::read(&content).map(Some).ok_or_else(|| {
        VaultProblem::Failed(format!(
            "the entry `{name}` of `{SERVICE}` in the keychain holds no key of a vault\n\
             hint: something else wrote it; put the right one back"
        ))
    })
}

/// Writes, reads and removes an entry that nobody else uses.
fn try_out(store: &CredentialStore) -> Result<(), VaultProblem> {
    let mut number = [0; 8];
    random(&mut number).map_err(VaultProblem::Failed)?;
    let number = u64::from_be_bytes(number);
    let (name, content) = (format!("{CANARY}-{number:016x}"), format!("{number:016x}"));
    let entry = entry(store, &name)?;
    entry.set_secret(content.as_bytes()).map_err(refused)?;
    let read = entry.get_secret().map_err(refused);
    entry.delete_credential().map_err(refused)?;
    if read? == content.as_bytes() { Ok(()) } else { Err(forgetful()) }
}

type CredentialStore = dyn CredentialStoreApi + Send + Sync;

fn entry(store: &CredentialStore, name: &str) -> Result<Entry, VaultProblem> {
    store.build(SERVICE, name, None).map_err(refused)
}

/// The keychain of this system.
#[cfg(target_os = "linux")]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// The keychain of this system.
#[cfg(target_os = "macos")]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// The keychain of this system.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NotSupportedByStore("mcpmux knows no keychain of this system".to_owned()))
}

/// What to do where there is no keychain.
const OTHERWISE: &str =
    "or choose another `key` in [vault]: \"systemd-credential\", \"passphrase\" or \"keyfile\"";

fn unreachable(error: Error) -> VaultProblem {
    VaultProblem::Locked(format!(
        "the keychain cannot be reached: {error}\n\
         hint: start mcpmux in a session that has one, {OTHERWISE}"
    ))
}

fn refused(error: Error) -> VaultProblem {
    match error {
        Error::NoStorageAccess(_) => VaultProblem::Locked(format!(
            "the keychain is locked, or has no keyring yet: {error}\n\
             hint: unlock it (or make a keyring) and try again, {OTHERWISE}"
        )),
        Error::Ambiguous(_) => VaultProblem::Failed(format!(
            "the keychain has several entries of `{SERVICE}` with the same name\n\
             hint: remove those that do not belong to this vault"
        )),
        other => VaultProblem::Locked(format!(
            "the keychain failed: {other}\nhint: see whether it runs, {OTHERWISE}"
        )),
    }
}

fn silent(patience: Duration) -> VaultProblem {
    VaultProblem::Locked(format!(
        "the keychain did not answer within {patience:?}; perhaps it asks a person to unlock it\n\
         hint: unlock it and try again, {OTHERWISE}"
    ))
}

fn forgetful() -> VaultProblem {
    VaultProblem::Locked(format!(
        "the keychain does not keep what is written to it\nhint: see whether it works, {OTHERWISE}"
    ))
}

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::*;

    fn asked(store: &CredentialStore, salt: u8, want: Want) -> Result<Key, VaultProblem> {
        answer(store, &entry_of(&[salt; 16]), want, &Abandoned::default())
    }

    #[test]
    fn a_key_is_made_once_for_each_vault() {
        let store = mock::Store::new().unwrap();
        assert!(matches!(asked(&*store, 1, Want::Find), Err(VaultProblem::Locked(_))));
        try_out(&*store).unwrap();
        let made = asked(&*store, 1, Want::FindOrMake).map_err(drop).unwrap();
        // Whoever is late makes one for a vault that nobody has, and takes nothing from those that are there.
        let late = asked(&*store, 2, Want::FindOrMake).map_err(drop).unwrap();
        assert_ne!(made.id(), late.id());
        for want in [Want::Find, Want::FindOrMake] {
            assert_eq!(asked(&*store, 1, want).map_err(drop).unwrap().id(), made.id());
        }
    }

    #[test]
    fn nothing_is_kept_for_who_has_gone() {
        let store = mock::Store::new().unwrap();
        let gone = Abandoned::new(AtomicBool::new(true));
        let name = entry_of(&[1; 16]);
        assert!(answer(&*store, &name, Want::FindOrMake, &gone).is_err());
        assert!(matches!(asked(&*store, 1, Want::Find), Err(VaultProblem::Locked(_))));
    }

    #[test]
    fn what_is_no_key_is_left_alone() {
        let store = mock::Store::new().unwrap();
        let entry = entry(&*store, &entry_of(&[1; 16])).unwrap();
        entry.set_secret(b"something else").unwrap();
        assert!(matches!(asked(&*store, 1, Want::FindOrMake), Err(VaultProblem::Failed(_))));
        assert_eq!(entry.get_secret().unwrap(), b"something else");
    }

    #[test]
    fn a_keychain_that_hangs_is_given_up_and_not_asked_again_meanwhile() {
        let keychain = Keychain::default();
        let (release, held) = mpsc::channel::<()>();
        let short = Duration::from_millis(50);
        let hung = keychain.limited(short, move |_| {
            let _released = held.recv();
            Ok(())
        });
        assert!(matches!(hung, Err(VaultProblem::Locked(_))));
        assert!(keychain.limited(short, |_| Ok(())).is_err());
        drop(release);
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while keychain.limited(PATIENCE, |_| Ok(())).is_err() {
            assert!(std::time::Instant::now() < until, "it is free again");
            std::thread::yield_now();
        }
    }
}

//! The vault through its contract: what one store writes another reads, with turns, and nothing is taken that others
//! could have read or written.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use mcpmux_core::config::{self, Passphrase, Secret, VaultKey};
use mcpmux_core::ports::{Record, Vault as _, VaultProblem};
use tempfile::TempDir;

use super::*;

fn named(name: &str) -> Record {
    Record::Named(name.to_owned())
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn store(folder: &Path, key: VaultKey) -> Store {
    let path = Some(folder.join("state/vault.mcv"));
    Store::new(&config::Vault { key, path }, None)
}

fn keyfile(folder: &TempDir) -> Store {
    store(folder.path(), VaultKey::Keyfile(folder.path().join("key")))
}

fn passphrase(folder: &TempDir, text: &str) -> Store {
    store(folder.path(), VaultKey::Passphrase(Passphrase::Given(secret(text))))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it happens in time")
}

#[tokio::test]
async fn what_one_writes_another_reads() {
    let folder = folder();
    let (one, two) = (keyfile(&folder), keyfile(&folder));
    assert_eq!(two.read(&named("a")).await, Ok(None));
    assert_eq!(two.remove(&named("a")).await, Ok(false));
    assert_eq!(two.records().await, Ok(Vec::new()));
    one.write(&named("a"), secret("1")).await.unwrap();
    assert_eq!(two.read(&named("a")).await, Ok(Some(secret("1"))));
    two.write(&named("a"), secret("2")).await.unwrap();
    two.write(&named("b"), secret("3")).await.unwrap();
    assert_eq!(one.read(&named("a")).await, Ok(Some(secret("2"))));
    assert_eq!(one.records().await, Ok(vec![named("a"), named("b")]));
    assert_eq!(one.remove(&named("a")).await, Ok(true));
    assert_eq!(two.read(&named("a")).await, Ok(None));
    let condition = two.condition();
    assert_eq!((condition.key, condition.records), ("keyfile", Some(1)));
    assert_eq!(condition.problem, None);
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let folder = folder();
    let store = keyfile(&folder);
    store.write(&named("a"), secret("1")).await.unwrap();
    let mode = |path: &str| folder.path().join(path).metadata().unwrap().mode() & 0o777;
    assert_eq!((mode("state"), mode("state/vault.mcv"), mode("key")), (0o700, 0o600, 0o600));
    for (path, wrong, right) in
        [("state/vault.mcv", 0o644, 0o600), ("key", 0o640, 0o600), ("state", 0o770, 0o700)]
    {
        let path = folder.path().join(path);
        let change =
            |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        change(wrong);
        let fresh = keyfile(&folder);
        let problem = fresh.write(&named("a"), secret("2")).await.unwrap_err();
        let hint = format!("chmod {right:o} {}", path.display());
        assert!(matches!(&problem, VaultProblem::Failed(why) if why.contains(&hint)), "{problem}");
        change(right);
        assert_eq!(keyfile(&folder).read(&named("a")).await, Ok(Some(secret("1"))));
    }
}

#[tokio::test]
async fn another_key_opens_nothing_and_changes_nothing() {
    let folder = folder();
    keyfile(&folder).write(&named("a"), secret("1")).await.unwrap();
    let before = std::fs::read(folder.path().join("state/vault.mcv")).unwrap();
    let other = store(folder.path(), VaultKey::Keyfile(folder.path().join("other")));
    let problem = other.write(&named("a"), secret("2")).await.unwrap_err();
    assert!(
        matches!(&problem, VaultProblem::Locked(why) if why.contains("no keyfile")),
        "{problem}"
    );
    assert!(!folder.path().join("other").exists(), "a key is made for a new vault only");
    let wrong = passphrase(&folder, "wrong");
    let problem = wrong.write(&named("a"), secret("2")).await.unwrap_err();
    assert!(
        matches!(&problem, VaultProblem::OtherKey(why) if why.contains("not the one")),
        "{problem}"
    );
    assert_eq!(std::fs::read(folder.path().join("state/vault.mcv")).unwrap(), before);
}

#[tokio::test]
async fn a_passphrase_opens_it_whoever_says_it() {
    let folder = folder();
    passphrase(&folder, "right").write(&named("a"), secret("1")).await.unwrap();
    let argv = ["echo", "right"].map(str::to_owned).to_vec();
    let asks = store(folder.path(), VaultKey::Passphrase(Passphrase::Command(argv)));
    assert_eq!(asks.read(&named("a")).await, Ok(Some(secret("1"))));
    let waits = store(folder.path(), VaultKey::Passphrase(Passphrase::Ask));
    assert!(waits.wants_passphrase());
    assert!(matches!(waits.read(&named("a")).await, Err(VaultProblem::Locked(_))));
    waits.say(secret("right"));
    assert_eq!(waits.read(&named("a")).await, Ok(Some(secret("1"))));
}

#[tokio::test]
async fn a_damaged_record_is_named_and_the_others_are_read() {
    let folder = folder();
    let store = keyfile(&folder);
    store.write(&named("a"), secret("1")).await.unwrap();
    store.write(&named("b"), secret("2")).await.unwrap();
    let path = folder.path().join("state/vault.mcv");
    let mut text = std::fs::read_to_string(&path).unwrap();
    let at = text.find("record 1 ").unwrap() + 20;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    text.replace_range(at..=at, other);
    std::fs::write(&path, text).unwrap();
    let problem = store.read(&named("a")).await.unwrap_err();
    assert!(
        matches!(&problem, VaultProblem::Damaged(why) if why.contains("secret `a`")),
        "{problem}"
    );
    assert_eq!(store.read(&named("b")).await, Ok(Some(secret("2"))));
    assert_eq!(store.condition().problem, Some(problem));
    store.write(&named("b"), secret("3")).await.unwrap();
    assert!(store.read(&named("a")).await.is_err(), "it does not vanish by itself");
    store.write(&named("a"), secret("4")).await.unwrap();
    assert_eq!(store.condition().problem, None);
}

#[tokio::test]
async fn a_failed_write_leaves_what_was() {
    let folder = folder();
    let store = keyfile(&folder);
    store.write(&named("a"), secret("1")).await.unwrap();
    // What is to be written aside cannot be: a folder stands there that is not empty.
    let aside = folder.path().join("state/vault.mcv.new");
    std::fs::create_dir_all(aside.join("x")).unwrap();
    assert!(store.write(&named("a"), secret("2")).await.is_err());
    assert_eq!(store.read(&named("a")).await, Ok(Some(secret("1"))));
    std::fs::remove_dir_all(aside).unwrap();
    store.write(&named("a"), secret("2")).await.unwrap();
    let huge = secret(&"x".repeat((1 << 20) + 1));
    assert!(store.write(&named("a"), huge).await.is_err());
    assert_eq!(store.read(&named("a")).await, Ok(Some(secret("2"))));
}

#[tokio::test]
async fn many_write_at_once_and_nothing_is_lost() {
    let folder = folder();
    let writes = (0..4).map(|writer| {
        let store = keyfile(&folder);
        tokio::spawn(async move {
            for turn in 0..10 {
                let record = named(&format!("{writer}-{turn}"));
                within(store.write(&record, secret("x"))).await.unwrap();
            }
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    assert_eq!(keyfile(&folder).records().await.unwrap().len(), 40);
}

#[tokio::test]
async fn a_turn_is_one_at_a_time_in_this_process_and_among_all() {
    let folder = folder();
    let (one, two) = (keyfile(&folder), keyfile(&folder));
    let turn = within(one.turn(&named("a"))).await.unwrap();
    let free = within(two.turn(&named("b"))).await.unwrap();
    for store in [&one, &two] {
        let short = Duration::from_millis(150);
        assert!(tokio::time::timeout(short, store.turn(&named("a"))).await.is_err());
    }
    let waits = tokio::spawn(async move { within(two.turn(&named("a"))).await.map(drop) });
    drop((turn, free));
    waits.await.unwrap().unwrap();
    within(one.turn(&named("a"))).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_gone_is_no_vault_without_records() {
    let folder = folder();
    let store = keyfile(&folder);
    store.write(&named("a"), secret("1")).await.unwrap();
    assert_eq!(store.read(&named("a")).await, Ok(Some(secret("1"))));
    let (file, aside) = (folder.path().join("state/vault.mcv"), folder.path().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    let gone = |problem: &VaultProblem| matches!(problem, VaultProblem::Locked(why) if why.contains("is gone"));
    assert!(store.read(&named("a")).await.is_err_and(|problem| gone(&problem)));
    assert!(store.records().await.is_err_and(|problem| gone(&problem)));
    assert!(store.write(&named("a"), secret("2")).await.is_err_and(|problem| gone(&problem)));
    assert!(!file.exists(), "no new one is begun in its place");
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(store.read(&named("a")).await, Ok(Some(secret("1"))));
    // Another process may begin a new one, which is taken up.
    std::fs::remove_file(&file).unwrap();
    keyfile(&folder).write(&named("b"), secret("3")).await.unwrap();
    assert_eq!(store.records().await, Ok(vec![named("b")]));
}

#[tokio::test]
async fn a_vault_and_its_key_are_two_files() {
    let folder = folder();
    for name in ["vault.mcv", "vault.mcv.lock", "vault.mcv.new", "vault.mcv.turns/x"] {
        let store = store(folder.path(), VaultKey::Keyfile(folder.path().join("state").join(name)));
        let problem = store.write(&named("a"), secret("1")).await.unwrap_err();
        assert!(problem.to_string().contains("the vault itself uses"), "{problem}");
    }
    assert!(!folder.path().join("state").exists());
}

#[tokio::test]
async fn a_passphrase_that_takes_long_holds_up_nobody_who_writes() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let argv = ["cat".to_owned(), pipe.to_str().unwrap().to_owned()].to_vec();
    let slow = store(folder.path(), VaultKey::Passphrase(Passphrase::Command(argv)));
    let writes = tokio::spawn(async move { slow.write(&named("a"), secret("1")).await });
    // The program runs once somebody can write to what it reads.
    let opened =
        tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe));
    let mut pipe = within(opened).await.unwrap().unwrap();
    let lock = folder.path().join("state/vault.mcv.lock");
    assert!(
        !lock.exists() || std::fs::File::open(&lock).unwrap().try_lock().is_ok(),
        "nobody is kept out while it runs"
    );
    std::io::Write::write_all(&mut pipe, b"right\n").unwrap();
    drop(pipe);
    within(writes).await.unwrap().unwrap();
    assert_eq!(passphrase(&folder, "right").read(&named("a")).await, Ok(Some(secret("1"))));
}

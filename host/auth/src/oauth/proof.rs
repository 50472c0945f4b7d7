//! What a client of the configuration proves itself with: its secret, the program that prints it, or its key's file. All of
//! it can be tried before a person is asked for anything.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use mcpmux_core::config::{OAuth, Proof, Secret, SecretText};
use mcpmux_core::ports::{Vault, fill};
use rustix::fs::OFlags;

use super::assertion::Key;
use super::web::Trouble;
use crate::program;

/// The largest key that is read, in bytes.
const LIMIT: usize = 64 << 10;

/// A secret of the configuration. Whoever puts it into the vault does not have to start mcpmux again.
pub(crate) async fn secret(text: &SecretText, vault: &dyn Vault) -> Result<Secret, Trouble> {
    let missing = |why| Trouble::Temporary(format!("the client's secret cannot be had: {why}"));
    fill(text, vault).await.map_err(missing)
}

/// The secret of the configured client.
pub(crate) async fn of_client(config: &OAuth, vault: &dyn Vault) -> Result<Secret, Trouble> {
    match config.client.as_ref().map(|client| &client.proof) {
        Some(Proof::Secret(text)) => secret(text, vault).await,
        Some(Proof::Command(argv)) => program::line(argv).await.map(Secret::new).map_err(|why| {
            Trouble::Temporary(format!("the command for the client's secret is of no use: {why}"))
        }),
        _ => Err(Trouble::Refused("the configured client has no secret".to_owned())),
    }
}

/// The private key of the configured client. Whoever mends its file does not have to start mcpmux again.
pub(crate) async fn key(config: &OAuth) -> Result<Key, Trouble> {
    let Some(Proof::Key(file)) = config.client.as_ref().map(|client| &client.proof) else {
        return Err(Trouble::Refused("the configured client has no key".to_owned()));
    };
    let file = file.clone();
    let reading = tokio::task::spawn_blocking(move || read_key(&file)).await;
    reading.unwrap_or_else(|error| Err(error.to_string())).map_err(Trouble::Temporary)
}

/// Makes sure that the configured client, if there is one, could prove itself now.
pub(crate) async fn check(config: &OAuth, vault: &dyn Vault) -> Result<(), Trouble> {
    match config.client.as_ref().map(|client| &client.proof) {
        None | Some(Proof::None) => Ok(()),
        Some(Proof::Secret(_) | Proof::Command(_)) => of_client(config, vault).await.map(drop),
        Some(Proof::Key(_)) => key(config).await.map(drop),
    }
}

/// Reads the key's file of a configured client, if it signs with one, so that what is wrong with it is known before
/// anybody logs in.
///
/// # Errors
/// If it cannot be used: what is wrong with the file, and what to do.
pub fn check_key(config: &OAuth) -> Result<(), String> {
    match config.client.as_ref().map(|client| &client.proof) {
        Some(Proof::Key(file)) => read_key(file).map(drop),
        _ => Ok(()),
    }
}

fn read_key(file: &Path) -> Result<Key, String> {
    Key::read(read_private(file)?.reveal())
}

/// The text of a file that nobody but its owner can read or write.
fn read_private(file: &Path) -> Result<Secret, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("`client_key` `{}` {what}", file.display());
    let unreadable = |error: std::io::Error| wrong(&format_args!("cannot be read: {error}"));
    let mut options = OpenOptions::new();
    // What is at the path may be anything; opening it must not wait.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let opened = options.read(true).custom_flags(flags).open(file).map_err(unreadable)?;
    let about = opened.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(wrong(&"is no file"));
    }
    if about.mode() & 0o077 != 0 {
        return Err(wrong(&format_args!(
            "can be read or written by others (mode {:04o})\nhint: chmod 600 {}",
            about.mode() & 0o7777,
            file.display()
        )));
    }
    // Room for all of it at once: growing would leave pieces behind in memory.
    let mut text = String::with_capacity(LIMIT + 1);
    let read = opened.take(LIMIT as u64 + 1).read_to_string(&mut text);
    let (text, read) = (Secret::new(text), read.map_err(unreadable)?);
    if read > LIMIT {
        return Err(wrong(&format_args!("has more than {LIMIT} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use mcpmux_core::config::Registered;

    use super::*;

    #[test]
    fn a_key_is_read_only_from_a_small_file_of_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let check = |file: &Path| {
            let client = Registered { id: "c".to_owned(), proof: Proof::Key(file.to_owned()) };
            check_key(&OAuth { client: Some(client), ..OAuth::default() }).unwrap_err()
        };
        let file = folder.path().join("key.pem");
        assert!(check(&file).contains("cannot be read"));
        for (text, mode, part) in [
            ("s3cret".to_owned(), 0o640, "(mode 0640)\nhint: chmod 600 "),
            ("s3cret".to_owned(), 0o602, "(mode 0602)"),
            ("s3cret".to_owned(), 0o600, "no private key in PKCS #8"),
            ("s3cret".repeat(LIMIT), 0o600, "more than 65536 bytes"),
        ] {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let why = check(&file);
            assert!(why.contains(part) && !why.contains("s3cret"), "{why}");
        }
        assert!(check(folder.path()).contains("is no file"));
        assert_eq!(check_key(&OAuth::default()), Ok(()));
    }

    #[tokio::test]
    async fn what_cannot_prove_a_client_is_known_before_a_login() {
        let vault = crate::memory::Memory::default();
        for (proof, part) in [
            (Proof::Command(vec!["/does/not/exist".to_owned()]), "cannot be started"),
            (Proof::Key("/does/not/exist".into()), "cannot be read"),
        ] {
            let client = Some(Registered { id: "c".to_owned(), proof });
            let trouble = check(&OAuth { client, ..OAuth::default() }, &vault).await.unwrap_err();
            assert!(trouble.text().contains(part), "{trouble:?}");
        }
        assert_eq!(check(&OAuth::default(), &vault).await, Ok(()));
    }
}

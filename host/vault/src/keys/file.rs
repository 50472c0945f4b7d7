//! The key in a file that only its owner can read. It protects backups of the vault, not the account.

use std::io::ErrorKind;
use std::path::Path;

use mcpmux_core::ports::VaultProblem;

use crate::place::{create_private, read_private};
use crate::seal::Key;

/// More than any form of a key has, in bytes.
const LIMIT: u64 = 4 << 10;

/// The key in the file.
pub(super) fn find(path: &Path) -> Result<Key, VaultProblem> {
    look(path)?.ok_or_else(|| {
        VaultProblem::Locked(format!(
            "there is no keyfile `{}`, and the vault was sealed with one\n\
             hint: put it back; without it the vault cannot be opened",
            path.display()
        ))
    })
}

/// The key in the file; if there is none, in a new one.
pub(super) fn find_or_make(path: &Path) -> Result<Key, VaultProblem> {
    if let Some(key) = look(path)? {
        return Ok(key);
    }
    let key = Key::random().map_err(VaultProblem::Failed)?;
    let mut text = key.text();
    text.push('\n');
    match create_private(path, text.as_bytes()) {
        Ok(()) => Ok(key),
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => find(path),
        Err(error) => {
            let text = format!("cannot make the keyfile `{}`: {error}", path.display());
            Err(VaultProblem::Failed(text))
        }
    }
}

/// The key in the file, if there is one.
pub(super) fn look(path: &Path) -> Result<Option<Key>, VaultProblem> {
    let Some(content) = read_private(path, "keyfile", LIMIT)? else { return Ok(None) };
    Key::read(&content).map(Some).ok_or_else(|| {
        VaultProblem::Failed(format!(
            "the keyfile `{0}` holds no key: 32 bytes, or those in Base64\n\
             hint: remove an empty one and mcpmux makes it anew, or: openssl rand -base64 32 > {0}",
            path.display()
        ))
    })
}

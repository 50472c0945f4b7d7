//! The key in a file that only its owner can read. It protects backups of the vault, not the account.

use std::io::ErrorKind;
use std::path::Path;

use mcpmux_core::ports::VaultProblem;

use crate::place::{create_whole, read_private};
use crate::seal::Key;

/// More than any form of a key has, in bytes.
const LIMIT: u64 = 4 << 10;

/// The key in the file, for a vault that was sealed with it.
pub(super) fn find(path: &Path) -> Result<Key, VaultProblem> {
    match look(path)? {
        Content::Key(key) => Ok(key),
        Content::None => Err(VaultProblem::Locked(format!(
            "there is no keyfile `{}`, and the vault was sealed with one\n\
             hint: put it back; without it the vault cannot be opened",
            path.display()
        ))),
        Content::Other => Err(VaultProblem::Failed(format!(
            "the keyfile `{}` holds no key (32 bytes, or those in Base64), and the vault was sealed with one\n\
             hint: put the right one back; without it the vault cannot be opened",
            path.display()
        ))),
    }
}

/// The key in the file; if there is none, in a new one.
pub(super) fn find_or_make(path: &Path) -> Result<Key, VaultProblem> {
    if let Some(key) = probe(path)? {
        return Ok(key);
    }
    let key = Key::random().map_err(VaultProblem::Failed)?;
    let mut text = key.text();
    text.push('\n');
    match create_whole(path, text.as_bytes()) {
        Ok(()) => Ok(key),
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => find(path),
        Err(error) => {
            let text = format!("cannot make the keyfile `{}`: {error}", path.display());
            Err(VaultProblem::Failed(text))
        }
    }
}

/// The key in the file, if there is one, for a vault that is yet to be made.
pub(super) fn probe(path: &Path) -> Result<Option<Key>, VaultProblem> {
    match look(path)? {
        Content::Key(key) => Ok(Some(key)),
        Content::None => Ok(None),
        Content::Other => Err(VaultProblem::Failed(format!(
            "the keyfile `{0}` holds no key: 32 bytes, or those in Base64\n\
             hint: move it away and mcpmux makes one, or name another: (umask 077; openssl rand -base64 32 > FILE)",
            path.display()
        ))),
    }
}

/// Makes sure that nobody else can read or write the file, if it is there.
pub(super) fn is_private(path: &Path) -> Result<(), VaultProblem> {
    look(path).map(drop)
}

/// What a keyfile holds.
enum Content {
    Key(Key),
    /// Something that is no key.
    Other,
    /// There is no file.
    None,
}

fn look(path: &Path) -> Result<Content, VaultProblem> {
    let Some(content) = read_private(path, "keyfile", LIMIT)? else { return Ok(Content::None) };
    Ok(Key::read(&content).map_or(Content::Other, Content::Key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_never_to_be_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = find_or_make(&path).unwrap();
        assert_eq!(find(&path).unwrap().id(), key.id());
        assert_eq!(find_or_make(&path).unwrap().id(), key.id());
        std::fs::write(&path, "").unwrap();
        let why = find(&path).err().unwrap().to_string();
        assert!(why.contains("put the right one back") && !why.contains("openssl"), "{why}");
        let why = find_or_make(&path).err().unwrap().to_string();
        assert!(
            why.contains("umask 077") && !why.contains(&format!("> {}", path.display())),
            "{why}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_key_is_made_whole_or_not_at_all_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made: Vec<String> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| find_or_make(&path))).collect();
            makers.into_iter().map(|maker| maker.join().unwrap().unwrap().id()).collect()
        });
        assert!(made.iter().all(|id| *id == made[0]), "{made:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // What is in the way, and no file: the name is taken and nothing is left.
        let taken = folder.path().join("taken");
        std::os::unix::fs::symlink("nowhere", &taken).unwrap();
        assert!(create_whole(&taken, b"text").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

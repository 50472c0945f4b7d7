//! The key that systemd hands over (systemd.exec(5), `LoadCredentialEncrypted=`).

use std::path::{Path, PathBuf};

use mcpmux_core::ports::VaultProblem;
use zeroize::Zeroizing;

use crate::seal::Key;

/// Names the folder in which systemd puts a unit's credentials.
const FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// The key in the credential of this name.
pub(super) fn find(name: &str) -> Result<Key, VaultProblem> {
    let folder = std::env::var_os(FOLDER).map(PathBuf::from).ok_or_else(|| {
        VaultProblem::Locked(format!(
            "the vault's key is a systemd credential, and `{FOLDER}` is not set: systemd did not start this\n\
             hint: in the unit: LoadCredentialEncrypted={name}:/etc/mcpmux/{name}.cred"
        ))
    })?;
    in_folder(&folder, name)
}

fn in_folder(folder: &Path, name: &str) -> Result<Key, VaultProblem> {
    let path = folder.join(name);
    let content = std::fs::read(&path).map(Zeroizing::new).map_err(|error| {
        VaultProblem::Locked(format!(
            "cannot read the systemd credential `{name}` with the vault's key: {error}\n\
             hint: in the unit: LoadCredentialEncrypted={name}:/etc/mcpmux/{name}.cred"
        ))
    })?;
    Key::read(&content).ok_or_else(|| {
        VaultProblem::Failed(format!(
            "the systemd credential `{name}` holds no key: 32 bytes, or those in Base64\n\
             hint: openssl rand -base64 32 | systemd-creds encrypt --name={name} - {name}.cred"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_a_file_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::random().unwrap();
        std::fs::write(folder.path().join("k"), &*key.text()).unwrap();
        assert_eq!(in_folder(folder.path(), "k").unwrap().id(), key.id());
        std::fs::write(folder.path().join("k"), "short").unwrap();
        assert!(matches!(in_folder(folder.path(), "k"), Err(VaultProblem::Failed(_))));
        assert!(matches!(in_folder(folder.path(), "none"), Err(VaultProblem::Locked(_))));
    }
}

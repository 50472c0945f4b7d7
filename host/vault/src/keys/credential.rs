//! The key that systemd hands over (systemd.exec(5), `LoadCredentialEncrypted=`).

use std::path::{Path, PathBuf};

use mcpmux_core::ports::VaultProblem;

use crate::place::read_handed;
use crate::seal::Key;

/// More than any form of a key has, in bytes.
const LIMIT: u64 = 4 << 10;
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
    let content =
        read_handed(&folder.join(name), "systemd credential", LIMIT)?.ok_or_else(|| {
            VaultProblem::Locked(format!(
                "there is no systemd credential `{name}` with the vault's key\n\
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
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_credential_is_a_bounded_file_of_its_name_that_not_all_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let (key, path) = (Key::random().unwrap(), folder.path().join("k"));
        let problem = |name: &str| in_folder(folder.path(), name).err().unwrap();
        std::fs::write(&path, &*key.text()).unwrap();
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        // As access control lists of systemd's show in the mode.
        std::fs::set_permissions(&path, mode(0o440)).unwrap();
        assert_eq!(in_folder(folder.path(), "k").map_err(drop).unwrap().id(), key.id());
        std::fs::set_permissions(&path, mode(0o644)).unwrap();
        assert!(problem("k").to_string().contains("others can read"));
        std::fs::set_permissions(&path, mode(0o600)).unwrap();
        for wrong in ["short", &"x".repeat(5_000)] {
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(problem("k"), VaultProblem::Failed(_)));
        }
        assert!(matches!(problem("none"), VaultProblem::Locked(_)));
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(problem("pipe").to_string().contains("is no file"), "and it does not hang");
    }
}

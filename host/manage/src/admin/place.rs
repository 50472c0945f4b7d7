//! Where the socket of the mcpmux that runs with a configuration is.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// How many bytes of the hash name a socket; the path of a socket may not be long.
const NAME: usize = 8;

/// Where a socket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its folder, which only its owner may enter.
    pub folder: PathBuf,
    /// Its file.
    pub socket: PathBuf,
}

/// The place of the socket for a configuration, by the file's real path: `mcpmux` in `$XDG_RUNTIME_DIR` (XDG Base
/// Directory Specification), else `run` in the folder where mcpmux keeps its state; without both there is none.
#[must_use]
pub fn socket(config: &Path, runtime: Option<OsString>, state: Option<PathBuf>) -> Option<Place> {
    let runtime = runtime.map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder =
        runtime.map(|folder| folder.join("mcpmux")).or_else(|| Some(state?.join("run")))?;
    let mut name = String::new();
    for byte in Sha256::digest(config.as_os_str().as_bytes()).iter().take(NAME) {
        // Writing to a string cannot fail.
        let _infallible = write!(name, "{byte:02x}");
    }
    let socket = folder.join(format!("{name}.sock"));
    Some(Place { folder, socket })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_configuration_has_a_socket_of_its_own() {
        let config = Path::new("/a/mcpmux.toml");
        let at = |config: &Path, runtime: Option<&str>, state: Option<&str>| {
            socket(config, runtime.map(OsString::from), state.map(PathBuf::from))
        };
        let run = at(config, Some("/run/user/1"), Some("/state")).unwrap();
        assert_eq!(run.folder, Path::new("/run/user/1/mcpmux"));
        assert_eq!(run.socket.parent(), Some(run.folder.as_path()));
        assert_eq!(run.socket.file_name().unwrap().len(), 2 * NAME + ".sock".len());
        assert_ne!(at(Path::new("/b/mcpmux.toml"), Some("/run/user/1"), None), Some(run.clone()));
        assert_eq!(at(config, Some("/run/user/1"), None), Some(run));
        for runtime in [None, Some("relative"), Some("")] {
            let state = at(config, runtime, Some("/state")).unwrap();
            assert_eq!(state.folder, Path::new("/state/run"), "{runtime:?}");
            assert_eq!(at(config, runtime, None), None);
        }
    }
}

//! Where the things are that tests start: the repository, the shipped and the test guests, the installed peers.

use std::path::PathBuf;

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The folder of the test guests that `cargo xtask plugins` builds.
pub fn guests() -> PathBuf {
    let target = PathBuf::from(env!("CARGO_BIN_EXE_mcpmux"));
    needed(target.ancestors().nth(2).unwrap().join("guests"), "plugins")
}

/// A shipped component, such as `rename.wasm`.
pub fn plugin(name: &str) -> PathBuf {
    needed(root().join("plugins").join(name), "plugins")
}

/// Node, of the version that the tests pin.
pub fn node() -> PathBuf {
    needed(root().join("tests/.deps/bin/node"), "deps")
}

/// The folder with the programs and libraries of a keychain.
pub fn keyring() -> PathBuf {
    needed(root().join("tests/.deps/keyring/usr"), "deps")
}

/// An installed npm package's file.
pub fn npm(file: &str) -> PathBuf {
    needed(root().join("tests/.deps/node_modules").join(file), "deps")
}

/// A file or folder of what `cargo xtask deps` installs.
pub fn installed(name: &str) -> PathBuf {
    needed(root().join("tests/.deps").join(name), "deps")
}

/// Python, with the packages that the tests pin.
pub fn python() -> PathBuf {
    needed(root().join("tests/.deps/py/bin/python"), "deps")
}

/// A test that lacks its peer fails, and says how to get it.
fn needed(path: PathBuf, task: &str) -> PathBuf {
    assert!(path.exists(), "{} is missing; run `cargo xtask {task}`", path.display());
    path
}

//! The keychain that tests use: GNOME's, and a D-Bus to reach it by. They are Debian's, unpacked without being installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use super::debian;

/// The programs that tests start.
const PROGRAMS: [&str; 2] = ["dbus-daemon", "gnome-keyring-daemon"];
/// The packages that bring them and the libraries that a small system lacks.
const PACKAGES: [&str; 4] = ["dbus-daemon", "gnome-keyring", "libgck-1-0", "libgcr-base-3-1"];

/// Puts the programs into `keyring/usr/bin`, with libraries below `keyring/usr/lib`, unless they are there.
pub(super) fn install(place: &Path, may_update: bool) -> Result<()> {
    let folder = place.join("keyring");
    let bin = folder.join("usr/bin");
    if PROGRAMS.iter().all(|program| bin.join(program).exists()) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(&folder);
    let installed: Vec<_> =
        PROGRAMS.iter().filter_map(|program| debian::installed(program)).collect();
    if installed.len() == PROGRAMS.len() {
        fs::create_dir_all(&bin).with_context(|| format!("cannot create `{}`", bin.display()))?;
        for (program, found) in PROGRAMS.iter().zip(&installed) {
            symlink(found, bin.join(program))
                .with_context(|| format!("cannot link `{program}`"))?;
        }
        return Ok(());
    }
    debian::unpack(&folder, &PACKAGES, may_update).with_context(|| {
        format!(
            "the tests need a keychain, {}, which this machine neither has nor can download\n\
             hint: on Debian, `apt-get update`, or as root `cargo xtask deps --install`; elsewhere install them",
            PROGRAMS.map(|program| format!("`{program}`")).join(" and ")
        )
    })
}

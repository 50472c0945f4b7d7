//! The OCI registry that tests pull from and push to: Debian's package, unpacked without being installed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::debian;

/// The package, and the program in it.
pub(super) const PACKAGE: &str = "docker-registry";

/// Puts the program at `bin/docker-registry`: the one that the system has, or the one of Debian's package, which takes
/// no root to download and unpack.
pub(super) fn install(place: &Path, may_update: bool) -> Result<()> {
    let program = place.join("bin").join(PACKAGE);
    let _ = fs::remove_file(&program);
    if let Some(installed) = debian::installed(PACKAGE) {
        let failed = || format!("cannot copy `{}`", installed.display());
        fs::copy(&installed, &program).with_context(failed)?;
        return Ok(());
    }
    let folder = place.join("deb");
    let _ = fs::remove_dir_all(&folder);
    debian::unpack(&folder, &[PACKAGE], may_update).with_context(|| {
        format!(
            "the tests need the OCI registry `{PACKAGE}`, which this machine neither has nor can download\n\
             hint: on Debian, `apt-get update`, or as root `cargo xtask deps --install`; elsewhere put a program \
             `{PACKAGE}` (CNCF Distribution's registry, version 2) on the path"
        )
    })?;
    let unpacked = folder.join("usr/bin").join(PACKAGE);
    fs::rename(&unpacked, &program)
        .with_context(|| format!("the package has no `{}`", unpacked.display()))?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))
}

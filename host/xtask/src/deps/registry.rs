//! The OCI registry that tests pull from and push to: Debian's package, unpacked without being installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::is_root_on_debian;
use crate::{run, say};

/// The package, and the program in it.
pub(super) const PACKAGE: &str = "docker-registry";

/// Puts the program at `bin/docker-registry`: the one that the system has, or the one of Debian's package, which takes
/// no root to download and unpack.
pub(super) fn install(place: &Path, may_update: bool) -> Result<()> {
    let program = place.join("bin").join(PACKAGE);
    let _ = fs::remove_file(&program);
    if let Some(installed) = installed() {
        let failed = || format!("cannot copy `{}`", installed.display());
        fs::copy(&installed, &program).with_context(failed)?;
        return Ok(());
    }
    say::line(format_args!("apt-get: {PACKAGE}"));
    let folder = place.join("deb");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    if download(&folder).is_err() {
        if !(may_update && is_root_on_debian()) {
            bail!(
                "the tests need the OCI registry `{PACKAGE}`, which this machine neither has nor can download\n\
                 hint: on Debian, `apt-get update`, or as root `cargo xtask deps --install`; elsewhere put a program \
                 `{PACKAGE}` (CNCF Distribution's registry, version 2) on the path"
            );
        }
        run::checked(Command::new("apt-get").args(["update", "-qq"]))?;
        download(&folder)?;
    }
    let package = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .with_context(|| format!("`apt-get download` left no package in `{}`", folder.display()))?;
    run::checked(Command::new("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    let unpacked = folder.join("usr/bin").join(PACKAGE);
    fs::rename(&unpacked, &program)
        .with_context(|| format!("the package has no `{}`", unpacked.display()))?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))
}

/// Where the system has it.
fn installed() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(PACKAGE))
        .find(|program| program.is_file())
}

fn download(folder: &Path) -> Result<()> {
    let mut apt = Command::new("apt-get");
    // As root apt would download as a user of its own, who may not write here.
    apt.args(["download", "-qq", "-o", "APT::Sandbox::User=root", PACKAGE]).current_dir(folder);
    run::checked(&mut apt)
}

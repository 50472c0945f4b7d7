//! Debian's packages, unpacked without being installed: downloading and unpacking takes no root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::is_root_on_debian;
use crate::{run, say};

/// Downloads packages and unpacks them all into a folder. If they are not known, the lists of packages are fetched first,
/// where that is allowed and possible.
pub(super) fn unpack(folder: &Path, packages: &[&str], may_update: bool) -> Result<()> {
    say::line(format_args!("apt-get: {}", packages.join(" ")));
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    if let Err(error) = download(folder, packages) {
        if !(may_update && is_root_on_debian()) {
            return Err(error);
        }
        run::checked(Command::new("apt-get").args(["update", "-qq"]))?;
        download(folder, packages)?;
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            run::checked(Command::new("dpkg-deb").arg("-x").arg(&path).arg(folder))?;
            fs::remove_file(&path)
                .with_context(|| format!("cannot remove `{}`", path.display()))?;
        }
    }
    Ok(())
}

/// Where the system has a program.
pub(super) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|found| found.is_file())
}

fn download(folder: &Path, packages: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    // As root apt would download as a user of its own, who may not write here.
    apt.args(["download", "-qq", "-o", "APT::Sandbox::User=root"]).args(packages);
    run::checked(apt.current_dir(folder))
}

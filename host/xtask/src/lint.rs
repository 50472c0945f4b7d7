//! Clippy as the compiler of our own crates, so that linting and building them is one pass.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// What `cargo clippy -- -D warnings` tells its driver; the driver takes it apart again.
const DENY_WARNINGS: &str = "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__";

/// Turns cargo's builds into linting ones. Every command that is to find what another has built needs the same.
pub(crate) struct Lints {
    driver: PathBuf,
}

impl Lints {
    /// The driver that belongs to the toolchain in use.
    pub(crate) fn find() -> Result<Self> {
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let sysroot = run::stdout_of(Command::new(rustc).args(["--print", "sysroot"]))?;
        let name = format!("clippy-driver{}", std::env::consts::EXE_SUFFIX);
        let driver = Path::new(sysroot.trim()).join("bin").join(name);
        if !driver.is_file() {
            bail!(
                "there is no `{}`\nhint: `rustup component add clippy`, or your system's package of clippy",
                driver.display()
            );
        }
        Ok(Self { driver })
    }

    /// Has `command`, a cargo that builds, compile the members of the workspace with clippy, and fail on a warning.
    /// Dependencies are compiled as ever.
    pub(crate) fn put_on(&self, command: &mut Command) {
        command.env("RUSTC_WORKSPACE_WRAPPER", &self.driver).env("CLIPPY_ARGS", DENY_WARNINGS);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Builds a package with this source, and with a warning to deny in its manifest.
    fn build(source: &str) -> (bool, String) {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("mcpmux-lints-{}-{count}", std::process::id()));
        fs::create_dir_all(dir.join("src")).unwrap();
        let manifest = "[package]\nname = \"linted\"\nedition = \"2024\"\n[workspace]\n\
                        [lints.clippy]\nunwrap_used = \"warn\"\n";
        fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        fs::write(dir.join("clippy.toml"), "allow-unwrap-in-tests = true\n").unwrap();
        fs::write(dir.join("src/lib.rs"), source).unwrap();
        let mut cargo = run::cargo();
        cargo.args(["test", "--offline", "--lib", "--target-dir"]).arg(dir.join("target"));
        Lints::find().unwrap().put_on(cargo.current_dir(&dir));
        let output = cargo.output().unwrap();
        fs::remove_dir_all(&dir).unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[test]
    fn a_lint_of_the_manifest_fails_the_build_of_the_tests() {
        let (built, said) = build(
            "pub fn first(list: &[u8]) -> u8 { *list.first().unwrap() }\n#[test]\nfn t() {}\n",
        );
        assert!(!built && said.contains("clippy::unwrap-used"), "{said}");
    }

    #[test]
    fn what_clippy_toml_allows_builds_and_is_tested() {
        let (built, said) =
            build("#[test]\nfn t() { assert_eq!(\"1\".parse::<u8>().unwrap(), 1) }\n");
        assert!(built, "{said}");
    }
}

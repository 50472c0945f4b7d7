//! The configuration file as the command line wants it: found, read, and narrowed to the backends asked for.

use std::net::SocketAddr;
use std::path::PathBuf;

use mcpmux_core::config::{Config, Transport};
use mcpmux_manage::cli::{Global, Which};
use mcpmux_registry::Lock;

use crate::failure::Failure;

/// A configuration and what the command line says about it; can be read again when the file changes.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The file, absolute, so that its folder can be watched.
    pub(crate) file: PathBuf,
    which: Which,
    http: Option<SocketAddr>,
}

impl Settings {
    /// Finds the file.
    pub(crate) fn find(
        global: &Global,
        which: &Which,
        http: Option<SocketAddr>,
    ) -> Result<Self, Failure> {
        if let Some(open) = http.filter(|http| !http.ip().is_loopback()) {
            return Err(Failure::wrong(format!(
                "`--http {open}` would open mcpmux to other machines, and it has no authentication yet\n\
                 hint: use a loopback address, such as 127.0.0.1:{}",
                open.port()
            )));
        }
        let found = mcpmux_config::search(global.config.as_deref()).map_err(Failure::wrong)?;
        let file = std::path::absolute(&found).map_err(Failure::wrong)?;
        Ok(Self { file, which: which.clone(), http })
    }

    /// The file as the person who runs the command would write it.
    pub(crate) fn shown(&self) -> PathBuf {
        let here = std::env::current_dir().ok();
        here.and_then(|here| self.file.strip_prefix(here).ok()).unwrap_or(&self.file).to_owned()
    }

    /// Reads the file. Its warnings are logged.
    pub(crate) fn read(&self) -> Result<Config, Failure> {
        let shown = self.shown();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| Failure::wrong(format!("cannot read {}: {error}", shown.display())))?;
        let variable = |name: &str| std::env::var(name).ok();
        let loaded = mcpmux_config::read(&text, &shown, &variable).map_err(|mistakes| {
            let (count, s) = (mistakes.len(), if mistakes.len() == 1 { "" } else { "s" });
            Failure::wrong(format!("{count} mistake{s} in the configuration\n{mistakes}"))
        })?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        let mut config = loaded.config;
        self.narrow(&mut config)?;
        if let Some(http) = self.http {
            config.listen.http = http;
        }
        self.pin(&mut config)?;
        Ok(config)
    }

    /// Holds components that were pulled to what the lock file says of them, now and whenever they are started.
    fn pin(&self, config: &mut Config) -> Result<(), Failure> {
        let lock = Lock::beside(&self.file).map_err(Failure::wrong)?;
        for plugin in &mut config.plugins {
            let pinned = lock.pin(plugin);
            pinned.map_err(|error| {
                Failure::wrong(format!("[[plugins]] name = \"{}\": path: {error}", plugin.name))
            })?;
        }
        for backend in &mut config.backends {
            if let Transport::Wasm { path, sha256, .. } = &mut backend.transport {
                let wrong =
                    |error| Failure::wrong(format!("[backends.{}] wasm: {error}", backend.name));
                lock.check_file(path).map_err(wrong)?;
                *sha256 = lock.get(path).map(|locked| locked.sha256.clone());
            }
        }
        Ok(())
    }

    /// Leaves out the backends that are not asked for.
    fn narrow(&self, config: &mut Config) -> Result<(), Failure> {
        let Which { only, except } = &self.which;
        let known: Vec<&str> =
            config.backends.iter().map(|backend| backend.name.as_str()).collect();
        if let Some(unknown) =
            only.iter().chain(except).find(|name| !known.contains(&name.as_str()))
        {
            return Err(Failure::wrong(format!(
                "there is no backend `{unknown}` in {}\nhint: it has {}",
                self.shown().display(),
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            )));
        }
        config.backends.retain(|backend| {
            let named = |names: &[String]| names.iter().any(|name| name == backend.name.as_str());
            (only.is_empty() || named(only)) && !named(except)
        });
        Ok(())
    }
}

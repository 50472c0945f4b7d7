//! `mcpmux check`: is the configuration right, and do its plugins load? Nothing is connected to.

use mcpmux_core::config::{Auth, Config, Transport};
use mcpmux_core::ports::{Record, VaultProblem};
use mcpmux_manage::cli::{Global, Which};
use mcpmux_manage::{admin, print};

use crate::failure::Failure;
use crate::host::{Loader, engine, services};
use crate::settings::Settings;
use crate::vault;

/// What was found.
struct Checked {
    file: String,
    backends: usize,
    plugins: usize,
    vault: admin::Vault,
}

pub(crate) fn run(global: &Global, json: bool) -> Result<(), Failure> {
    let checked = check(global);
    if !json {
        let Checked { file, backends, plugins, vault } = checked?;
        let count = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        let (backends, plugins) = (count(backends, "backend"), count(plugins, "plugin"));
        let vault = print::vault(&serde_json::to_value(vault).map_err(Failure::failed)?);
        let text = format!("{file} is right: {backends}, {plugins}\nvault: {vault}");
        return Ok(print::data(&text)?);
    }
    let (report, code) = match checked {
        Ok(Checked { file, backends, plugins, vault }) => (
            serde_json::json!({
                "ok": true,
                "file": file,
                "backends": backends,
                "plugins": plugins,
                "vault": vault,
            }),
            0,
        ),
        Err(failure) => (serde_json::json!({ "ok": false, "error": failure.text }), failure.code),
    };
    print::data(&format!("{report}\n"))?;
    if code == 0 { Ok(()) } else { Err(Failure { code, text: String::new() }) }
}

fn check(global: &Global) -> Result<Checked, Failure> {
    let settings = Settings::find(global, &Which::default(), None)?;
    let config = settings.read()?;
    let loader = Loader { engine: engine()?, services: services(), limits: config.limits };
    loader.load(&config, &[])?;
    for backend in &config.backends {
        if let Transport::Url { auth: Auth::OAuth(oauth), .. } = &backend.transport {
            let wrong =
                |why: String| Failure::wrong(format!("[backends.{}] auth: {why}", backend.name));
            mcpmux_auth::check_key(oauth).map_err(wrong)?;
        }
        if let Transport::Wasm { path, .. } = &backend.transport {
            let found = mcpmux_plugins::inspect(path);
            let wrong =
                |why: String| Failure::wrong(format!("[backends.{}] wasm: {why}", backend.name));
            if !found.map_err(|error| wrong(error.to_string()))?.backend {
                return Err(wrong(format!("`{}` is no WASI command", path.display())));
            }
        }
    }
    Ok(Checked {
        file: settings.shown().display().to_string(),
        backends: config.backends.len(),
        plugins: config.plugins.len(),
        vault: vault(&config)?,
    })
}

/// The vault, and whether it has what the configuration needs of it: what is wrong there is no mistake in the
/// configuration, and keeps nothing else from being served.
fn vault(config: &Config) -> Result<admin::Vault, Failure> {
    let (vault, needed) = (vault::of(config), vault::needed(config));
    vault.is_private().map_err(Failure::wrong)?;
    vault::ask_to_open(&vault)?;
    let mut found = vault::look(&vault);
    if found.problem.is_none() && vault::is_wanted(&vault, config) {
        // One that is not there is made with what the person says then.
        let is_enough = vault.exists() || vault::may_be_asked_for(&vault);
        let problem = if is_enough { Ok(()) } else { vault.probe() };
        let problem = problem.err().or_else(|| {
            let known = vault.known().unwrap_or_default();
            let is_missing = |name: &&&str| !known.contains(&Record::Named((**name).to_owned()));
            needed.iter().find(is_missing).map(|name| VaultProblem::missing(name))
        });
        found.problem = problem.map(|problem| problem.to_string());
    }
    Ok(found)
}

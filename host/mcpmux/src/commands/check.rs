//! `mcpmux check`: is the configuration right, and do its plugins load? Nothing is connected to.

use mcpmux_core::config::Transport;
use mcpmux_manage::cli::{Global, Which};
use mcpmux_manage::print;

use crate::failure::Failure;
use crate::host::{Loader, engine, services};
use crate::settings::Settings;

pub(crate) fn run(global: &Global, json: bool) -> Result<(), Failure> {
    let checked = check(global);
    if !json {
        let (file, backends, plugins) = checked?;
        let count = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        let (backends, plugins) = (count(backends, "backend"), count(plugins, "plugin"));
        let text = format!("{file} is right: {backends}, {plugins}\n");
        return Ok(print::data(&text)?);
    }
    let (report, code) = match checked {
        Ok((file, backends, plugins)) => (
            serde_json::json!({ "ok": true, "file": file, "backends": backends, "plugins": plugins }),
            0,
        ),
        Err(failure) => (serde_json::json!({ "ok": false, "error": failure.text }), failure.code),
    };
    print::data(&format!("{report}\n"))?;
    if code == 0 { Ok(()) } else { Err(Failure { code, text: String::new() }) }
}

/// The file, and how many backends and plugins it has.
fn check(global: &Global) -> Result<(String, usize, usize), Failure> {
    let settings = Settings::find(global, &Which::default(), None)?;
    let config = settings.read()?;
    let loader = Loader { engine: engine()?, services: services(), limits: config.limits };
    loader.load(&config, &[])?;
    for backend in &config.backends {
        if let Transport::Wasm { path, .. } = &backend.transport {
            let found = mcpmux_plugins::inspect(path);
            let wrong =
                |why: String| Failure::wrong(format!("[backends.{}] wasm: {why}", backend.name));
            if !found.map_err(|error| wrong(error.to_string()))?.backend {
                return Err(wrong(format!("`{}` is no WASI command", path.display())));
            }
        }
    }
    Ok((settings.shown().display().to_string(), config.backends.len(), config.plugins.len()))
}

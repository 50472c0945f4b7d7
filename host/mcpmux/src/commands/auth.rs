//! `mcpmux auth`: logging in to backends, out of them, and which logins there are. An mcpmux that runs need not be asked:
//! it looks into the same vault.

use std::sync::Arc;
use std::time::SystemTime;

use mcpmux_auth::{AsyncNext, Login, LoginState, Logins};
use mcpmux_core::challenge::is_scope;
use mcpmux_core::config::Config;
use mcpmux_manage::cli::auth::{self, Auth};
use mcpmux_manage::cli::{Global, Which};
use mcpmux_manage::print;
use mcpmux_outbound::Internet;
use mcpmux_vault::Store;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, Stdin};

use crate::failure::Failure;
use crate::prompt::Terminal;
use crate::settings::Settings;
use crate::signals::told_to_stop;
use crate::vault;

pub(crate) async fn run(global: &Global, command: &Auth) -> Result<(), Failure> {
    let config = Settings::find(global, &Which::default(), None)?.read()?;
    let vault = Arc::new(vault::of(&config));
    if matches!(command, Auth::Login(_)) {
        vault::ask(&vault)?;
        can_keep(&vault).await?;
    } else {
        vault::ask_to_open(&vault)?;
    }
    let logins = Logins::new(Arc::new(Internet::default()), vault, Arc::new(Terminal));
    match command {
        Auth::Login(options) => tokio::select! {
            done = log_in(&logins, &config, options) => done,
            stopped = told_to_stop() => stopped.and(Err(Failure::failed("stopped"))),
        },
        Auth::Logout { backend, json } => log_out(&logins, &config, backend, *json).await,
        Auth::Status { backend, json } => status(&logins, &config, backend.as_deref(), *json).await,
    }
}

/// Makes sure that there can be a vault: nobody shall log in for nothing. One that is there is looked into later.
async fn can_keep(vault: &Arc<Store>) -> Result<(), Failure> {
    if vault.exists() {
        return Ok(());
    }
    let store = Arc::clone(vault);
    let probed = tokio::task::spawn_blocking(move || store.probe()).await;
    let failed = |why| Failure::failed(format!("a login could not be kept: {why}"));
    probed.map_err(Failure::failed)?.map_err(failed)
}

/// The backends that are meant.
fn meant(config: &Config, name: Option<&str>) -> Result<Vec<Login>, Failure> {
    let all: Vec<Login> = config.backends.iter().filter_map(Login::of).collect();
    let Some(name) = name else { return Ok(all) };
    let found = all.iter().find(|login| login.backend().as_str() == name).cloned();
    found.map(|login| vec![login]).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|login| login.backend().as_str()).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let what = match config.backends.iter().any(|backend| backend.name.as_str() == name) {
            true => format!("backend `{name}` wants no person to log in"),
            false => format!("there is no backend `{name}`"),
        };
        Failure::wrong(format!("{what}\nhint: of those that do there is {known}"))
    })
}

async fn log_in(logins: &Logins, config: &Config, options: &auth::Login) -> Result<(), Failure> {
    let mut typed = Typed(Some(BufReader::new(tokio::io::stdin()).lines()));
    let scopes = options.scope.iter().flat_map(|scope| scope.split_whitespace());
    let scopes: Vec<String> = scopes.map(str::to_owned).collect();
    if let Some(odd) = scopes.iter().find(|scope| !is_scope(scope)) {
        let hint = "hint: write them with spaces between: --scope \"read write\"";
        return Err(Failure::wrong(format!("`{odd}` cannot be a scope\n{hint}")));
    }
    let (mut done, mut failed) = (Vec::new(), false);
    for login in meant(config, options.backend.as_deref())? {
        let known = logins.status(&login).await.map_err(Failure::failed)?;
        if options.backend.is_none() && known.iter().any(|state| state.usable) {
            continue;
        }
        let backend = login.backend().as_str();
        match logins.log_in(&login, &scopes, !options.no_browser, &mut typed).await {
            Ok(state) => {
                if !options.json {
                    print::note(&format!("logged in to backend `{backend}`"));
                }
                done.extend(rows(backend, &[state]));
            }
            Err(why) => {
                print::error(&format!("cannot log in to backend `{backend}`: {why}"));
                done.push(json!({ "backend": backend, "logged_in": false, "why": why }));
                failed = true;
            }
        }
    }
    if options.json {
        print::data(&format!("{}\n", Value::Array(done)))?;
    } else if done.is_empty() {
        print::note("there is no backend that has to be logged in to");
    }
    if failed { Err(Failure::said()) } else { Ok(()) }
}

async fn log_out(
    logins: &Logins,
    config: &Config,
    backend: &str,
    json: bool,
) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for login in meant(config, Some(backend))? {
        for told in logins.log_out(&login).await.map_err(Failure::failed)? {
            let (revoked, why) = match told.revoked {
                Ok(revoked) => (revoked, None),
                Err(why) => (false, Some(why)),
            };
            if !json {
                let what = match (revoked, &why) {
                    (true, _) => "its tokens are revoked".to_owned(),
                    (false, None) => "its tokens hold until they expire".to_owned(),
                    (false, Some(why)) => format!("its tokens hold until they expire: {why}"),
                };
                print::note(&format!(
                    "logged out of backend `{backend}` at {}; {what}",
                    told.issuer
                ));
            }
            rows.push(json!({ "backend": backend, "issuer": told.issuer, "revoked": revoked, "why": why }));
        }
    }
    if json {
        return Ok(print::data(&format!("{}\n", Value::Array(rows)))?);
    }
    if rows.is_empty() {
        print::note(&format!("backend `{backend}` was not logged in to"));
    }
    Ok(())
}

async fn status(
    logins: &Logins,
    config: &Config,
    backend: Option<&str>,
    json: bool,
) -> Result<(), Failure> {
    let mut all = Vec::new();
    for login in meant(config, backend)? {
        let states = logins.status(&login).await.map_err(Failure::failed)?;
        all.push((login.backend().to_string(), states));
    }
    if json {
        let rows: Vec<Value> =
            all.iter().flat_map(|(backend, states)| rows(backend, states)).collect();
        return Ok(print::data(&format!("{}\n", Value::Array(rows)))?);
    }
    let mut table: Vec<[String; 4]> = Vec::new();
    for (backend, states) in &all {
        if states.is_empty() {
            table.push([backend.clone(), "not logged in".to_owned(), String::new(), String::new()]);
        }
        for state in states {
            let cells = [holds(state), state.issuer.clone(), state.scopes.join(" ")];
            let [holds, issuer, scopes] = cells;
            table.push([backend.clone(), holds, issuer, scopes]);
        }
    }
    let text = if table.is_empty() {
        "no backend wants a person to log in\n".to_owned()
    } else {
        print::table(&table)
    };
    Ok(print::data(&text)?)
}

/// How long a login holds, in words.
fn holds(state: &LoginState) -> String {
    let left = state.until.map(|until| until.duration_since(SystemTime::now()).unwrap_or_default());
    match left.map(|left| left.as_secs()) {
        left if !state.usable && (state.renews || left != Some(0)) => {
            "logged in, but not as it is configured now".to_owned()
        }
        None => "logged in".to_owned(),
        Some(0) if state.renews => "logged in, due to be refreshed".to_owned(),
        Some(0) => "expired".to_owned(),
        Some(seconds) if state.renews => format!("logged in, refreshed within {seconds}s"),
        Some(seconds) => format!("logged in for {seconds}s"),
    }
}

fn rows(backend: &str, states: &[LoginState]) -> Vec<Value> {
    if states.is_empty() {
        return vec![json!({ "backend": backend, "logged_in": false })];
    }
    let seconds = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
    };
    let row = |state: &LoginState| {
        json!({
            "backend": backend,
            "logged_in": true,
            "issuer": state.issuer,
            "resource": state.resource,
            "scopes": state.scopes,
            "expires": state.until.map(seconds),
            "renews": state.renews,
            "usable": state.usable,
        })
    };
    states.iter().map(row).collect()
}

/// What is typed or pasted.
struct Typed(Option<Lines<BufReader<Stdin>>>);

impl AsyncNext for Typed {
    async fn next(&mut self) -> Option<String> {
        let line = match &mut self.0 {
            Some(lines) => lines.next_line().await.ok().flatten(),
            None => None,
        };
        if line.is_none() {
            self.0 = None;
        }
        line
    }
}

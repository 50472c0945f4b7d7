//! `mcpmux secret`: puts secrets into the vault, lists them, and takes them out. Values come from standard input or a
//! hidden prompt, never from the command line, where every process of the machine could read them.

use std::io::{IsTerminal as _, Read as _};

use mcpmux_core::config::Secret;
use mcpmux_core::names::is_secret_name;
use mcpmux_core::ports::{Record, Vault as _};
use mcpmux_manage::cli::secret::Secret as Command;
use mcpmux_manage::cli::{Global, Which};
use mcpmux_manage::{print, prompt};
use mcpmux_vault::{LONGEST, Store};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::settings::Settings;
use crate::vault;

pub(crate) async fn run(global: &Global, command: &Command) -> Result<(), Failure> {
    let settings = Settings::find(global, &Which::default(), None)?;
    let vault = vault::of(&settings.read()?);
    match command {
        Command::Set { name, json } => set(&vault, name, *json).await,
        Command::List { json } => list(&vault, *json).await,
        Command::Remove { name, json } => remove(&vault, name, *json).await,
    }
}

async fn set(vault: &Store, name: &str, json: bool) -> Result<(), Failure> {
    let record = named(name)?;
    vault::ask(vault)?;
    let value = value(name)?;
    if value.reveal().is_empty() {
        return Err(Failure::wrong(format!(
            "the secret `{name}` is empty, and is not kept\n\
             hint: mcpmux secret set {name} < FILE, or `mcpmux secret remove {name}` to take it away"
        )));
    }
    let replaced = vault.records().await.map_err(Failure::failed)?.contains(&record);
    vault.write(&record, value).await.map_err(Failure::failed)?;
    if json {
        return Ok(print::data(&format!("{}\n", json!({ "name": name, "replaced": replaced })))?);
    }
    print::note(&format!("the vault holds {}`{name}`", if replaced { "a new " } else { "" }));
    Ok(())
}

async fn list(vault: &Store, json: bool) -> Result<(), Failure> {
    vault::ask_to_open(vault)?;
    let records = vault.records().await.map_err(Failure::failed)?;
    if json {
        let records: Vec<Value> = records.iter().map(listed).collect();
        return Ok(print::data(&format!("{}\n", Value::from(records)))?);
    }
    let rows: Vec<[String; 2]> = records.iter().map(row).collect();
    Ok(print::data(&print::table(&rows))?)
}

async fn remove(vault: &Store, name: &str, json: bool) -> Result<(), Failure> {
    let record = named(name)?;
    vault::ask_to_open(vault)?;
    let removed = vault.remove(&record).await.map_err(Failure::failed)?;
    if json {
        print::data(&format!("{}\n", json!({ "name": name, "removed": removed })))?;
        return if removed { Ok(()) } else { Err(Failure::said()) };
    }
    if !removed {
        return Err(Failure::failed(format!(
            "the vault has no secret `{name}`\nhint: `mcpmux secret list` shows what it has"
        )));
    }
    print::note(&format!("the vault no longer holds `{name}`"));
    Ok(())
}

fn named(name: &str) -> Result<Record, Failure> {
    if is_secret_name(name) {
        return Ok(Record::Named(name.to_owned()));
    }
    // What stands here may be the secret itself.
    Err(Failure::wrong(
        "this cannot be the name of a secret: 1 to 64 letters, digits, `_`, `.` and `-`\n\
         hint: mcpmux secret set NAME, which then asks for the value",
    ))
}

/// What the person types, or what comes from standard input, without the line end after it.
fn value(name: &str) -> Result<Secret, Failure> {
    let failed = |error| Failure::failed(format!("cannot read the secret: {error}"));
    if std::io::stdin().is_terminal() {
        return prompt::hidden(&format!("secret `{name}`")).map_err(failed);
    }
    let mut text = String::with_capacity(4 << 10);
    let read = std::io::stdin().lock().take(LONGEST as u64 + 3).read_to_string(&mut text);
    let text = Secret::new(text);
    read.map_err(failed)?;
    let line = text.reveal().strip_suffix('\n').unwrap_or(text.reveal());
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.len() > LONGEST {
        return Err(Failure::wrong(format!("the secret has more than {LONGEST} bytes")));
    }
    Ok(Secret::new(line.to_owned()))
}

fn listed(record: &Record) -> Value {
    match record {
        Record::Named(name) => json!({ "kind": "secret", "name": name }),
        Record::Login { space, backend, issuer, resource } => json!({
            "kind": "login",
            "space": space,
            "backend": backend,
            "issuer": issuer,
            "resource": resource,
        }),
    }
}

fn row(record: &Record) -> [String; 2] {
    match record {
        Record::Named(name) => [name.clone(), "secret".to_owned()],
        Record::Login { backend, issuer, .. } => [backend.clone(), format!("login at {issuer}")],
    }
}

//! `mcpmux status`: what the mcpmux that runs with a configuration is doing.

use mcpmux_manage::admin::Request;
use mcpmux_manage::cli::{Global, Which};
use mcpmux_manage::print;
use serde_json::Value;

use crate::admin::ask;
use crate::failure::Failure;
use crate::settings::Settings;

pub(crate) async fn run(global: &Global, json: bool) -> Result<(), Failure> {
    let status = fetch(global).await?;
    let text = if json { pretty(&status)? } else { print::status(&status) };
    Ok(print::data(&text)?)
}

/// Asks for it.
pub(super) async fn fetch(global: &Global) -> Result<Value, Failure> {
    let settings = Settings::find(global, &Which::default(), None)?;
    ask(&settings, &Request::Status, "status").await
}

/// JSON for people to read too.
pub(super) fn pretty(value: &Value) -> Result<String, Failure> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value).map_err(Failure::failed)?))
}

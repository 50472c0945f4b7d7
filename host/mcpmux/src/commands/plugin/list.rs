//! `mcpmux plugin list`: the plugins of the mcpmux that runs with a configuration.

use mcpmux_manage::cli::Global;
use mcpmux_manage::cli::plugin::Json;
use mcpmux_manage::print;

use crate::commands::status::{fetch, pretty};
use crate::failure::Failure;

pub(crate) async fn run(global: &Global, options: &Json) -> Result<(), Failure> {
    let mut status = fetch(global).await?;
    let plugins = status.get_mut("plugins").map(serde_json::Value::take).unwrap_or_default();
    let text = if options.json { pretty(&plugins)? } else { print::plugins(&plugins) };
    Ok(print::data(&text)?)
}

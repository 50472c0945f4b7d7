//! `mcpmux plugin inspect`: what a component is, without running it.

use std::path::Path;

use mcpmux_manage::print;

use crate::failure::Failure;

pub(crate) fn run(file: &Path, json: bool) -> Result<(), Failure> {
    let inspection = mcpmux_plugins::inspect(file).map_err(Failure::failed)?;
    let text = if json {
        let json = serde_json::to_string_pretty(&inspection).map_err(Failure::failed)?;
        format!("{json}\n")
    } else {
        inspection.to_string()
    };
    Ok(print::data(&text)?)
}

//! `mcpmux plugin inspect`: what a component is, without running it.

use mcpmux_manage::cli::plugin::Inspect;
use mcpmux_manage::print;

use crate::failure::Failure;

pub(crate) fn run(options: &Inspect) -> Result<(), Failure> {
    let inspection = mcpmux_plugins::inspect(&options.file).map_err(Failure::failed)?;
    let text = if options.json {
        let json = serde_json::to_string_pretty(&inspection).map_err(Failure::failed)?;
        format!("{json}\n")
    } else {
        inspection.to_string()
    };
    Ok(print::data(&text)?)
}

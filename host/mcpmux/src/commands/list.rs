//! `mcpmux list`: the tools that clients see.

use mcpmux_core::json::Raw;
use mcpmux_manage::cli::{Global, List};
use mcpmux_manage::print;

use super::visit::Visit;
use crate::failure::Failure;

pub(crate) async fn run(global: &Global, options: &List) -> Result<(), Failure> {
    let visit = Visit::start(global, &options.target).await?;
    let tools = visit.during(async |visit| visit.tools().await).await?;
    let text = if options.json { format!("{}\n", array(&tools)) } else { print::tools(&tools) };
    Ok(print::data(&text)?)
}

/// The definitions as they came, one a line.
fn array(tools: &[Raw]) -> String {
    let tools: Vec<_> = tools.iter().map(|tool| String::from_utf8_lossy(tool.as_bytes())).collect();
    format!("[{}]", tools.join(",\n "))
}

//! `mcpmux plugin reload`: the mcpmux that runs with a configuration reads it and its plugins again.

use mcpmux_manage::admin::{Reloaded, Request};
use mcpmux_manage::cli::plugin::Reload;
use mcpmux_manage::cli::{Global, Which};
use mcpmux_manage::print;

use crate::admin::ask;
use crate::commands::status::pretty;
use crate::failure::Failure;
use crate::settings::Settings;

pub(crate) async fn run(global: &Global, options: &Reload) -> Result<(), Failure> {
    let settings = Settings::find(global, &Which::default(), None)?;
    let request = Request::Reload { plugin: options.name.clone() };
    let answer = ask(&settings, &request, "reload").await.map_err(|failure| Failure {
        text: format!("nothing is reloaded: {}", failure.text),
        ..failure
    })?;
    if options.json {
        return Ok(print::data(&pretty(&answer)?)?);
    }
    let reloaded: Reloaded = serde_json::from_value(answer).map_err(Failure::failed)?;
    Ok(print::data(&print::reloaded(&reloaded))?)
}

//! The `search` plugin: takes a long list of tools out of sight, and lets them be found, described and called by three
//! tools; the configuration is in `README.md`.

mod answers;
mod config;
mod glob;
mod index;
mod nearest;
mod tools;
mod words;

use mcpmux_sdk::{Action, Call, Catalog, Description, Doc, Method, Plugin, Result, plugin};

use crate::answers::Answers;
use crate::config::Settings;
use crate::index::Cache;

pub use config::Config;

/// The plugin: its settings, and the words of the tools it saw last.
#[derive(Debug)]
pub struct Search {
    settings: Settings,
    cache: Cache,
}

#[plugin]
impl Plugin for Search {
    type Config = Config;

    fn describe() -> Description {
        Description::new("replaces a long list of tools by tools that find, describe and call them")
            .schema(include_str!("../config.schema.json"))
            .wants("catalog", "looks for tools, and looks them up")
    }

    fn new(config: Config) -> Result<Self> {
        Ok(Self { settings: Settings::new(config)?, cache: Cache::default() })
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        let shown = entries.tools().filter(|tool| !tool.is_hidden()).count();
        if shown < self.settings.threshold {
            return Ok(());
        }
        for tool in entries.tools_mut() {
            if !tool.is_hidden()
                && !self.settings.keep.iter().any(|keep| keep.matches(tool.exposed()))
            {
                tool.unlist();
            }
        }
        for tool in tools::all(&self.settings) {
            entries.add(tool);
        }
        Ok(())
    }

    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        // A backend's tool of one of these native names is exposed by another one.
        if call.method != Method::ToolsCall || call.name != call.exposed {
            return Ok(Action::Forward);
        }
        let names = &self.settings.names;
        let mut answers = Answers { settings: &self.settings, cache: &mut self.cache, arguments };
        Ok(match &call.name {
            name if *name == names.find => answers.find(),
            name if *name == names.describe => answers.describe(),
            name if *name == names.call => answers.call(),
            _ => Action::Forward,
        })
    }
}

#[cfg(test)]
mod tests;

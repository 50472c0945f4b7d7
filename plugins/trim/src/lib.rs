//! The `trim` plugin: shortens large results, keeps the rest to be read by a tool of its own, and compacts the schemas
//! of tools; the configuration is in `README.md`.

mod compact;
mod config;
mod cut;
mod elements;
mod rest;
mod result;
mod shelf;
mod structured;

use mcpmux_sdk::{
    Action, Call, Catalog, Description, Doc, Method, Plugin, Reply, Result, Source, VirtualTool,
    plugin, serde_json::json,
};

use crate::config::Settings;
use crate::elements::Family;
use crate::shelf::{Owner, Shelf, Store};

pub use config::Config;

/// The plugin: its settings.
#[derive(Debug)]
pub struct Trim {
    settings: Settings,
}

#[plugin]
impl Plugin for Trim {
    type Config = Config;

    fn describe() -> Description {
        Description::new("shortens large results and keeps the rest to be read")
            .schema(include_str!("../config.schema.json"))
            .wants("kv", "keeps the rest of results for a while")
            .wants("random", "makes handles that nobody can guess")
    }

    fn new(config: Config) -> Result<Self> {
        Ok(Self { settings: Settings::new(config)? })
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        if let Some(rule) = &self.settings.schemas {
            for tool in entries.tools_mut() {
                compact::tool(tool, rule)?;
            }
        }
        if self.settings.keep_bytes > 0 {
            entries.add(self.reader());
        }
        Ok(())
    }

    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        if !self.is_reader(call) {
            return Ok(Action::Forward);
        }
        let shelf = Shelf::new(&Store::HOST, &self.settings);
        Ok(rest::read(&shelf, &self.settings, &Owner::of(call), arguments))
    }

    fn response(&mut self, call: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
        let family = match call.method {
            Method::ToolsCall | Method::TasksResult => Family::Tools,
            Method::ResourcesRead => Family::Resources,
            Method::PromptsGet => Family::Prompts,
            _ => return Ok(Reply::Deliver),
        };
        let is_large = document.size() > self.settings.max_bytes;
        if source == Source::Success && is_large && self.settings.on.contains(&family) {
            let shelf = Shelf::new(&Store::HOST, &self.settings);
            result::trim(&shelf, &self.settings, family, &Owner::of(call), document)?;
        }
        Ok(Reply::Deliver)
    }
}

impl Trim {
    /// Whether a call is for the plugin's own tool. A backend's tool of this native name is exposed by another one.
    fn is_reader(&self, call: &Call) -> bool {
        let tool = &self.settings.tool;
        call.method == Method::ToolsCall && call.name == *tool && call.exposed == *tool
    }

    fn reader(&self) -> VirtualTool {
        let most = self.settings.max_bytes;
        VirtualTool::new(&self.settings.tool)
            .title("Read the rest of a result")
            .description(
                "Reads on in a result that was too long and was cut. The note at the cut names the handle and the \
                 offset to read from; every answer names the next one.",
            )
            .input_schema(json!({
                "type": "object",
                "properties": {
                    "handle": {"type": "string", "description": "From the note at the cut"},
                    "offset": {"type": "integer", "minimum": 0, "default": 0, "description": "In bytes"},
                    "bytes": {"type": "integer", "minimum": 1, "maximum": most, "default": most}
                },
                "required": ["handle"],
                "additionalProperties": false
            }))
            .with("annotations", json!({"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false}))
    }
}

#[cfg(test)]
mod tests;

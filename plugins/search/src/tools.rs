//! The plugin's own tools, as clients see them.

use mcpmux_sdk::VirtualTool;
use mcpmux_sdk::serde_json::json;

use crate::config::{MOST_FOUND, Names, Settings};

/// All three.
pub(crate) fn all(settings: &Settings) -> [VirtualTool; 3] {
    let Names { find, describe, call } = &settings.names;
    let reads = json!({"readOnlyHint": true, "idempotentHint": true, "openWorldHint": false});
    let name =
        json!({"type": "string", "description": format!("The whole name, as `{find}` says it")});
    [
        VirtualTool::new(find)
            .title("Find tools")
            .description(format!(
                "Finds tools that are not in this list. There are many more than are listed: describe in a few words \
                 what you want to do. See the arguments of what you found with `{describe}`, then call it with `{call}`."
            ))
            .input_schema(json!({
                "type": "object",
                "properties": {
                    "query": {"type": "string", "description": "What the tool should do, or a part of its name; without it: an overview"},
                    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_FOUND, "default": settings.limit}
                },
                "additionalProperties": false
            }))
            .with("annotations", reads.clone()),
        VirtualTool::new(describe)
            .title("Describe a tool")
            .description(format!(
                "The definition of a tool that `{find}` found, with the JSON Schema of its arguments."
            ))
            .input_schema(json!({
                "type": "object",
                "properties": {"name": name.clone()},
                "required": ["name"],
                "additionalProperties": false
            }))
            .with("annotations", reads),
        VirtualTool::new(call)
            .title("Call a tool")
            .description(format!(
                "Calls a tool that `{find}` found. `arguments` must fit the schema that `{describe}` shows."
            ))
            .input_schema(json!({
                "type": "object",
                "properties": {
                    "name": name,
                    "arguments": {"type": "object", "description": "The arguments of that tool"}
                },
                "required": ["name"],
                "additionalProperties": false
            })),
    ]
}

//! The contract as it is put into projects that make their bindings themselves, and the world of a project.

use std::fmt::Write as _;

use mcpmux_manage::cli::plugin::Hook;

use super::{File, Project};

/// The contract that a project is made for.
const CONTRACT: &str = include_str!("../../../../../../wit/v0.2/plugin.wit");

/// The contract and the project's world.
pub(super) fn files(project: &Project) -> [File; 2] {
    [
        File::new("wit/world.wit", world(project)),
        File::new("wit/deps/mcpmux-plugin/plugin.wit", CONTRACT),
    ]
}

fn world(project: &Project) -> String {
    let mut out = format!(
        "package local:{}@0.1.0;\n\n/// What this plugin is: the hooks it has and the services it uses.\nworld policy {{\n    \
         import mcpmux:plugin/log@0.2.0;\n",
        project.name
    );
    if project.has(Hook::Credentials) {
        out.push_str("    import mcpmux:plugin/secrets@0.2.0;\n");
    }
    for hook in ["lifecycle"].into_iter().chain(project.hooks.iter().map(|hook| hook.as_str())) {
        // Writing to a string cannot fail.
        let _infallible = writeln!(out, "    include mcpmux:plugin/hook-{hook}@0.2.0;");
    }
    out.push_str("}\n");
    out
}

/// The JSON Schema of the examples' configuration.
pub(super) const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "word": { "type": "string", "description": "The word that the examples look for", "default": "delete" }
  },
  "additionalProperties": false
}
"#;

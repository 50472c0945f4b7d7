//! A project in JavaScript, for componentize-js.

use mcpmux_manage::cli::plugin::Hook;

use super::{File, Project, wit};

/// The files, the one to edit first.
pub(super) fn files(project: &Project) -> Vec<File> {
    let mut files = vec![
        File::new("plugin.js", source(project)),
        File::new("build.mjs", BUILD),
        File::new("package.json", package(project)),
        File::new(".gitignore", "/node_modules\n/*.wasm\n"),
    ];
    files.extend(wit::files(project));
    files
}

fn package(project: &Project) -> String {
    format!(
        r#"{{
  "name": "{}",
  "version": "0.1.0",
  "private": true,
  "type": "module",
  "scripts": {{ "build": "node build.mjs" }},
  "devDependencies": {{ "@bytecodealliance/componentize-js": "0.23.0" }}
}}
"#,
        project.name
    )
}

const BUILD: &str = r#"// Builds plugin.js into a component: node build.mjs OUT

import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { componentize } from "@bytecodealliance/componentize-js";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const { component } = await componentize({
  sourcePath: here("plugin.js"),
  witPath: here("wit"),
  worldName: "policy",
  // A plugin has no network of its own: without these the component does not ask for it.
  disableFeatures: ["http", "fetch-event"],
});
await writeFile(process.argv[2] ?? here("plugin.wasm"), component);
"#;

fn source(project: &Project) -> String {
    let name = &project.name;
    let mut imports = String::new();
    if project.has(Hook::Observe) {
        imports.push_str("\nimport { write } from \"mcpmux:plugin/log@0.2.0\";");
    }
    if project.has(Hook::Credentials) {
        imports.push_str("\nimport { get as secret } from \"mcpmux:plugin/secrets@0.2.0\";");
    }
    if !imports.is_empty() {
        imports.push('\n');
    }
    let wants = if project.has(Hook::Credentials) {
        "[{ grant: \"secrets:TOKEN\", why: \"it is what the backend is shown\" }]"
    } else {
        "[]"
    };
    let hooks: String = project.hooks.iter().map(|hook| example(*hook)).collect();
    format!(
        r#"// {name}: a plugin of mcpmux. Each hook below is an example that does something small; make it yours.
{imports}
// mcpmux keeps several instances and drops them when it likes: what has to last goes into `kv`.
let config = {{ word: "delete" }};

const schema = {{
  type: "object",
  properties: {{ word: {{ type: "string", description: "The word that the examples look for" }} }},
  additionalProperties: false,
}};

export const lifecycle = {{
  describe() {{
    return {{
      id: "{name}",
      version: "0.1.0",
      summary: "What it decides, in a line: the operator reads it",
      configSchema: JSON.stringify(schema),
      wants: {wants},
    }};
  }},

  // What is thrown is what the operator reads.
  init(text) {{
    const given = JSON.parse(text);
    const unknown = Object.keys(given).find((key) => !(key in schema.properties));
    if (unknown !== undefined) throw `${{unknown}}: unknown key, expected word`;
    if (given.word !== undefined && typeof given.word !== "string") throw "word: a string is needed";
    config = {{ ...config, ...given }};
  }},
}};
{hooks}"#
    )
}

const fn example(hook: Hook) -> &'static str {
    match hook {
        Hook::Catalog => {
            r#"
// Builds the lists that clients see: hide, unlist, update or add entries.
export const catalog = {
  transform(entries, _definitions) {
    const hidden = entries.map((entry, index) => (entry.name.includes(config.word) ? index : -1));
    return hidden.filter((index) => index >= 0).map((val) => ({ tag: "hide", val }));
  },
};
"#
        }
        Hook::Request => {
            r#"
// Filters what clients ask: forward, change, answer, refuse or reroute it.
export const request = {
  onRequest(_call, args) {
    const limit = args.get("/limit");
    if (limit === undefined || !(JSON.parse(limit) > 100)) return { tag: "forward" };
    return { tag: "change", val: { tag: "patch", val: [{ tag: "set", val: ["/limit", "100"] }] } };
  },
};
"#
        }
        Hook::Authorize => {
            r#"
// Judges each call, after all filters: allow, allow-with, deny or ask.
export const authorize = {
  check(call, _args) {
    if (!call.name.includes(config.word)) return { tag: "allow" };
    return { tag: "deny", val: { code: "policy.word", message: `${call.name} is not allowed here` } };
  },
};
"#
        }
        Hook::AuthorizeList => {
            r#"
// Judges what a client sees in its lists, and so what it can call at all: one answer for each entry.
export const authorizeList = {
  checkList(_client, entries) {
    return entries.map((entry) => !entry.name.includes(config.word));
  },
};
"#
        }
        Hook::Response => {
            r#"
// Filters what comes back: deliver, change or withhold it.
export const response = {
  onResponse(_call, _source, document) {
    const text = document.getString("/content/0/text");
    if (text === undefined || !text.includes(config.word)) return { tag: "deliver" };
    const value = JSON.stringify(text.replaceAll(config.word, "****"));
    return { tag: "change", val: { tag: "patch", val: [{ tag: "set", val: ["/content/0/text", value] }] } };
  },
};
"#
        }
        Hook::Notify => {
            r#"
// Filters what backends say without being asked: deliver, change or drop it.
export const notify = {
  onNotification(_notice, params) {
    return { tag: params.getString("/data")?.includes(config.word) ? "drop" : "deliver" };
  },
};
"#
        }
        Hook::Observe => {
            r#"
// Sees how each call ended. It may wait, and nobody waits for it.
export const observe = {
  onOutcome(outcome) {
    if (outcome.call.name.includes(config.word)) write("info", `${outcome.call.name} took ${outcome.micros} us`);
  },
};
"#
        }
        Hook::Credentials => {
            r#"
// Says which headers a backend is shown. It may wait.
export const credentials = {
  fetch(_query) {
    const token = secret("TOKEN");
    if (token === undefined) throw { tag: "needs-login", val: "set the secret TOKEN" };
    return { headers: [["authorization", `Bearer ${token}`]], expiresAt: undefined };
  },
};
"#
        }
    }
}

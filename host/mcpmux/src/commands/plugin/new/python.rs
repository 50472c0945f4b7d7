//! A project in Python, for componentize-py.

use std::fmt::Write as _;

use mcpmux_manage::cli::plugin::Hook;

use super::{File, Project, wit};

/// The files, the one to edit first.
pub(super) fn files(project: &Project) -> Vec<File> {
    let mut files = vec![
        File::new("plugin.py", source(project)),
        File::new("pyproject.toml", manifest(project)),
        File::new(".gitignore", "/.venv\n/__pycache__\n/*.wasm\n"),
    ];
    files.extend(wit::files(project));
    files
}

fn manifest(project: &Project) -> String {
    format!(
        r#"[project]
name = "{}"
version = "0.1.0"
requires-python = ">=3.10"

[dependency-groups]
build = ["componentize-py==0.25.1"]
"#,
        project.name
    )
}

fn source(project: &Project) -> String {
    let name = &project.name;
    let mut exports: Vec<&str> = vec!["lifecycle"];
    let typed = |hook: &&Hook| !matches!(hook, Hook::AuthorizeList);
    exports.extend(project.hooks.iter().filter(typed).map(|hook| hook.as_str()));
    let uses_types =
        project.hooks.iter().any(|hook| !matches!(hook, Hook::Catalog | Hook::Credentials));
    let mut imports = vec!["log"];
    if project.has(Hook::Credentials) {
        imports.push("secrets");
    }
    if uses_types {
        imports.push("types");
    }
    let wants = if project.has(Hook::Credentials) {
        "[lifecycle.Want(grant=\"secrets:TOKEN\", why=\"it is what the backend is shown\")]"
    } else {
        "[]"
    };
    let mut out = format!(
        r#""""{name}: a plugin of mcpmux. Each hook below is an example that does something small; make it yours."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import {exports}
from wit_world.imports import {imports}

SCHEMA = {{
    "type": "object",
    "properties": {{"word": {{"type": "string", "description": "The word that the examples look for"}}}},
    "additionalProperties": False,
}}

# Python's own clock, random numbers and standard output are not there: use those of mcpmux.
# mcpmux keeps several instances and drops them when it likes: what has to last goes into `kv`.
word = "delete"


class Lifecycle(exports.Lifecycle):
    def describe(self) -> lifecycle.Description:
        return lifecycle.Description(
            id="{name}",
            version="0.1.0",
            summary="What it decides, in a line: the operator reads it",
            config_schema=json.dumps(SCHEMA),
            wants={wants},
        )

    def init(self, config_json: str) -> None:
        global word
        given = json.loads(config_json)
        for key in given:
            if key not in SCHEMA["properties"]:
                # What is raised as `Err` is what the operator reads.
                raise Err(f"{{key}}: unknown key, expected word")
        if not isinstance(given.get("word", word), str):
            raise Err("word: a string is needed")
        word = given.get("word", word)
"#,
        exports = exports.join(", "),
        imports = imports.join(", "),
    );
    for hook in &project.hooks {
        // Writing to a string cannot fail.
        let _infallible = write!(out, "\n\n{}", example(*hook));
    }
    out
}

const fn example(hook: Hook) -> &'static str {
    match hook {
        Hook::Catalog => {
            r#"class Catalog(exports.Catalog):
    """Builds the lists that clients see: hide, unlist, update or add entries."""

    def transform(self, entries, definitions) -> list[catalog.Edit]:
        return [catalog.Edit_Hide(i) for i, entry in enumerate(entries) if word in entry.name]
"#
        }
        Hook::Request => {
            r#"class Request(exports.Request):
    """Filters what clients ask: forward, change, answer, refuse or reroute it."""

    def on_request(self, call: types.Call, arguments: types.Document) -> request.Action:
        limit = json.loads(arguments.get("/limit") or "0")
        if not isinstance(limit, (int, float)) or limit <= 100:
            return request.Action_Forward()
        return request.Action_Change(types.Rewrite_Patch([types.Patch_Set(("/limit", "100"))]))
"#
        }
        Hook::Authorize => {
            r#"class Authorize(exports.Authorize):
    """Judges each call, after all filters: allow, allow-with, deny or ask."""

    def check(self, call: types.Call, arguments: types.Document) -> authorize.Verdict:
        if word not in call.name:
            return authorize.Verdict_Allow()
        message = f"{call.name} is not allowed here"
        return authorize.Verdict_Deny(types.Denial(code="policy.word", message=message))
"#
        }
        Hook::AuthorizeList => {
            r#"class AuthorizeList(exports.AuthorizeList):
    """Judges what a client sees in its lists, and so what it can call at all: one answer for each entry."""

    def check_list(self, client: types.Client, entries) -> list[bool]:
        return [word not in entry.name for entry in entries]
"#
        }
        Hook::Response => {
            r#"class Response(exports.Response):
    """Filters what comes back: deliver, change or withhold it."""

    def on_response(self, call: types.Call, source, document: types.Document) -> response.Action:
        text = document.get_string("/content/0/text")
        if text is None or word not in text:
            return response.Action_Deliver()
        patch = types.Patch_Set(("/content/0/text", json.dumps(text.replace(word, "****"))))
        return response.Action_Change(types.Rewrite_Patch([patch]))
"#
        }
        Hook::Notify => {
            r#"class Notify(exports.Notify):
    """Filters what backends say without being asked: deliver, change or drop it."""

    def on_notification(self, notice, params: types.Document) -> notify.Action:
        harmful = word in (params.get_string("/data") or "")
        return notify.Action_Drop() if harmful else notify.Action_Deliver()
"#
        }
        Hook::Observe => {
            r#"class Observe(exports.Observe):
    """Sees how each call ended. It may wait, and nobody waits for it."""

    def on_outcome(self, outcome: observe.Outcome) -> None:
        if word in outcome.call.name:
            log.write(log.Level.INFO, f"{outcome.call.name} took {outcome.micros} us")
"#
        }
        Hook::Credentials => {
            r#"class Credentials(exports.Credentials):
    """Says which headers a backend is shown. It may wait."""

    def fetch(self, query: credentials.Query) -> credentials.Grant:
        token = secrets.get("TOKEN")
        if token is None:
            raise Err(credentials.Problem_NeedsLogin("set the secret TOKEN"))
        return credentials.Grant(headers=[("authorization", f"Bearer {token}")], expires_at=None)
"#
        }
    }
}

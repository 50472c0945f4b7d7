//! A project in C: `mcpmux plugin build` makes its bindings and the component, Zig or another clang compiles it.

mod hooks;

use mcpmux_manage::cli::plugin::Hook;

use super::{File, Project, wit};

/// The files, the one to edit first.
pub(super) fn files(project: &Project) -> Vec<File> {
    let mut files = vec![
        File::new("plugin.c", source(project)),
        File::new("requirements.txt", "ziglang==0.17.1\n"),
        File::new(".gitignore", "/.venv\n/bindings\n/*.wasm\n"),
    ];
    files.extend(wit::files(project));
    files
}

fn source(project: &Project) -> String {
    let uses = |hooks: &[Hook]| hooks.iter().any(|hook| project.has(*hook));
    let wants = if project.has(Hook::Credentials) { WANTS } else { NO_WANTS };
    let mut out = HEAD.to_owned();
    if project.hooks.iter().any(|hook| *hook != Hook::Request && *hook != Hook::Credentials) {
        out += HARMFUL;
    }
    if uses(&[Hook::Catalog, Hook::Request, Hook::AuthorizeList, Hook::Response, Hook::Credentials])
    {
        out += ALLOCATED;
    }
    if uses(&[Hook::Request, Hook::Response]) {
        out += PUT;
    }
    out += LIFECYCLE;
    out = out.replace("PROJECT", &project.name).replace("WANTS", wants);
    out.extend(project.hooks.iter().map(|hook| hooks::example(*hook)));
    out
}

const HEAD: &str = r#"/* PROJECT: a plugin of mcpmux. Each hook below is an example that does something small; make it yours.
 *
 * What a hook is given is its own and has to be freed, all but the document. What it answers is freed after it. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `mcpmux plugin build` writes it: the names that `wit` has in C. */
#include "policy.h"

/* mcpmux keeps several instances and drops them when it likes: what has to last goes into `kv`. */
static char word[256] = "delete";

static const char *const SCHEMA =
    "{\"type\":\"object\",\"properties\":{\"word\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255,"
    "\"description\":\"The word that the examples look for\"}},\"additionalProperties\":false}";
"#;

const HARMFUL: &str = r#"
/* Whether a text holds the word. */
static bool harmful(const policy_string_t *text) {
    return memmem(text->ptr, text->len, word, strlen(word)) != NULL;
}
"#;

const ALLOCATED: &str = r#"
/* Memory of zeros. If there is none, this instance ends, and mcpmux makes another. */
static void *allocated(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) abort();
    return memory;
}
"#;

const PUT: &str = r#"
/* A change of a document: puts `json` at `at`. */
static void put(mcpmux_plugin_types_rewrite_t *change, const char *at, const char *json) {
    mcpmux_plugin_types_patch_t *patch = allocated(1, sizeof *patch);
    patch->tag = MCPMUX_PLUGIN_TYPES_PATCH_SET;
    policy_string_dup(&patch->val.set.f0, at);
    policy_string_dup(&patch->val.set.f1, json);
    change->tag = MCPMUX_PLUGIN_TYPES_REWRITE_PATCH;
    change->val.patch.ptr = patch;
    change->val.patch.len = 1;
}
"#;

const LIFECYCLE: &str = r#"
void exports_mcpmux_plugin_lifecycle_describe(exports_mcpmux_plugin_lifecycle_description_t *ret) {
    policy_string_dup(&ret->id, "PROJECT");
    policy_string_dup(&ret->version, "0.1.0");
    policy_string_dup(&ret->summary, "What it decides, in a line: the operator reads it");
    ret->config_schema.is_some = true;
    policy_string_dup(&ret->config_schema.val, SCHEMA);
WANTS}

/* mcpmux has checked the configuration against the schema: it is {} or {"word":"..."}. What is put into `err` is what
 * the operator reads. */
bool exports_mcpmux_plugin_lifecycle_init(policy_string_t *config, policy_string_t *err) {
    char *text = strndup((const char *)config->ptr, config->len);
    policy_string_free(config);
    if (text == NULL) abort();
    bool plain = strchr(text, '\\') == NULL;
    if (plain) sscanf(text, " { \"word\" : \"%255[^\"]", word);
    free(text);
    if (!plain) policy_string_dup(err, "word: a word without `\"`, `\\` and control characters is needed");
    return plain;
}
"#;

const NO_WANTS: &str = r#"    ret->wants.ptr = NULL;
    ret->wants.len = 0;
"#;

const WANTS: &str = r#"    ret->wants.ptr = allocated(1, sizeof *ret->wants.ptr);
    ret->wants.len = 1;
    policy_string_dup(&ret->wants.ptr->grant, "secrets:TOKEN");
    policy_string_dup(&ret->wants.ptr->why, "it is what the backend is shown");
"#;

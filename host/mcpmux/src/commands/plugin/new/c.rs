//! A project in C, for wit-bindgen and a WASI SDK.

use mcpmux_manage::cli::plugin::Hook;

use super::{File, Project, wit};
use crate::failure::Failure;

/// The hooks of which there is an example in C.
const KNOWN: [Hook; 4] = [Hook::Request, Hook::Authorize, Hook::AuthorizeList, Hook::Response];

/// The files, the one to edit first.
pub(super) fn files(project: &Project) -> Result<Vec<File>, Failure> {
    if let Some(other) = project.hooks.iter().find(|hook| !KNOWN.contains(hook)) {
        let known: Vec<String> = KNOWN.iter().map(|hook| format!("`{}`", hook.as_str())).collect();
        return Err(Failure::wrong(format!(
            "there is no example of `{}` in C\nhint: there are of {}; the other hooks are written the same way",
            other.as_str(),
            known.join(", ")
        )));
    }
    let mut files = vec![
        File::new("plugin.c", source(project)),
        File::new("Makefile", MAKEFILE.replace("PROJECT", &project.name)),
        File::new(".gitignore", "/bindings\n/*.wasm\n"),
    ];
    files.extend(wit::files(project));
    Ok(files)
}

/// The tools are looked for first, so that a missing one is said as what it is.
const MAKEFILE: &str = r#"NAME = PROJECT
OUT ?= $(NAME).wasm
WASI_SDK_PATH ?= /opt/wasi-sdk
WIT_BINDGEN ?= wit-bindgen
CC = $(WASI_SDK_PATH)/bin/wasm32-wasip2-clang

$(OUT): plugin.c bindings/policy.c
	$(CC) -Os -Wall -mexec-model=reactor -Ibindings -o $@ plugin.c bindings/policy.c bindings/policy_component_type.o

bindings/policy.c: wit/world.wit | tools
	$(WIT_BINDGEN) c --world policy --out-dir bindings wit

.PHONY: tools
tools:
	@test -x $(CC) || { echo "$(CC) is missing: set WASI_SDK_PATH to a WASI SDK, https://github.com/WebAssembly/wasi-sdk" >&2; exit 1; }
	@command -v $(WIT_BINDGEN) >/dev/null || { echo "$(WIT_BINDGEN) is missing: cargo install wit-bindgen-cli" >&2; exit 1; }
"#;

fn source(project: &Project) -> String {
    let hooks: String = project.hooks.iter().map(|hook| example(*hook)).collect();
    HEAD.replace("PROJECT", &project.name) + &hooks
}

const HEAD: &str = r#"/* PROJECT: a plugin of mcpmux. Each hook below is an example that does something small; make it yours. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/* mcpmux keeps several instances and drops them when it likes: what has to last goes into `kv`. */
static char word[256] = "delete";

static const char *const SCHEMA =
    "{\"type\":\"object\",\"properties\":{\"word\":{\"type\":\"string\"}},\"additionalProperties\":false}";

/* Whether a text holds the word. */
static bool harmful(const policy_string_t *text) {
    return word[0] && memmem(text->ptr, text->len, word, strlen(word)) != NULL;
}

void exports_mcpmux_plugin_lifecycle_describe(exports_mcpmux_plugin_lifecycle_description_t *ret) {
    policy_string_dup(&ret->id, "PROJECT");
    policy_string_dup(&ret->version, "0.1.0");
    policy_string_dup(&ret->summary, "What it decides, in a line: the operator reads it");
    ret->config_schema.is_some = true;
    policy_string_dup(&ret->config_schema.val, SCHEMA);
    ret->wants.ptr = NULL;
    ret->wants.len = 0;
}

/* mcpmux has checked the configuration against the schema: what is left is {} or {"word":"..."}. */
bool exports_mcpmux_plugin_lifecycle_init(policy_string_t *config, policy_string_t *err) {
    char text[sizeof word + 32];
    if (config->len >= sizeof text) {
        policy_string_dup(err, "word: at most 255 bytes");
        return false;
    }
    memcpy(text, config->ptr, config->len);
    text[config->len] = '\0';
    sscanf(text, " { \"word\" : \"%255[^\"]", word);
    return true;
}
"#;

const fn example(hook: Hook) -> &'static str {
    match hook {
        Hook::Request => {
            r#"
/* Filters what clients ask: forward, change, answer, refuse or reroute it. */
bool exports_mcpmux_plugin_request_on_request(
    exports_mcpmux_plugin_request_call_t *call, exports_mcpmux_plugin_request_borrow_document_t arguments,
    exports_mcpmux_plugin_request_action_t *ret, policy_string_t *err) {
    policy_string_t at, limit;
    policy_string_set(&at, "/limit");
    ret->tag = EXPORTS_MCPMUX_PLUGIN_REQUEST_ACTION_FORWARD;
    if (!mcpmux_plugin_types_method_document_get(arguments, &at, &limit)) return true;
    char text[32] = "";
    memcpy(text, limit.ptr, limit.len < sizeof text - 1 ? limit.len : sizeof text - 1);
    policy_string_free(&limit);
    if (strtod(text, NULL) <= 100) return true;
    ret->tag = EXPORTS_MCPMUX_PLUGIN_REQUEST_ACTION_CHANGE;
    ret->val.change.tag = MCPMUX_PLUGIN_TYPES_REWRITE_PATCH;
    ret->val.change.val.patch.len = 1;
    ret->val.change.val.patch.ptr = calloc(1, sizeof *ret->val.change.val.patch.ptr);
    ret->val.change.val.patch.ptr->tag = MCPMUX_PLUGIN_TYPES_PATCH_SET;
    policy_string_dup(&ret->val.change.val.patch.ptr->val.set.f0, "/limit");
    policy_string_dup(&ret->val.change.val.patch.ptr->val.set.f1, "100");
    return true;
}
"#
        }
        Hook::Authorize => {
            r#"
/* Judges each call, after all filters: allow, allow-with, deny or ask. */
bool exports_mcpmux_plugin_authorize_check(
    exports_mcpmux_plugin_authorize_call_t *call, exports_mcpmux_plugin_authorize_borrow_document_t arguments,
    exports_mcpmux_plugin_authorize_verdict_t *ret, policy_string_t *err) {
    ret->tag = EXPORTS_MCPMUX_PLUGIN_AUTHORIZE_VERDICT_ALLOW;
    if (!harmful(&call->name)) return true;
    ret->tag = EXPORTS_MCPMUX_PLUGIN_AUTHORIZE_VERDICT_DENY;
    policy_string_dup(&ret->val.deny.code, "policy.word");
    policy_string_dup(&ret->val.deny.message, "this tool is not allowed here");
    return true;
}
"#
        }
        Hook::AuthorizeList => {
            r#"
/* Judges what a client sees in its lists, and so what it can call at all: one answer for each entry. */
bool exports_mcpmux_plugin_authorize_list_check_list(
    exports_mcpmux_plugin_authorize_list_client_t *client, exports_mcpmux_plugin_authorize_list_list_entry_t *entries,
    policy_list_bool_t *ret, policy_string_t *err) {
    ret->len = entries->len;
    ret->ptr = calloc(entries->len ? entries->len : 1, sizeof *ret->ptr);
    for (size_t i = 0; i < entries->len; i++) ret->ptr[i] = !harmful(&entries->ptr[i].name);
    return true;
}
"#
        }
        Hook::Response => {
            r#"
/* Filters what comes back: deliver, change or withhold it. */
bool exports_mcpmux_plugin_response_on_response(
    exports_mcpmux_plugin_response_call_t *call, exports_mcpmux_plugin_response_source_t source,
    exports_mcpmux_plugin_response_borrow_document_t document, exports_mcpmux_plugin_response_action_t *ret,
    policy_string_t *err) {
    policy_string_t at, text;
    policy_string_set(&at, "/content/0/text");
    ret->tag = EXPORTS_MCPMUX_PLUGIN_RESPONSE_ACTION_DELIVER;
    if (!mcpmux_plugin_types_method_document_get(document, &at, &text)) return true;
    if (harmful(&text)) {
        ret->tag = EXPORTS_MCPMUX_PLUGIN_RESPONSE_ACTION_CHANGE;
        ret->val.change.tag = MCPMUX_PLUGIN_TYPES_REWRITE_PATCH;
        ret->val.change.val.patch.len = 1;
        ret->val.change.val.patch.ptr = calloc(1, sizeof *ret->val.change.val.patch.ptr);
        ret->val.change.val.patch.ptr->tag = MCPMUX_PLUGIN_TYPES_PATCH_SET;
        policy_string_dup(&ret->val.change.val.patch.ptr->val.set.f0, "/content/0/text");
        /* The value is JSON, quotes included; stars in the place of the word keep it so. */
        char *json = calloc(text.len + 4 * text.len + 1, 1);
        size_t length = strlen(word), to = 0;
        for (size_t from = 0; from < text.len;) {
            if (text.len - from >= length && memcmp(text.ptr + from, word, length) == 0) {
                memcpy(json + to, "****", 4);
                to += 4;
                from += length;
            } else {
                json[to++] = (char)text.ptr[from++];
            }
        }
        policy_string_dup(&ret->val.change.val.patch.ptr->val.set.f1, json);
        free(json);
    }
    policy_string_free(&text);
    return true;
}
"#
        }
        Hook::Catalog | Hook::Notify | Hook::Observe | Hook::Credentials => "",
    }
}

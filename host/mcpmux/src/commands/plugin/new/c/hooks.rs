//! An example of each hook in C.

use mcpmux_manage::cli::plugin::Hook;

/// The code of a hook's example; what it calls stands before it.
pub(super) const fn example(hook: Hook) -> &'static str {
    match hook {
        Hook::Catalog => {
            r#"
/* Builds the lists that clients see: hide, unlist, update or add entries. */
bool exports_mcpmux_plugin_catalog_transform(
    exports_mcpmux_plugin_catalog_list_entry_t *entries, exports_mcpmux_plugin_catalog_borrow_definitions_t definitions,
    exports_mcpmux_plugin_catalog_list_edit_t *ret, policy_string_t *err) {
    size_t count = 0;
    for (size_t i = 0; i < entries->len; i++) count += harmful(&entries->ptr[i].name);
    ret->ptr = count > 0 ? allocated(count, sizeof *ret->ptr) : NULL;
    ret->len = 0;
    for (size_t i = 0; i < entries->len; i++) {
        if (!harmful(&entries->ptr[i].name)) continue;
        ret->ptr[ret->len].tag = EXPORTS_MCPMUX_PLUGIN_CATALOG_EDIT_HIDE;
        ret->ptr[ret->len++].val.hide = i;
    }
    exports_mcpmux_plugin_catalog_list_entry_free(entries);
    return true;
}
"#
        }
        Hook::Request => {
            r#"
/* Filters what clients ask: forward, change, answer, refuse or reroute it. */
bool exports_mcpmux_plugin_request_on_request(
    exports_mcpmux_plugin_request_call_t *call, exports_mcpmux_plugin_request_borrow_document_t arguments,
    exports_mcpmux_plugin_request_action_t *ret, policy_string_t *err) {
    policy_string_t at, json;
    policy_string_set(&at, "/limit");
    ret->tag = EXPORTS_MCPMUX_PLUGIN_REQUEST_ACTION_FORWARD;
    if (mcpmux_plugin_types_method_document_get(arguments, &at, &json)) {
        char text[32] = "";
        memcpy(text, json.ptr, json.len < sizeof text ? json.len : sizeof text - 1);
        if (strtod(text, NULL) > 100) {
            ret->tag = EXPORTS_MCPMUX_PLUGIN_REQUEST_ACTION_CHANGE;
            put(&ret->val.change, "/limit", "100");
        }
        policy_string_free(&json);
    }
    exports_mcpmux_plugin_request_call_free(call);
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
    if (harmful(&call->name)) {
        ret->tag = EXPORTS_MCPMUX_PLUGIN_AUTHORIZE_VERDICT_DENY;
        policy_string_dup(&ret->val.deny.code, "policy.word");
        policy_string_dup(&ret->val.deny.message, "this tool is not allowed here");
    }
    exports_mcpmux_plugin_authorize_call_free(call);
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
    ret->ptr = entries->len > 0 ? allocated(entries->len, sizeof *ret->ptr) : NULL;
    for (size_t i = 0; i < entries->len; i++) ret->ptr[i] = !harmful(&entries->ptr[i].name);
    exports_mcpmux_plugin_authorize_list_client_free(client);
    exports_mcpmux_plugin_authorize_list_list_entry_free(entries);
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
    policy_string_t at, json;
    policy_string_set(&at, "/content/0/text");
    ret->tag = EXPORTS_MCPMUX_PLUGIN_RESPONSE_ACTION_DELIVER;
    if (mcpmux_plugin_types_method_document_get(document, &at, &json)) {
        if (json.len > 0 && json.ptr[0] == '"' && harmful(&json)) {
            /* The text as JSON, which it still is with stars in the place of a word that has no quotes in it. */
            char *next = allocated(json.len * 4 + 1, 1);
            size_t length = strlen(word), from = 0, to = 0;
            while (from < json.len) {
                if (json.len - from >= length && memcmp(json.ptr + from, word, length) == 0) {
                    memcpy(next + to, "****", 4);
                    to += 4;
                    from += length;
                } else {
                    next[to++] = (char)json.ptr[from++];
                }
            }
            ret->tag = EXPORTS_MCPMUX_PLUGIN_RESPONSE_ACTION_CHANGE;
            put(&ret->val.change, "/content/0/text", next);
            free(next);
        }
        policy_string_free(&json);
    }
    exports_mcpmux_plugin_response_call_free(call);
    return true;
}
"#
        }
        Hook::Notify => {
            r#"
/* Filters what backends say without being asked: deliver, change or drop it. */
bool exports_mcpmux_plugin_notify_on_notification(
    exports_mcpmux_plugin_notify_notice_t *notice, exports_mcpmux_plugin_notify_borrow_document_t params,
    exports_mcpmux_plugin_notify_action_t *ret, policy_string_t *err) {
    policy_string_t at, text;
    policy_string_set(&at, "/data");
    ret->tag = EXPORTS_MCPMUX_PLUGIN_NOTIFY_ACTION_DELIVER;
    if (mcpmux_plugin_types_method_document_get_string(params, &at, &text)) {
        if (harmful(&text)) ret->tag = EXPORTS_MCPMUX_PLUGIN_NOTIFY_ACTION_DROP;
        policy_string_free(&text);
    }
    exports_mcpmux_plugin_notify_notice_free(notice);
    return true;
}
"#
        }
        Hook::Observe => {
            r#"
/* Sees how each call ended. It may wait, and nobody waits for it. */
bool exports_mcpmux_plugin_observe_on_outcome(
    exports_mcpmux_plugin_observe_outcome_t *outcome, policy_string_t *err) {
    const policy_string_t *name = &outcome->call.name;
    if (harmful(name)) {
        char line[256];
        int shown = name->len < 200 ? (int)name->len : 200;
        snprintf(line, sizeof line, "%.*s took %llu us", shown, (const char *)name->ptr,
                 (unsigned long long)outcome->micros);
        policy_string_t text;
        policy_string_set(&text, line);
        mcpmux_plugin_log_write(MCPMUX_PLUGIN_LOG_LEVEL_INFO, &text);
    }
    exports_mcpmux_plugin_observe_outcome_free(outcome);
    return true;
}
"#
        }
        Hook::Credentials => {
            r#"
/* Says which headers a backend is shown. It may wait. */
bool exports_mcpmux_plugin_credentials_fetch(
    exports_mcpmux_plugin_credentials_query_t *query, exports_mcpmux_plugin_credentials_grant_t *ret,
    exports_mcpmux_plugin_credentials_problem_t *err) {
    policy_string_t name, why;
    policy_option_string_t token;
    exports_mcpmux_plugin_credentials_query_free(query);
    policy_string_set(&name, "TOKEN");
    if (!mcpmux_plugin_secrets_get(&name, &token, &why)) {
        err->tag = EXPORTS_MCPMUX_PLUGIN_CREDENTIALS_PROBLEM_PERMANENT;
        err->val.permanent = why;
        return false;
    }
    if (!token.is_some) {
        err->tag = EXPORTS_MCPMUX_PLUGIN_CREDENTIALS_PROBLEM_NEEDS_LOGIN;
        policy_string_dup(&err->val.needs_login, "set the secret TOKEN");
        return false;
    }
    size_t length = strlen("Bearer ") + token.val.len;
    char *value = allocated(length + 1, 1);
    memcpy(value, "Bearer ", strlen("Bearer "));
    memcpy(value + strlen("Bearer "), token.val.ptr, token.val.len);
    ret->headers.ptr = allocated(1, sizeof *ret->headers.ptr);
    ret->headers.len = 1;
    policy_string_dup(&ret->headers.ptr->f0, "authorization");
    policy_string_dup_n(&ret->headers.ptr->f1, value, length);
    ret->expires_at.is_some = false;
    free(value);
    policy_option_string_free(&token);
    return true;
}
"#
        }
    }
}

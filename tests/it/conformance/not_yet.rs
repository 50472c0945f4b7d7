//! What mcpmux does not do yet: scenarios that fail for no good reason. The aim is that this file is empty.

use super::servers::{Cell, Era};
use super::suite::Revision;
use super::surface::rewrites::{Rewrite, Who};

/// Of clients of 2025-11-25.
const LEGACY_SUITE: [&str; 18] = [
    "completion-complete",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
    "logging-set-level",
    "prompts-get-embedded-resource",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-with-image",
    "prompts-list",
    "resources-list",
    "resources-read-binary",
    "resources-read-text",
    "resources-subscribe",
    "resources-templates-read",
    "resources-unsubscribe",
    "tools-call-elicitation",
    "tools-call-sampling",
    "tools-call-with-logging",
];

/// Of clients of 2026-07-28.
const MODERN_SUITE: [&str; 15] = [
    "caching",
    "completion-complete",
    "http-custom-header-server-validation",
    "input-required-result-non-tool-request",
    "prompts-get-embedded-resource",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-with-image",
    "prompts-list",
    "resources-list",
    "resources-read-binary",
    "resources-read-text",
    "resources-templates-read",
    "sep-2164-resource-not-found",
    "server-stateless",
];

/// Of clients of 2026-07-28 with a backend of 2025-11-25, beside those.
const MODERN_SUITE_ON_LEGACY: [&str; 9] = [
    "input-required-result-basic-list-roots",
    "input-required-result-basic-sampling",
    "input-required-result-capability-check",
    "input-required-result-missing-input-response",
    "input-required-result-multi-round",
    "input-required-result-multiple-input-requests",
    "input-required-result-request-state",
    "input-required-result-result-type",
    "input-required-result-tampered-state",
];

/// Of clients of 2026-07-28 with a backend that speaks it too, beside those.
const MODERN_SUITE_ON_MODERN: [&str; 8] = [
    "tasks-capability-negotiation",
    "tasks-dispatch-and-envelope",
    "tasks-lifecycle",
    "tasks-mrtr-composition",
    "tasks-mrtr-input",
    "tasks-request-headers",
    "tasks-request-state-removal",
    "tasks-wire-fields",
];

/// The scenarios that fail in a cell and should not.
pub(super) fn failing(cell: Cell) -> impl Iterator<Item = &'static str> {
    let (all, more): (&[&str], &[&str]) = match (cell.suite, cell.era) {
        (Revision::Legacy, _) => (&LEGACY_SUITE, &[]),
        (Revision::Modern, Era::Legacy) => (&MODERN_SUITE, &MODERN_SUITE_ON_LEGACY),
        (Revision::Modern, Era::Modern | Era::Both) => (&MODERN_SUITE, &MODERN_SUITE_ON_MODERN),
    };
    all.iter().chain(more).copied()
}

/// The scenarios for clients that fail with this server and this client, and should not.
pub(super) fn failing_as_client(server: Revision, client: Revision) -> &'static [&'static str] {
    match (server, client) {
        (Revision::Legacy, _) => &["elicitation-sep1034-client-defaults", "sse-retry"],
        (Revision::Modern, Revision::Legacy) => &[
            "http-custom-headers",
            "http-invalid-tool-headers",
            "http-standard-headers",
            "sep-2322-client-request-state",
        ],
        (Revision::Modern, Revision::Modern) => {
            &["http-custom-headers", "http-standard-headers", "sep-2322-client-request-state"]
        }
    }
}

/// What a client gets otherwise through mcpmux than alone, and should not.
pub(super) const SURFACE: [Rewrite; 6] = [
    Rewrite::new("", Who::Everyone, &["completion/", "logging/", "prompts/", "resources/"], &["*"]),
    Rewrite::new("", Who::Everyone, &["initialize"], &["answer.result.capabilities.*"]),
    Rewrite::new("", Who::Everyone, &["server/discover"], &["answer.result.capabilities.*"]),
    Rewrite::new(
        "",
        Who::ModernClients,
        &["server/discover", "tools/list"],
        &["answer.result.cacheScope"],
    ),
    Rewrite::new(
        "",
        Who::Everyone,
        &["tools/call test_logging", "tools/call test_tool_with_logging"],
        &["before"],
    ),
    Rewrite::new("", Who::BridgedModernClients, &["tools/call test_"], &["answer.*", "status"]),
];

//! What mcpmux does not do yet: scenarios that fail for no good reason. The aim is that this file is empty.

use super::servers::{Cell, Era};
use super::suite::Revision;
use super::surface::rewrites::{Rewrite, Who};

/// Of clients of 2026-07-28 with a backend that speaks it too.
const MODERN_SUITE_ON_MODERN: [&str; 2] =
    ["tasks-capability-negotiation", "tasks-dispatch-and-envelope"];

/// The scenarios that fail in a cell and should not.
pub(super) fn failing(cell: Cell) -> impl Iterator<Item = &'static str> {
    let tasks = cell.suite == Revision::Modern && cell.era != Era::Legacy;
    MODERN_SUITE_ON_MODERN.iter().filter(move |_| tasks).copied()
}

/// The scenarios for clients that fail with this server and this client, and should not.
pub(super) fn failing_as_client(server: Revision, client: Revision) -> &'static [&'static str] {
    match (server, client) {
        // A result without a `resultType` reaches the client without one.
        (Revision::Modern, Revision::Modern) => &["sep-2322-client-request-state"],
        _ => &[],
    }
}

/// What a client gets otherwise through mcpmux than alone, and should not.
pub(super) const SURFACE: [Rewrite; 2] = [
    // An extension that a legacy client cannot use is offered to it.
    Rewrite::new(
        "",
        Who::LegacyClients,
        &["initialize"],
        &["answer.result.capabilities.extensions"],
    ),
    // All parts of the list are private, or say nothing.
    Rewrite::new(
        "",
        Who::ModernClients,
        &["prompts/list", "resources/", "server/discover", "tools/list"],
        &["answer.result.cacheScope"],
    ),
];

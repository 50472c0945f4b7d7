//! What mcpmux does not do yet: scenarios that fail for no good reason. The aim is that this file is empty.

use super::servers::{Cell, Era};
use super::suite::Revision;
use super::surface::rewrites::{Rewrite, Who};

/// Of clients of 2025-11-25.
const LEGACY_SUITE: [&str; 0] = [];

/// Of clients of 2026-07-28.
const MODERN_SUITE: [&str; 0] = [];

/// Of clients of 2026-07-28 with a backend of 2025-11-25, beside those.
const MODERN_SUITE_ON_LEGACY: [&str; 0] = [];

/// Of clients of 2026-07-28 with a backend that speaks it too, beside those.
const MODERN_SUITE_ON_MODERN: [&str; 0] = [];

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
        _ => &[],
    }
}

/// What a client gets otherwise through mcpmux than alone, and should not.
pub(super) const SURFACE: [Rewrite; 0] = [];

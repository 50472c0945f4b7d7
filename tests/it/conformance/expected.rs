//! What differs through mcpmux from the backend alone, and why it has to.

use super::servers::{Cell, Era};
use super::suite::Revision;

/// A scenario that cannot hold.
struct Difference {
    scenario: &'static str,
    /// For readers.
    _why: &'static str,
}

/// Clients of 2026-07-28 with a backend that speaks only 2025-11-25.
const MODERN_SUITE_ON_LEGACY: [Difference; 2] = [
    Difference {
        scenario: "input-required-result-basic-elicitation",
        _why: "The suite wants the request under the key `user_name`. A legacy server's request has no key: the one \
               that a modern client sees is made by mcpmux.",
    },
    Difference {
        scenario: "input-required-result-ignore-extra-params",
        _why: "The suite answers `user_name` before it was asked, and without a state. A legacy server's call begins \
               with the first request and cannot be answered before it asks; a SHOULD, and so a warning.",
    },
];

/// Not scored: the tasks extension of 2026-07-28, with a backend that speaks only 2025-11-25. It has no tasks of this kind,
/// and mcpmux makes none up: its calls end with their results.
const TASKS_ON_LEGACY: [&str; 8] = [
    "tasks-capability-negotiation",
    "tasks-dispatch-and-envelope",
    "tasks-lifecycle",
    "tasks-mrtr-composition",
    "tasks-mrtr-input",
    "tasks-request-headers",
    "tasks-request-state-removal",
    "tasks-wire-fields",
];

/// Clients of 2025-11-25, whatever the backend speaks.
const LEGACY_SUITE: [Difference; 1] = [Difference {
    scenario: "server-sse-multiple-streams",
    _why: "It passes, with a check less: the backend answers `tools/list` with a stream, and then the suite looks into \
           it; mcpmux answers with plain JSON where nothing comes before the answer.",
}];

/// Clients of 2025-11-25 with a backend that speaks 2026-07-28 to mcpmux.
const LEGACY_SUITE_ON_MODERN: [Difference; 1] = [Difference {
    scenario: "server-sse-polling",
    _why: "Not scored. The tool closes its own stream in the middle of the call, which a server of 2026-07-28 cannot: \
           a stream that ends takes its request with it.",
}];

/// Clients of 2025-11-25 with a backend that speaks it too.
const LEGACY_SUITE_ON_LEGACY: [Difference; 1] = [Difference {
    scenario: "server-sse-polling",
    _why: "Not scored. The tool closes the backend's stream; mcpmux resumes that by itself, and its own client's \
           stream stays open.",
}];

/// The scenarios that cannot hold in a cell.
pub(super) fn differences(cell: Cell) -> impl Iterator<Item = &'static str> {
    let (all, more): (&[Difference], &[Difference]) = match (cell.suite, cell.era) {
        (Revision::Legacy, Era::Legacy) => (&LEGACY_SUITE, &LEGACY_SUITE_ON_LEGACY),
        (Revision::Legacy, Era::Modern | Era::Both) => (&LEGACY_SUITE, &LEGACY_SUITE_ON_MODERN),
        (Revision::Modern, Era::Legacy) => (&[], &MODERN_SUITE_ON_LEGACY),
        (Revision::Modern, Era::Modern | Era::Both) => (&[], &[]),
    };
    let tasks = cell.suite == Revision::Modern && cell.era == Era::Legacy;
    let tasks = TASKS_ON_LEGACY.iter().filter(move |_| tasks).copied();
    all.iter().chain(more).map(|difference| difference.scenario).chain(tasks)
}

//! What mcpmux changes on purpose, and what it does not pass yet. There is no third list.

use super::compare::{ADDED, Difference};

/// A member that may differ: in which messages, where, and why. In a path, `/` is between keys, `*` at the end stands
/// for anything, and `+` at the beginning says that the member may be added, not lost or changed.
pub struct Rewrite {
    /// How the message's name begins; empty means any.
    of: &'static str,
    part: &'static str,
    path: &'static str,
    #[allow(dead_code, reason = "for the reader")]
    why: &'static str,
}

const fn rewrite(
    of: &'static str,
    part: &'static str,
    path: &'static str,
    why: &'static str,
) -> Rewrite {
    Rewrite { of, part, path, why }
}

/// Every change that mcpmux makes. Names, which differ too, are compared with what they have to become.
pub const REWRITES: &[Rewrite] = &[
    rewrite(
        "",
        "params",
        "_meta/progressToken",
        "tokens of clients collide, so a link has its own",
    ),
    rewrite(
        "",
        "params",
        "_meta/io.modelcontextprotocol/*",
        "each side has its own era and identity",
    ),
    rewrite(
        "",
        "params",
        "+_meta",
        "what the backend's era or the progress token adds needs a place",
    ),
    rewrite("", "result", "resultType", "only the modern era has it, and requires it"),
    rewrite("", "result", "_meta/io.modelcontextprotocol/serverInfo", "who really answers"),
    rewrite("tools/call of a task", "result", "task/taskId", "a task's id says whose it is"),
    rewrite("tasks/", "result", "taskId", "a task's id says whose it is"),
    rewrite("tasks/", "result", "tasks/0/taskId", "a task's id says whose it is"),
    rewrite("tasks/", "result", "_meta/io.modelcontextprotocol/related-task/taskId", "the same"),
    rewrite("notifications/tasks/status", "params", "taskId", "a task's id says whose it is"),
    rewrite("resources/read", "result", "ttlMs", "what is cached is mcpmux's to say"),
    rewrite("resources/read", "result", "cacheScope", "private as soon as it depends on who asks"),
    rewrite("tools/call that needs input", "result", "requestState", "it is sealed to who got it"),
    rewrite("notifications/progress", "params", "progressToken", "compared with the client's"),
    rewrite("notifications/cancelled", "params", "requestId", "compared with the link's"),
    rewrite("notifications/roots/list_changed", "params", "*", "several clients make one list"),
];

/// Messages that do not leave as they came, by name and era, and why. One of these that does fails the test, as does
/// one that does not and is not here.
pub const NOT_ONE_TO_ONE: &[(&str, &str, &str)] = &[
    (
        "logging/setLevel",
        "legacy",
        "mcpmux answers it, and tells backends the lowest level that any client wants",
    ),
    ("notifications/cancelled", "legacy", "calls end for many reasons; mcpmux says its own"),
    (
        "notifications/resources/updated",
        "legacy",
        "one subscription stands for all clients that want it",
    ),
    (
        "notifications/resources/updated modern",
        "modern",
        "one subscription stands for all clients that want it",
    ),
    ("tasks/list", "legacy", "it is not offered: mcpmux keeps no list of whose task is whose"),
];

/// The differences that no rewrite allows.
pub fn unexpected(name: &str, part: &str, found: Vec<Difference>) -> Vec<Difference> {
    let allows = |rewrite: &Rewrite, it: &Difference| {
        let path = it.path.as_str();
        let added = rewrite.path.strip_prefix('+') == Some(path) && it.how == ADDED;
        let exact = rewrite.path == path || added;
        let within = rewrite.path.strip_suffix('*').is_some_and(|begin| path.starts_with(begin));
        name.starts_with(rewrite.of) && rewrite.part == part && (exact || within)
    };
    let is_unexpected = |it: &Difference| !REWRITES.iter().any(|rewrite| allows(rewrite, it));
    found.into_iter().filter(is_unexpected).collect()
}

//! The keys of `[limits]`, one for each field of [`mcpmux_core::config::Limits`].

use super::{Key, Kind, Table, milliseconds, seconds};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const HOUR: u64 = 3_600;

pub(crate) static LIMITS: Table = Table {
    keys: &[
        Key::new(
            "body",
            Kind::Size(KIB, GIB),
            "body = \"4MiB\"",
            "The largest request body, or line of a stdio client.",
        )
        .or("\"4MiB\""),
        Key::new(
            "message",
            Kind::Size(KIB, GIB),
            "message = \"16MiB\"",
            "The largest line or event from a backend, and so the largest answer.",
        )
        .or("\"16MiB\""),
        Key::new(
            "sessions",
            Kind::Count(1, 1_000_000),
            "sessions = 1000",
            "Sessions of legacy clients at once.",
        )
        .or("1000"),
        Key::new(
            "session_idle",
            seconds(1, 7 * 24 * HOUR),
            "session_idle = \"30m\"",
            "How long a session may idle before it ends.",
        )
        .or("\"30m\""),
        Key::new(
            "asks",
            Kind::Count(1, 100_000),
            "asks = 64",
            "Questions of backends that the client of one session may have open at once.",
        )
        .or("64"),
        Key::new(
            "replay",
            Kind::Size(KIB, GIB),
            "replay = \"1MiB\"",
            "What a session over HTTP keeps of what it has sent, for a client that comes back after a broken \
             connection.",
        )
        .or("\"1MiB\""),
        Key::new(
            "listens",
            Kind::Count(1, 1_000_000),
            "listens = 1000",
            "Subscriptions (`subscriptions/listen`) of modern clients at once, on each way in.",
        )
        .or("1000"),
        Key::new(
            "tools",
            Kind::Count(1, 100_000),
            "tools = 1000",
            "Tools of one backend; more are left out of the catalog.",
        )
        .or("1000"),
        Key::new("page", Kind::Count(1, 100_000), "page = 1000", "Tools in one page of a list.")
            .or("1000"),
        Key::new(
            "list_wait",
            milliseconds(1, 600),
            "list_wait = \"8s\"",
            "How long a list waits for backends that are still starting.",
        )
        .or("\"8s\""),
        Key::new(
            "parked",
            Kind::Count(1, 1_000_000),
            "parked = 1000",
            "Calls that wait for their client's answer to what a backend asked, at once; only those of clients of 2026-07-28 at backends of earlier revisions.",
        )
        .or("1000"),
        Key::new(
            "parked_time",
            milliseconds(1, HOUR),
            "parked_time = \"10m\"",
            "How long such a call waits before it is cancelled.",
        )
        .or("\"10m\""),
        Key::new(
            "drain",
            milliseconds(1, HOUR),
            "drain = \"30s\"",
            "How long calls may go on after mcpmux was told to stop.",
        )
        .or("\"30s\""),
        Key::new(
            "plugin_time",
            milliseconds(1, 60),
            "plugin_time = \"50ms\"",
            "How long one hook of a plugin may run.",
        )
        .or("\"50ms\""),
        Key::new(
            "plugin_memory",
            Kind::Size(MIB, 4 * GIB),
            "plugin_memory = \"64MiB\"",
            "The memory of one instance of a plugin.",
        )
        .or("\"64MiB\""),
    ],
    one_of: &[],
};

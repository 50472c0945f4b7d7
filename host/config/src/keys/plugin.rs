//! The keys of one plugin, one for each field of [`mcpmux_core::config::Plugin`].

use super::{Key, Kind, Table, milliseconds};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

pub(crate) static PLUGIN: Table = Table {
    keys: &[
        Key::new(
            "name",
            Kind::Text,
            "name = \"permissions\"",
            "Its name in messages, and the backend of tools that it adds: lower-case letters, digits and `-`, each \
             name once, and none that a backend has.",
        )
        .required(),
        Key::new("path", Kind::Path, "path = \"plugins/permissions.wasm\"", "The component's file. Without `sha256` its path goes nowhere up, and it is no symbolic link.").required(),
        Key::new(
            "sha256",
            Kind::Text,
            "sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
            "The SHA-256 of the file, in hexadecimal. Another file is not loaded.",
        )
        .means("any file is taken"),
        Key::new(
            "grant",
            Kind::List(0),
            "grant = [\"clock\"]",
            "What it may use, by the names of the host's interfaces: `clock`, `random`, `kv`, `secrets:NAME`, \
             `http:HOST`, `exec:ARGV`, `catalog`, `approvals`. It never gets more than is granted here; what it \
             wants and is not granted is an error at the start that shows the line to add.",
        )
        .or("[]"),
        Key::new(
            "secrets",
            Kind::Secrets,
            "secrets = { TOKEN = \"${TOKEN}\" }",
            "Secrets by name; it can read those that `grant` names as `secrets:NAME`. Their values are never shown.",
        ),
        Key::new(
            "config",
            Kind::Free,
            "config = { deny = [\"files__delete_*\"] }",
            "Its own configuration, which it gets as a JSON object.",
        )
        .or("{}"),
        Key::new(
            "mode",
            Kind::Word(&["enforce", "shadow", "off"]),
            "mode = \"shadow\"",
            "Whether what it decides is followed (`enforce`), only recorded (`shadow`), or not asked for (`off`: it is \
             loaded and checked only).",
        )
        .or("\"enforce\""),
        Key::new(
            "match",
            Kind::Table(&MATCH),
            "match = { backends = [\"files\"] }",
            "What it is asked about; all that is given here must fit.",
        )
        .means("anything"),
        Key::new(
            "on_error",
            Kind::WordOr(&["closed", "open"], &ON_ERROR),
            "on_error = { response = \"open\" }",
            "What holds if it fails: `\"closed\"`, the call is refused, or `\"open\"`, it is passed over; or a table that \
             says so for each hook. An authorizer that fails has refused, whatever stands here.",
        )
        .or("\"closed\""),
        Key::new(
            "limits",
            Kind::Table(&LIMITS),
            "limits = { time = \"20ms\" }",
            "What one call of it may take.",
        )
        .means("the defaults of each hook"),
        Key::new(
            "stateless",
            Kind::Bool,
            "stateless = true",
            "Whether every call meets a fresh instance of its own, so that nothing of one can be seen by the next.",
        )
        .or("false"),
    ],
    one_of: &[],
};

static MATCH: Table = Table {
    keys: &[
        Key::new(
            "backends",
            Kind::List(0),
            "backends = [\"files\"]",
            "Patterns for the names of backends; `*` stands for any run of characters, `?` for one. Empty: any.",
        )
        .or("[]"),
        Key::new(
            "entries",
            Kind::List(0),
            "entries = [\"write_*\"]",
            "Patterns for what the backends call their entries: a name, a URI or a template. Empty: any.",
        )
        .or("[]"),
        Key::new(
            "clients",
            Kind::List(0),
            "clients = [\"claude-*\"]",
            "Patterns for the names that clients give themselves, which they can make up. Empty: any.",
        )
        .or("[]"),
    ],
    one_of: &[],
};

const FAILING: Kind = Kind::Word(&["closed", "open"]);

/// `authorize` and `authorize-list` are here so that their one value can be written; `build` says why `open` cannot.
static ON_ERROR: Table = Table {
    keys: &[
        Key::new("catalog", FAILING, "catalog = \"open\"", "If it cannot edit a list.")
            .or("\"closed\""),
        Key::new("request", FAILING, "request = \"open\"", "If it cannot filter a call.")
            .or("\"closed\""),
        Key::new("authorize", FAILING, "authorize = \"closed\"", "Always `\"closed\"`.")
            .or("\"closed\""),
        Key::new("authorize-list", FAILING, "authorize-list = \"closed\"", "Always `\"closed\"`.")
            .or("\"closed\""),
        Key::new("response", FAILING, "response = \"open\"", "If it cannot filter an answer.")
            .or("\"closed\""),
        Key::new("notify", FAILING, "notify = \"open\"", "If it cannot filter a notification.")
            .or("\"closed\""),
    ],
    one_of: &[],
};

static LIMITS: Table = Table {
    keys: &[
        Key::new("time", milliseconds(1, 600), "time = \"20ms\"", "Its time.")
            .means("`[limits] plugin_time`, or 30 s in hooks that may wait"),
        Key::new(
            "memory",
            Kind::Size(MIB, 4 * GIB),
            "memory = \"64MiB\"",
            "The memory of one instance.",
        )
        .means("`[limits] plugin_memory`"),
        Key::new(
            "output",
            Kind::Size(KIB, GIB),
            "output = \"1MiB\"",
            "What one call of it returns.",
        )
        .means("what the hook needs"),
        Key::new(
            "host_calls",
            Kind::Count(1, 10_000_000),
            "host_calls = 1000",
            "Calls of the host's interfaces.",
        )
        .means("what the hook needs"),
        Key::new(
            "kv",
            Kind::Size(KIB, GIB),
            "kv = \"1MiB\"",
            "All that it keeps with `kv`, names included.",
        )
        .means("1 MiB"),
    ],
    one_of: &[],
};

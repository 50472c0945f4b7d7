//! The keys of one backend, as we write it and as AI clients do.

use super::auth::AUTH;
use super::{Key, Kind, Table, milliseconds};

const HOUR: u64 = 3_600;

pub(crate) static BACKEND: Table = Table {
    keys: &[
        Key::new(
            "command",
            Kind::List(1),
            "command = [\"npx\", \"-y\", \"@modelcontextprotocol/server-filesystem\", \"/data\"]",
            "A program and its arguments, run without a shell; it speaks MCP on its standard input and output.",
        ),
        Key::new(
            "url",
            Kind::Url,
            "url = \"https://mcp.example.com/mcp\"",
            "A streamable HTTP endpoint, `http` or `https`, without user info.",
        ),
        Key::new(
            "wasm",
            Kind::Path,
            "wasm = \"plugins/clock.wasm\"",
            "A WASI 0.2 command component that speaks MCP on its standard input and output, run inside mcpmux \
             without files or network.",
        ),
        Key::new(
            "env",
            Kind::Secrets,
            "env = { TOKEN = \"${TOKEN}\" }",
            "Environment variables; a process gets them beside a few that every process needs, a component gets \
             no others. Their values are never shown.",
        )
        .beside(&["command", "wasm"]),
        Key::new("cwd", Kind::Path, "cwd = \"work\"", "The process's working directory.")
            .beside(&["command"])
            .means("that of mcpmux"),
        Key::new(
            "args",
            Kind::List(0),
            "args = [\"--zone\", \"UTC\"]",
            "The component's arguments after its name.",
        )
        .beside(&["wasm"])
        .or("[]"),
        Key::new(
            "headers",
            Kind::Secrets,
            "headers = { X-Team = \"${TEAM}\" }",
            "Headers of every request beside those that mcpmux writes. Their values are never shown.",
        )
        .beside(&["url"]),
        Key::new(
            "auth",
            Kind::WordOr(&["none"], &AUTH),
            "auth = { type = \"bearer\", token = \"${TOKEN}\" }",
            "What is shown to the backend: `\"none\"`, or a table. With plain `http` only on loopback.",
        )
        .beside(&["url"])
        .or("\"none\""),
        Key::new(
            "prefix",
            Kind::Text,
            "prefix = \"gh_\"",
            "What stands before the names of its entries; may be empty.",
        )
        .means("the backend's name and `__`"),
        Key::new(
            "only",
            Kind::List(0),
            "only = [\"read_*\"]",
            "If not empty, only entries whose native name matches one of these patterns are offered; `*` stands \
             for any run of characters, `?` for one.",
        )
        .or("[]"),
        Key::new(
            "except",
            Kind::List(0),
            "except = [\"*_delete\"]",
            "Entries whose native name matches one of these patterns are left out.",
        )
        .or("[]"),
        Key::new(
            "alias",
            Kind::Texts,
            "alias = { read_text_file = \"read\" }",
            "Native names and what stands after the prefix in their place.",
        ),
        Key::new(
            "init_timeout",
            milliseconds(10, HOUR),
            "init_timeout = \"60s\"",
            "From starting to connect to the answer to the handshake.",
        )
        .or("\"60s\""),
        Key::new(
            "call_timeout",
            milliseconds(10, 24 * HOUR),
            "call_timeout = \"60s\"",
            "From a call, or its last progress, to its answer.",
        )
        .or("\"60s\""),
        Key::new(
            "call_timeout_max",
            milliseconds(10, 24 * HOUR),
            "call_timeout_max = \"10m\"",
            "From a call to its answer, whatever its progress; not less than `call_timeout`.",
        )
        .or("\"10m\""),
        Key::new("in_flight", Kind::Count(1, 100_000), "in_flight = 128", "Calls to it at once.").or("128"),
    ],
    one_of: &["command", "url", "wasm"],
};

pub(crate) static CLIENT_BACKEND: Table = Table {
    keys: &[
        Key::new(
            "type",
            Kind::Word(&["stdio", "http", "streamable-http", "streamableHttp", "sse"]),
            "type = \"http\"",
            "What kind of server it is; must fit the other keys. Which HTTP transport a server speaks is found \
             out by asking it.",
        )
        .means("what the other keys say"),
        Key::new("command", Kind::Text, "command = \"npx\"", "A program, run without a shell."),
        Key::new("args", Kind::List(0), "args = [\"-y\", \"server\"]", "The program's arguments.")
            .beside(&["command"])
            .or("[]"),
        Key::new("env", Kind::Secrets, "env = { TOKEN = \"${TOKEN}\" }", "The program's environment variables.")
            .beside(&["command"]),
        Key::new("cwd", Kind::Path, "cwd = \"work\"", "The program's working directory.")
            .beside(&["command"])
            .means("that of mcpmux"),
        Key::new("url", Kind::Url, "url = \"https://mcp.example.com/mcp\"", "An HTTP endpoint."),
        Key::new(
            "headers",
            Kind::Secrets,
            "headers = { Authorization = \"Bearer ${TOKEN}\" }",
            "Headers of every request.",
        )
        .beside(&["url"]),
    ],
    one_of: &["command", "url"],
};

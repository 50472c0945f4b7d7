//! The one table of what a configuration may say; the check, the schema and the reference are made from it.

mod auth;
mod backend;
mod limits;
mod plugin;
mod vault;

use std::time::Duration;

use serde_json::Value as Json;

pub(crate) use backend::{BACKEND, CLIENT_BACKEND};
pub(crate) use limits::LIMITS;
pub(crate) use plugin::PLUGIN;
pub(crate) use vault::VAULT;

/// The keys that may stand in one place.
pub(crate) struct Table {
    pub(crate) keys: &'static [Key],
    /// If not empty, exactly one of these must be there.
    pub(crate) one_of: &'static [&'static str],
}

/// One key.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it means, in sentences.
    pub(crate) doc: &'static str,
    /// How it is written, as TOML.
    pub(crate) example: &'static str,
    pub(crate) absent: Absent,
    /// If not empty, it means something only beside one of these.
    pub(crate) beside: &'static [&'static str],
}

/// What it means if a key is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// That something is missing.
    Mistake,
    /// The same as this value, in TOML.
    Default(&'static str),
    /// This, in words; empty: the feature is not used.
    Means(&'static str),
}

/// What a key's value is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string that is never shown.
    Secret,
    /// A file or folder; relative ones start at the configuration's folder.
    Path,
    /// A backend's endpoint.
    Url,
    /// An IP address and a port.
    Address,
    /// One of these strings.
    Word(&'static [&'static str]),
    /// A string such as `30s`.
    Duration(Duration, Duration),
    /// Bytes, or a string such as `4MiB`.
    Size(u64, u64),
    /// A whole number.
    Count(i64, i64),
    /// `true` or `false`.
    Bool,
    /// A list of at least so many strings.
    List(usize),
    /// A table of strings.
    Texts,
    /// A table of strings that are never shown.
    Secrets,
    /// A table.
    Table(&'static Table),
    /// A list of tables.
    Tables(&'static Table),
    /// A table of tables, whose keys are names.
    Named(&'static Table),
    /// One of these strings, or a table.
    WordOr(&'static [&'static str], &'static Table),
    /// A table that is not ours to check.
    Free,
}

impl Key {
    const fn new(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Self {
        Self { name, kind, doc, example, absent: Absent::Means(""), beside: &[] }
    }

    const fn required(self) -> Self {
        Self { absent: Absent::Mistake, ..self }
    }

    const fn or(self, default: &'static str) -> Self {
        Self { absent: Absent::Default(default), ..self }
    }

    const fn means(self, what: &'static str) -> Self {
        Self { absent: Absent::Means(what), ..self }
    }

    const fn beside(self, keys: &'static [&'static str]) -> Self {
        Self { beside: keys, ..self }
    }

    /// The example's value as JSON.
    pub(crate) fn json(&self) -> Option<Json> {
        self.json_of(self.example)
    }

    /// The value that a line or two of TOML give this key, as JSON.
    pub(crate) fn json_of(&self, text: &str) -> Option<Json> {
        toml::from_str::<serde_json::Map<String, Json>>(text).ok()?.remove(self.name)
    }
}

impl Table {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn seconds(from: u64, to: u64) -> Kind {
    Kind::Duration(Duration::from_secs(from), Duration::from_secs(to))
}

const fn milliseconds(from: u64, to_seconds: u64) -> Kind {
    Kind::Duration(Duration::from_millis(from), Duration::from_secs(to_seconds))
}

/// The whole of a TOML configuration.
pub(crate) static ROOT: Table = Table {
    keys: &[
        Key::new(
            "listen",
            Kind::Table(&LISTEN),
            "[listen]\nhttp = \"127.0.0.1:9315\"",
            "Where clients come in.",
        ),
        Key::new(
            "backends",
            Kind::Named(&BACKEND),
            "[backends.files]\ncommand = [\"npx\", \"-y\", \"@modelcontextprotocol/server-filesystem\", \"/data\"]",
            "The MCP servers to connect to, by name: lower-case letters, digits and `-`. Their order in the file \
             decides who wins if two expose the same name. Each has exactly one of `command`, `url` and `wasm`.",
        ),
        Key::new(
            "plugins",
            Kind::Tables(&PLUGIN),
            "[[plugins]]\nname = \"permissions\"\npath = \"plugins/permissions.wasm\"",
            "The plugins, in the order in which they act.",
        ),
        Key::new(
            "limits",
            Kind::Table(&LIMITS),
            "[limits]\nbody = \"4MiB\"",
            "Bounds on what comes in.",
        ),
        Key::new(
            "audit",
            Kind::Table(&AUDIT),
            "[audit]\nfile = \"audit.jsonl\"",
            "A record of every call: who asked what, how it ended, and what each plugin decided.",
        )
        .means("nothing is recorded"),
        Key::new(
            "vault",
            Kind::Table(&VAULT),
            "[vault]\nkey = \"keychain\"",
            "Where secrets rest between runs. `mcpmux secret set NAME` puts one there; `${secret:NAME}` in a backend's `env` or \
             `headers`, or in a token, value or client secret of its `auth`, stands for it, and is read when the backend is connected \
             to. Logins (`auth = { type = \"oauth\" }`) rest there too.",
        ),
    ],
    one_of: &[],
};

/// The whole of an AI client's configuration.
pub(crate) static CLIENT_ROOT: Table = Table {
    keys: &[Key::new(
        "mcpServers",
        Kind::Named(&CLIENT_BACKEND),
        "[mcpServers.files]\ncommand = \"npx\"",
        "The MCP servers, as AI clients write them. A name that no backend can have is changed to one, with a \
         warning: lower case, and `-` for what is neither letter nor digit.",
    )
    .required()],
    one_of: &[],
};

static LISTEN: Table = Table {
    keys: &[
        Key::new(
            "http",
            Kind::Address,
            "http = \"127.0.0.1:9315\"",
            "The loopback address and port of the streamable HTTP endpoint, whose path is `/mcp`. Port 0 takes \
             a free one. Other addresses are refused for as long as clients cannot be authenticated.",
        )
        .or("\"127.0.0.1:9315\""),
        Key::new(
            "unix",
            Kind::Path,
            "unix = \"mcpmux.sock\"",
            "A Unix socket on which the same endpoint is served too. Only the owner of the file may connect, with any \
             `Host`. A file that a process has left behind is replaced, any other is an error.",
        )
        .means("on none"),
        Key::new(
            "hosts",
            Kind::List(0),
            "hosts = [\"mcp.example.com\"]",
            "Hosts that are accepted in `Host` and `Origin` beside the loopback names, without scheme and port.",
        )
        .or("[]"),
    ],
    one_of: &[],
};

static AUDIT: Table = Table {
    keys: &[
        Key::new(
            "file",
            Kind::Path,
            "file = \"audit.jsonl\"",
            "The file that one JSON object a call is appended to. It is made with mode 0600, and never shortened.",
        )
        .required(),
        Key::new(
            "arguments",
            Kind::Bool,
            "arguments = true",
            "Whether the calls' arguments are recorded too, which `mcpmux plugin replay` needs; they may hold secrets.",
        )
        .or("false"),
    ],
    one_of: &[],
};

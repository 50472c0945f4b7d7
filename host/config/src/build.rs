//! Makes the configuration out of a tree whose shape is checked; notes what several keys say against each other.

mod auth;
mod backend;
mod naming;
mod plugin;
mod transport;
mod vault;

use std::net::SocketAddr;
use std::path::Path;

use mcpmux_core::config::{Audit, Config, Limits, Listen, Vault};
use mcpmux_core::names::NameError;

use crate::mistake::Findings;
use crate::node::Node;
use crate::node::fields::Fields;
use crate::section::Style;
use crate::url;

/// What the parts of a configuration are read against.
struct Around<'a> {
    /// The format of the text.
    style: Style,
    /// Where relative paths start.
    folder: &'a Path,
    /// The names under `[backends]`, as they are written.
    backends: Vec<&'a str>,
    /// The names of `[[plugins]]`.
    plugins: Vec<&'a str>,
}

/// Builds what can be built. Where something is noted as a mistake a default stands in, so the result counts
/// only if nothing is.
pub(crate) fn config(root: &Node, style: Style, folder: &Path, found: &mut Findings<'_>) -> Config {
    let root = Fields::of(root);
    let below = |key: &str| root.member(key).map(|member| &member.node);
    let backends = below("backends").map_or(&[][..], Node::members);
    let plugins = below("plugins").map_or(&[][..], Node::elements);
    let named = plugins.iter().filter_map(|plugin| Fields::of(plugin).text("name"));
    let around = Around {
        style,
        folder,
        backends: backends.iter().map(|member| member.key.as_str()).collect(),
        plugins: named.map(|(_, name)| name.full.as_str()).collect(),
    };
    Config {
        listen: below("listen")
            .map_or_else(Listen::default, |node| listen(Fields::of(node), folder, found)),
        backends: backends
            .iter()
            .filter_map(|member| backend::backend(member, &around, found))
            .collect(),
        plugins: plugin::plugins(plugins, &around, found),
        limits: below("limits").map_or_else(Limits::default, |node| limits(Fields::of(node))),
        audit: below("audit").and_then(|node| audit(Fields::of(node), folder)),
        vault: below("vault").map_or_else(Vault::default, |node| vault::vault(node, folder, found)),
    }
}

fn audit(fields: Fields<'_>, folder: &Path) -> Option<Audit> {
    let (_, file) = fields.text("file")?;
    let arguments = fields.bool("arguments").unwrap_or_default();
    Some(Audit { file: folder.join(&file.full), arguments })
}

fn listen(fields: Fields<'_>, folder: &Path, found: &mut Findings<'_>) -> Listen {
    let mut listen = Listen::default();
    if let Some((at, text)) = fields.text("http")
        && let Ok(address) = text.full.parse::<SocketAddr>()
    {
        if !address.ip().is_loopback() {
            found.hinted(
                at,
                "`http` is an address that other machines reach, and mcpmux cannot authenticate clients yet",
                "listen on `127.0.0.1:9315`, with a reverse proxy that authenticates in front if others need it",
            );
        }
        listen.http = address;
    }
    listen.unix = fields.text("unix").map(|(_, text)| folder.join(&text.full));
    for (at, text) in fields.list("hosts") {
        if url::is_host(&text.full) {
            listen.hosts.push(text.full.to_ascii_lowercase());
        } else {
            let written = text.written.escape_debug();
            let text = format!("`hosts` holds `{written}`, which is no host");
            found.hinted(
                at,
                text,
                "write a name without scheme and port, such as `mcp.example.com`",
            );
        }
    }
    listen
}

fn limits(fields: Fields<'_>) -> Limits {
    let default = Limits::default();
    Limits {
        body: fields.size("body").unwrap_or(default.body),
        message: fields.size("message").unwrap_or(default.message),
        sessions: fields.count("sessions").unwrap_or(default.sessions),
        session_idle: fields.duration("session_idle").unwrap_or(default.session_idle),
        asks: fields.count("asks").unwrap_or(default.asks),
        replay: fields.size("replay").unwrap_or(default.replay),
        listens: fields.count("listens").unwrap_or(default.listens),
        tools: fields.count("tools").unwrap_or(default.tools),
        page: fields.count("page").unwrap_or(default.page),
        list_wait: fields.duration("list_wait").unwrap_or(default.list_wait),
        parked: fields.count("parked").unwrap_or(default.parked),
        parked_time: fields.duration("parked_time").unwrap_or(default.parked_time),
        drain: fields.duration("drain").unwrap_or(default.drain),
        plugin_time: fields.duration("plugin_time").unwrap_or(default.plugin_time),
        plugin_memory: fields.size("plugin_memory").unwrap_or(default.plugin_memory),
    }
}

/// Why a text cannot be a name, without the text, which may hold the value of a variable.
fn why(error: &NameError) -> String {
    match error {
        NameError::Empty => "it is empty".to_owned(),
        NameError::TooLong(_) => {
            format!("it has more than {} characters", mcpmux_core::names::NAME_LIMIT)
        }
        NameError::Character { allowed, .. } => format!("allowed are {allowed}"),
    }
}

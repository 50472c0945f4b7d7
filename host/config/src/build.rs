//! Makes the configuration out of a tree whose shape is checked; notes what several keys say against each other.

mod backend;
mod naming;
mod transport;

use std::net::SocketAddr;
use std::path::Path;

use mcpmux_core::config::{Config, Limits, Listen, Plugin};
use mcpmux_core::json::Raw;
use mcpmux_core::names::{NameError, PluginName};
use serde_json::Value as Json;

use crate::mistake::Findings;
use crate::node::fields::Fields;
use crate::node::{Node, Value};
use crate::section::Style;
use crate::url;

/// Builds what can be built. Where something is noted as a mistake a default stands in, so the result counts
/// only if nothing is.
pub(crate) fn config(root: &Node, style: Style, folder: &Path, found: &mut Findings<'_>) -> Config {
    let root = Fields::of(root);
    let below = |key: &str| root.member(key).map(|member| &member.node);
    Config {
        listen: below("listen")
            .map_or_else(Listen::default, |node| listen(Fields::of(node), folder, found)),
        backends: below("backends")
            .map_or(&[][..], Node::members)
            .iter()
            .filter_map(|member| backend::backend(member, style, folder, found))
            .collect(),
        plugins: below("plugins").map_or_else(Vec::new, |node| plugins(node, folder, found)),
        limits: below("limits").map_or_else(Limits::default, |node| limits(Fields::of(node))),
    }
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

fn plugins(node: &Node, folder: &Path, found: &mut Findings<'_>) -> Vec<Plugin> {
    let Value::List(elements) = &node.value else { return Vec::new() };
    let mut plugins: Vec<Plugin> = Vec::new();
    for element in elements {
        let Some(plugin) = plugin(Fields::of(element), folder, found) else { continue };
        if plugins.iter().any(|known| known.name == plugin.name) {
            let at = Fields::of(element).text("name").map_or(element.at, |(at, _)| at);
            found.hinted(
                at,
                "another plugin has this `name` already",
                "give each plugin a name of its own",
            );
        }
        plugins.push(plugin);
    }
    plugins
}

fn plugin(fields: Fields<'_>, folder: &Path, found: &mut Findings<'_>) -> Option<Plugin> {
    let config = fields
        .member("config")
        .map_or(Json::Object(serde_json::Map::new()), |member| json(&member.node, found));
    let mut grant: Vec<String> = Vec::new();
    for (at, text) in fields.list("grant") {
        if text.full.is_empty() {
            found.mistake(at, "`grant` holds an empty name");
        } else if grant.contains(&text.full) {
            found.mistake(at, format!("`grant` holds `{}` twice", text.written.escape_debug()));
        } else {
            grant.push(text.full.clone());
        }
    }
    let (at, name) = fields.text("name")?;
    let name = PluginName::new(&name.full).map_err(|error| {
        let written = name.written.escape_debug();
        found.mistake(at, format!("`{written}` cannot be the name of a plugin: {}", why(&error)));
    });
    let path = folder.join(&fields.text("path")?.1.full);
    Some(Plugin {
        name: name.ok()?,
        path,
        sha256: None,
        grant,
        secrets: std::collections::BTreeMap::new(),
        config: Raw::of(&config),
        mode: mcpmux_core::config::Mode::Enforce,
        matches: mcpmux_core::config::Match::default(),
        on_error: mcpmux_core::config::OnError::default(),
        limits: mcpmux_core::config::PluginLimits::default(),
        stateless: false,
    })
}

/// A value as JSON; a date becomes its text.
fn json(node: &Node, found: &mut Findings<'_>) -> Json {
    match &node.value {
        Value::Broken | Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) => serde_json::Number::from_f64(*number).map_or_else(
            || {
                found.mistake(node.at, "a plugin gets JSON, which has no such number");
                Json::Null
            },
            Json::Number,
        ),
        Value::Date(text) => Json::from(text.as_str()),
        Value::Text(text) => Json::from(text.full.as_str()),
        Value::List(elements) => elements.iter().map(|element| json(element, found)).collect(),
        Value::Table(members) => {
            members.iter().map(|member| (member.key.clone(), json(&member.node, found))).collect()
        }
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

//! The plugins: their names, their rights, when they are asked and what holds if they fail.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use mcpmux_core::config::{Match, Mode, OnError, Plugin, PluginLimits, Secret};
use mcpmux_core::hook::HookKind;
use mcpmux_core::json::Raw;
use mcpmux_core::names::PluginName;
use serde_json::Value as Json;

use super::naming::patterns;
use super::{Around, why};
use crate::mistake::Findings;
use crate::node::fields::Fields;
use crate::node::{Node, Value};
use crate::shape::not_kept;

/// What stands before a secret's name in `grant`.
const SECRETS: &str = "secrets:";
/// The hooks that can be passed over if they fail.
const CAN_BE_OPEN: [HookKind; 4] =
    [HookKind::Catalog, HookKind::Request, HookKind::Response, HookKind::Notify];

/// Builds the plugins whose name and path are there.
pub(super) fn plugins(
    elements: &[Node],
    around: &Around<'_>,
    found: &mut Findings<'_>,
) -> Vec<Plugin> {
    let mut plugins: Vec<Plugin> = Vec::new();
    for element in elements {
        let fields = Fields::of(element);
        let Some(plugin) = plugin(fields, around, found) else { continue };
        let at = fields.text("name").map_or(element.at, |(at, _)| at);
        if plugins.iter().any(|known| known.name == plugin.name) {
            found.hinted(
                at,
                "another plugin has this `name` already",
                "give each plugin a name of its own",
            );
        }
        if around.backends.contains(&plugin.name.as_str()) {
            found.hinted(
                at,
                "a backend has this `name` already, and tools that a plugin adds are found by the plugin's name",
                "give the plugin another name",
            );
        }
        plugins.push(plugin);
    }
    plugins
}

fn plugin(fields: Fields<'_>, around: &Around<'_>, found: &mut Findings<'_>) -> Option<Plugin> {
    let config = fields
        .member("config")
        .map_or(Json::Object(serde_json::Map::new()), |member| json(&member.node, found));
    let grant = grant(fields, found);
    let secrets = secrets(fields, &grant, found);
    let sha256 = sha256(fields, found);
    let matches = fields.below("match");
    let matches = Match {
        backends: patterns("backends", matches, found),
        entries: patterns("entries", matches, found),
        clients: patterns("clients", matches, found),
    };
    let on_error = on_error(fields, found);
    let (at, name) = fields.text("name")?;
    let name = PluginName::new(&name.full).map_err(|error| {
        let written = name.written.escape_debug();
        found.mistake(at, format!("`{written}` cannot be the name of a plugin: {}", why(&error)));
    });
    let (at, path) = fields.text("path")?;
    let up = Path::new(&path.full).components().any(|step| step == Component::ParentDir);
    if up && fields.member("sha256").is_none() {
        found.hinted(
            at,
            "`path` goes up with `..`",
            "name the file by its whole path, or pin it with `sha256`",
        );
    }
    let path = around.folder.join(&path.full);
    Some(Plugin {
        name: name.ok()?,
        path,
        sha256,
        grant,
        secrets,
        config: Raw::of(&config),
        mode: match fields.text("mode").map(|(_, mode)| mode.full.as_str()) {
            Some("shadow") => Mode::Shadow,
            Some("off") => Mode::Off,
            _ => Mode::Enforce,
        },
        matches,
        on_error,
        limits: limits(fields.below("limits")),
        stateless: fields.bool("stateless").unwrap_or_default(),
    })
}

fn grant(fields: Fields<'_>, found: &mut Findings<'_>) -> Vec<String> {
    let mut grant: Vec<String> = Vec::new();
    for (at, text) in fields.list("grant") {
        let written = text.written.escape_debug();
        if text.full.is_empty() {
            found.mistake(at, "`grant` holds an empty name");
        } else if grant.contains(&text.full) {
            found.mistake(at, format!("`grant` holds `{written}` twice"));
        } else if let Some(secret) = text.full.strip_prefix(SECRETS)
            && fields.below("secrets").member(secret).is_none()
        {
            let name = secret.escape_debug();
            found.hinted(
                at,
                format!("`grant` holds `{written}`, and `secrets` has no such secret"),
                format!("add it, such as `secrets = {{ {name} = \"${{{name}}}\" }}`"),
            );
        } else {
            grant.push(text.full.clone());
        }
    }
    grant
}

/// The secrets. One that is not granted is of no use, which is said.
fn secrets(
    fields: Fields<'_>,
    grant: &[String],
    found: &mut Findings<'_>,
) -> BTreeMap<String, Secret> {
    let mut secrets = BTreeMap::new();
    for (member, text) in fields.map("secrets") {
        let granted = |grant: &String| grant.strip_prefix(SECRETS) == Some(member.key.as_str());
        if !grant.iter().any(granted) {
            let name = member.key.escape_debug();
            found.warning(
                member.at,
                format!("the secret `{name}` is not granted; `grant = [\"{SECRETS}{name}\"]` would do it"),
            );
        }
        not_kept(&member.node, found);
        secrets.insert(member.key.clone(), Secret::new(text.full.clone()));
    }
    secrets
}

fn sha256(fields: Fields<'_>, found: &mut Findings<'_>) -> Option<String> {
    let (at, text) = fields.text("sha256")?;
    let digest = text.full.to_ascii_lowercase();
    if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(digest);
    }
    found.hinted(
        at,
        "`sha256` is not 64 hexadecimal digits",
        "`mcpmux plugin inspect FILE` prints the SHA-256 of a file",
    );
    None
}

fn on_error(fields: Fields<'_>, found: &mut Findings<'_>) -> OnError {
    let Some(member) = fields.member("on_error") else { return OnError::default() };
    let open = |text: &str| text == "open";
    if let Value::Text(text) = &member.node.value {
        let hooks = if open(&text.full) { CAN_BE_OPEN.to_vec() } else { Vec::new() };
        return OnError { open: hooks };
    }
    let fields = Fields::of(&member.node);
    for hook in [HookKind::Authorize, HookKind::AuthorizeList] {
        let hook = hook.as_str();
        if let Some((at, text)) = fields.text(hook)
            && open(&text.full)
        {
            found.hinted(
                at,
                format!("`{hook}` cannot be `open`: a plugin that cannot say yes has said no"),
                format!("leave `{hook}` out, or use `mode = \"shadow\"` while trying the plugin"),
            );
        }
    }
    let is_open =
        |hook: &HookKind| fields.text(hook.as_str()).is_some_and(|(_, text)| open(&text.full));
    OnError { open: CAN_BE_OPEN.into_iter().filter(is_open).collect() }
}

fn limits(fields: Fields<'_>) -> PluginLimits {
    PluginLimits {
        time: fields.duration("time"),
        memory: fields.size("memory"),
        output: fields.size("output"),
        host_calls: fields.count("host_calls").and_then(|count| u32::try_from(count).ok()),
        kv: fields.size("kv"),
    }
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
        Value::Text(text) => {
            not_kept(node, found);
            Json::from(text.full.as_str())
        }
        Value::List(elements) => elements.iter().map(|element| json(element, found)).collect(),
        Value::Table(members) => {
            members.iter().map(|member| (member.key.clone(), json(&member.node, found))).collect()
        }
    }
}

//! How a backend is reached: a command, a URL or a component, and what goes to it.

use std::collections::BTreeMap;

use http::header::{HeaderName, HeaderValue};
use mcpmux_core::config::{Auth, SecretText, Transport};

use super::{Around, auth};
use crate::mistake::Findings;
use crate::node::fields::Fields;
use crate::section::Style;
use crate::url;

/// Builds the transport, if there is one.
pub(super) fn transport(
    fields: Fields<'_>,
    around: &Around<'_>,
    found: &mut Findings<'_>,
) -> Option<Transport> {
    let path = |key: &str| fields.text(key).map(|(_, text)| around.folder.join(&text.full));
    if fields.member("command").is_some() {
        let argv = words("command", fields, found);
        if argv.first().is_some_and(String::is_empty) {
            let at = fields.list("command").first().map_or(0, |(at, _)| *at);
            found.mistake(at, "`command` names no program");
        }
        return Some(Transport::Command { argv, env: env(fields, found), cwd: path("cwd") });
    }
    if fields.member("url").is_some() {
        let auth = auth::auth(fields, around, found);
        let headers = headers(fields, &auth, found);
        let (at, url) = fields.text("url")?;
        let shown = auth != Auth::None || headers.contains_key("authorization");
        if shown && url::endpoint(&url.full).is_ok_and(|endpoint| endpoint.exposed) {
            let what = match auth {
                Auth::None => "an `Authorization` header",
                _ => "`auth`",
            };
            found.hinted(
                at,
                format!("`url` is plain `http` to another machine, where anyone on the way can read {what}"),
                match around.style {
                    Style::Toml => "use `https`, or leave `auth` out",
                    Style::Json => "use `https`, or leave the header out",
                },
            );
        }
        return Some(Transport::Url { url: url.full.clone(), headers, auth });
    }
    let env = env(fields, found);
    let args = words("args", fields, found);
    Some(Transport::Wasm { path: path("wasm")?, sha256: None, args, env })
}

/// The strings of a list that become a program's arguments.
pub(super) fn words(key: &str, fields: Fields<'_>, found: &mut Findings<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for (at, text) in fields.list(key) {
        if text.full.contains('\0') {
            found.mistake(at, format!("`{key}` holds a zero byte, which no argument can"));
        }
        words.push(text.full.clone());
    }
    words
}

fn env(fields: Fields<'_>, found: &mut Findings<'_>) -> BTreeMap<String, SecretText> {
    let mut env = BTreeMap::new();
    for (member, text) in fields.map("env") {
        let name = member.key.escape_debug();
        if member.key.is_empty() || member.key.contains(['=', '\0']) {
            found.mistake(member.at, format!("`{name}` in `env` cannot be the name of a variable"));
        }
        if text.full.contains('\0') {
            found.mistake(member.node.at, format!("`{name}` in `env` holds a zero byte"));
        }
        env.insert(member.key.clone(), text.secret());
    }
    env
}

/// The header that `auth` writes, as far as can be told.
fn written_by(auth: &Auth) -> Option<&str> {
    match auth {
        Auth::None => None,
        Auth::Header { name, .. } => Some(name),
        _ => Some("authorization"),
    }
}

/// The headers, by their names in lower case.
fn headers(
    fields: Fields<'_>,
    auth: &Auth,
    found: &mut Findings<'_>,
) -> BTreeMap<String, SecretText> {
    let mut headers = BTreeMap::new();
    for (member, text) in fields.map("headers") {
        let written = member.key.escape_debug();
        let Ok(name) = HeaderName::from_bytes(member.key.as_bytes()) else {
            found.mistake(member.at, format!("`{written}` cannot be the name of a header"));
            continue;
        };
        let name = name.as_str().to_owned();
        if mcpmux_core::headers::is_ours(&name) {
            found.hinted(
                member.at,
                format!("the header `{written}` is written by mcpmux"),
                "leave it out",
            );
        }
        if Some(name.as_str()) == written_by(auth) {
            found.hinted(
                member.at,
                format!("the header `{written}` contradicts `auth`"),
                "keep one of them",
            );
        }
        if !is_header_value(&text.full) {
            found.mistake(
                member.node.at,
                format!("the value of the header `{written}` holds a character that no header can"),
            );
        }
        if headers.insert(name, text.secret()).is_some() {
            found.mistake(member.at, format!("the header `{written}` is there twice"));
        }
    }
    headers
}

pub(super) fn is_header_value(text: &str) -> bool {
    HeaderValue::from_str(text).is_ok() && text.is_ascii()
}

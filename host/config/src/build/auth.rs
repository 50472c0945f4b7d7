//! What a backend is shown: which keys of `auth` go with which `type`, and what they make.

use http::header::HeaderName;
use mcpmux_core::challenge::is_scope;
use mcpmux_core::config::{Auth, Grant, Identity, OAuth, Proof, Registered, TokenCommand};
use mcpmux_core::names::PluginName;

use super::Around;
use super::transport::{is_header_value, words};
use crate::mistake::Findings;
use crate::node::fields::Fields;
use crate::shape::nearest;
use crate::url;

/// The keys of one type: those that must be there, and those that may.
struct Keys {
    kind: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
}

static KEYS: [Keys; 5] = [
    Keys { kind: "bearer", needs: &["token"], takes: &[] },
    Keys { kind: "header", needs: &["name", "value"], takes: &[] },
    Keys { kind: "command", needs: &["command"], takes: &["ttl"] },
    Keys { kind: "plugin", needs: &["plugin"], takes: &[] },
    Keys {
        kind: "oauth",
        needs: &[],
        takes: &[
            "grant",
            "scopes",
            "client_id",
            "client_secret",
            "client_secret_command",
            "client_key",
            "client_metadata_url",
            "issuer",
            "allow_issuer_mismatch",
            "client_name",
            "open_browser",
            "callback_port",
            "identity_token_endpoint",
            "identity_client_id",
            "identity_client_secret",
            "identity_command",
        ],
    },
];

/// Builds what is shown. Where it cannot, a mistake is noted.
pub(super) fn auth(fields: Fields<'_>, around: &Around<'_>, found: &mut Findings<'_>) -> Auth {
    let Some(member) = fields.member("auth") else { return Auth::None };
    let (at, fields) = (member.node.at, Fields::of(&member.node));
    let Some((kind_at, kind)) = fields.text("type") else { return Auth::None };
    let Some(keys) = KEYS.iter().find(|keys| keys.kind == kind.full) else { return Auth::None };
    check(keys, kind_at, fields, found);
    let built = match keys.kind {
        "bearer" => bearer(fields, found),
        "header" => header(fields, found),
        "command" => Some(Auth::Command(TokenCommand {
            argv: program("command", fields, found),
            ttl: fields.duration("ttl"),
        })),
        "plugin" => plugin(fields, around, found),
        _ => Some(Auth::OAuth(Box::new(oauth(at, fields, around, found)))),
    };
    built.unwrap_or_default()
}

/// Notes keys that are missing, and those that mean nothing with this type.
fn check(keys: &Keys, at: usize, fields: Fields<'_>, found: &mut Findings<'_>) {
    for key in keys.needs.iter().filter(|key| fields.member(key).is_none()) {
        found.mistake(at, format!("`type = \"{}\"` needs `{key}`", keys.kind));
    }
    for other in &KEYS {
        for key in other.needs.iter().chain(other.takes) {
            let takes = keys.needs.contains(key) || keys.takes.contains(key);
            if let Some(member) = fields.member(key).filter(|_| !takes) {
                let text = format!("`{key}` means nothing with `type = \"{}\"`", keys.kind);
                found.hinted(member.at, text, format!("it goes with `type = \"{}\"`", other.kind));
            }
        }
    }
}

fn bearer(fields: Fields<'_>, found: &mut Findings<'_>) -> Option<Auth> {
    let (at, token) = fields.text("token")?;
    if token.full.is_empty() && token.kept.is_empty() {
        found.mistake(at, "`token` is empty");
    } else if token.full.contains(char::is_whitespace) || !is_header_value(&token.full) {
        found.mistake(
            at,
            "`token` holds a character that no token can, such as a space or a line end",
        );
    }
    Some(Auth::Bearer(token.secret()))
}

fn header(fields: Fields<'_>, found: &mut Findings<'_>) -> Option<Auth> {
    let (at, name) = fields.text("name")?;
    let (value_at, value) = fields.text("value")?;
    let written = name.written.escape_debug();
    if !is_header_value(&value.full) {
        let text =
            format!("the value of the header `{written}` holds a character that no header can");
        found.mistake(value_at, text);
    }
    let Ok(name) = HeaderName::from_bytes(name.full.as_bytes()) else {
        found.mistake(at, format!("`{written}` cannot be the name of a header"));
        return None;
    };
    if mcpmux_core::headers::is_ours(name.as_str()) {
        found.hinted(at, format!("the header `{written}` is written by mcpmux"), "choose another");
    }
    Some(Auth::Header { name: name.as_str().to_owned(), value: value.secret() })
}

/// The plugin that fetches the credential, which must be one of the configuration's.
fn plugin(fields: Fields<'_>, around: &Around<'_>, found: &mut Findings<'_>) -> Option<Auth> {
    let (at, name) = fields.text("plugin")?;
    if !around.plugins.contains(&name.full.as_str()) {
        let written = name.written.escape_debug();
        let hint = match nearest(&name.written, around.plugins.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add it: `[[plugins]]` with `name = \"{written}\"`"),
        };
        found.hinted(at, format!("`plugin` is `{written}`, and no plugin is called so"), hint);
    }
    // A name that is none is a mistake where the plugin stands.
    PluginName::new(&name.full).ok().map(Auth::Plugin)
}

/// A program and its arguments.
fn program(key: &str, fields: Fields<'_>, found: &mut Findings<'_>) -> Vec<String> {
    let argv = words(key, fields, found);
    if argv.first().is_some_and(String::is_empty) {
        let at = fields.list(key).first().map_or(0, |(at, _)| *at);
        found.mistake(at, format!("`{key}` names no program"));
    }
    argv
}

fn oauth(at: usize, fields: Fields<'_>, around: &Around<'_>, found: &mut Findings<'_>) -> OAuth {
    let default = OAuth::default();
    let grant = grant(at, fields, found);
    let client = client(fields, around, found);
    if client.is_none() && grant != Grant::Code {
        let text = "`client_id` is missing: without a login a client must be known already";
        found.hinted(at, text, "register one at the authorization server");
    }
    if grant == Grant::Client && client.as_ref().is_some_and(|client| client.proof == Proof::None) {
        found.hinted(
            at,
            "`grant = \"client_credentials\"` needs a client that can prove to be itself",
            "add `client_secret`, `client_secret_command` or `client_key`",
        );
    }
    let issuer = web("issuer", fields, found);
    if issuer.is_none() && grant != Grant::Code {
        found.hinted(
            at,
            "`issuer` is missing: without a login what proves the client goes only to a server that you name",
            "add the URL of the authorization server; backends name theirs in `/.well-known/oauth-protected-resource`",
        );
    }
    if client.is_some()
        && let Some(member) = fields.member("client_metadata_url")
    {
        found.hinted(
            member.at,
            "`client_metadata_url` contradicts `client_id`",
            "keep one of them",
        );
    }
    let mut scopes = Vec::new();
    for (at, scope) in fields.list("scopes") {
        if !is_scope(&scope.full) {
            let text = "`scopes` holds a text that no scope can be";
            found.hinted(at, text, "write each as a string of its own, without spaces");
        }
        scopes.push(scope.full.clone());
    }
    OAuth {
        grant,
        client,
        metadata_url: metadata_url(fields, found),
        issuer,
        scopes,
        client_name: fields
            .text("client_name")
            .map_or(default.client_name, |(_, name)| name.full.clone()),
        open_browser: fields.bool("open_browser").unwrap_or(default.open_browser),
        callback_port: fields.count("callback_port").and_then(|port| u16::try_from(port).ok()),
        allow_issuer_mismatch: fields.bool("allow_issuer_mismatch").unwrap_or_default(),
    }
}

fn grant(at: usize, fields: Fields<'_>, found: &mut Findings<'_>) -> Grant {
    const IDENTITY: [&str; 4] = [
        "identity_token_endpoint",
        "identity_client_id",
        "identity_client_secret",
        "identity_command",
    ];
    let grant = fields.text("grant").map(|(_, grant)| grant.full.as_str());
    if grant != Some("enterprise") {
        for member in IDENTITY.iter().filter_map(|key| fields.member(key)) {
            let text = format!("`{}` means nothing without `grant = \"enterprise\"`", member.key);
            found.hinted(member.at, text, "leave it out, or write `grant = \"enterprise\"`");
        }
        return if grant == Some("client_credentials") { Grant::Client } else { Grant::Code };
    }
    for key in ["identity_token_endpoint", "identity_client_id", "identity_command"] {
        if fields.member(key).is_none() {
            found.mistake(at, format!("`grant = \"enterprise\"` needs `{key}`"));
        }
    }
    let text = |key: &str| fields.text(key).map(|(_, text)| text.full.clone());
    Grant::Enterprise(Identity {
        token_endpoint: web("identity_token_endpoint", fields, found).unwrap_or_default(),
        client_id: text("identity_client_id").unwrap_or_default(),
        client_secret: fields.text("identity_client_secret").map(|(_, secret)| secret.secret()),
        command: program("identity_command", fields, found),
    })
}

/// The client that was registered by hand.
fn client(fields: Fields<'_>, around: &Around<'_>, found: &mut Findings<'_>) -> Option<Registered> {
    let proofs = ["client_secret", "client_secret_command", "client_key"];
    let given: Vec<_> = proofs.iter().filter_map(|key| fields.member(key)).collect();
    if let [first, second, ..] = given.as_slice() {
        let text = format!("`{}` contradicts `{}`", second.key, first.key);
        found.hinted(second.at, text, "keep one of them");
    }
    let Some((at, id)) = fields.text("client_id") else {
        if let Some(member) = given.first() {
            let text = format!("`{}` means nothing without `client_id`", member.key);
            found.hinted(member.at, text, "add the client's id");
        }
        return None;
    };
    if id.full.is_empty() {
        found.mistake(at, "`client_id` is empty");
    }
    let proof = if let Some((at, secret)) = fields.text("client_secret") {
        if secret.full.is_empty() && secret.kept.is_empty() {
            found.mistake(at, "`client_secret` is empty");
        }
        Proof::Secret(secret.secret())
    } else if fields.member("client_secret_command").is_some() {
        Proof::Command(program("client_secret_command", fields, found))
    } else if let Some((_, key)) = fields.text("client_key") {
        Proof::Key(around.folder.join(&key.full))
    } else {
        Proof::None
    };
    Some(Registered { id: id.full.clone(), proof })
}

/// A URL whose bytes matter, so it is not changed: `https`, or `http` on loopback.
fn web(key: &str, fields: Fields<'_>, found: &mut Findings<'_>) -> Option<String> {
    let (at, text) = fields.text(key)?;
    match url::endpoint(&text.full) {
        Err((why, hint)) => found.hinted(at, format!("`{key}` {why}"), hint),
        Ok(endpoint) if endpoint.exposed => {
            found.hinted(at, format!("`{key}` is plain `http` to another machine"), "use `https`");
        }
        Ok(_) => {}
    }
    Some(text.full.clone())
}

/// The URL of a client's metadata document: `https`, with a path.
fn metadata_url(fields: Fields<'_>, found: &mut Findings<'_>) -> Option<String> {
    let url = web("client_metadata_url", fields, found)?;
    let (at, _) = fields.text("client_metadata_url")?;
    let path = url.strip_prefix("https://").and_then(|rest| rest.split_once('/'));
    if path.is_none_or(|(_, path)| path.is_empty()) {
        let hint = "write it like `https://example.com/mcpmux.json`";
        found.hinted(at, "`client_metadata_url` is no `https` URL with a path", hint);
    }
    Some(url)
}

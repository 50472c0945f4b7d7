//! Which client we are at an authorization server, in the specification's order: the configured one, a metadata document,
//! one that was registered before, and else one that is registered now (MCP 2026-07-28, basic/authorization).

use std::time::SystemTime;

use mcpmux_core::config::{OAuth, Proof, Secret};
use serde::Deserialize;
use serde_json::json;

use super::discovery::Server;
use super::kept::{self, Client, Kept, Method, Origin};
use super::web::{Trouble, Web};
use super::{hidden, token};

/// What is chosen from.
pub(crate) struct Choice<'a> {
    pub(crate) web: &'a Web,
    pub(crate) config: &'a OAuth,
    pub(crate) server: &'a Server,
    /// The login of the same issuer and resource before this one, if its client may be used again.
    pub(crate) before: Option<&'a Kept>,
    /// Where the browser comes back to.
    pub(crate) callback: &'a str,
    pub(crate) now: SystemTime,
}

/// Chooses the client, registering one if there is no other way.
pub(crate) async fn choose(choice: &Choice<'_>) -> Result<Client, Trouble> {
    let Choice { config, server, callback, .. } = choice;
    if config.client.is_some() {
        return configured(config, server);
    }
    if let Some(url) = &config.metadata_url
        && server.client_id_metadata_document_supported
    {
        return Ok(Client {
            id: url.clone(),
            origin: Origin::Document,
            method: Method::None,
            secret: None,
            secret_until: None,
            callback: None,
        });
    }
    let usable = |client: &&Client| {
        client.origin == Origin::Registered
            && client.callback.as_deref() == Some(*callback)
            && client.secret_until.is_none_or(|until| until > kept::stamp(choice.now) / 1_000)
    };
    if let Some(client) = choice.before.map(|before| &before.client).filter(usable) {
        return Ok(client.clone());
    }
    register(choice).await
}

/// The client of the configuration.
pub(crate) fn configured(config: &OAuth, server: &Server) -> Result<Client, Trouble> {
    let Some(client) = &config.client else {
        return Err(Trouble::Refused("no client is configured".to_owned()));
    };
    let method = match client.proof {
        Proof::None => Method::None,
        Proof::Key(_) => Method::Key,
        Proof::Secret(_) | Proof::Command(_) => secret_method(server),
    };
    Ok(Client {
        id: client.id.clone(),
        origin: Origin::Configured,
        method,
        secret: None,
        secret_until: None,
        callback: None,
    })
}

/// How a secret is shown: as the server says, and if it says nothing as RFC 8414 does.
fn secret_method(server: &Server) -> Method {
    let methods = server.token_endpoint_auth_methods_supported.as_deref();
    let has =
        |name: &str| methods.is_some_and(|methods| methods.iter().any(|method| method == name));
    if has("client_secret_post") && !has("client_secret_basic") {
        Method::Post
    } else {
        Method::Basic
    }
}

/// What a registration answers (RFC 7591, section 3.2.1).
#[derive(Deserialize)]
struct Registration {
    client_id: String,
    #[serde(default, with = "hidden::maybe")]
    client_secret: Option<Secret>,
    #[serde(default)]
    client_secret_expires_at: Option<u64>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
}

/// Registers a client.
async fn register(choice: &Choice<'_>) -> Result<Client, Trouble> {
    const WHAT: &str = "the registration endpoint";
    let Choice { web, config, server, callback, .. } = choice;
    let Some(endpoint) = &server.registration_endpoint else {
        return Err(Trouble::Refused(format!(
            "the authorization server {} registers no clients by itself\n\
             hint: register one there, with the redirect URI `http://127.0.0.1/callback`, and add its `client_id`",
            server.issuer
        )));
    };
    let methods = server.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
    let ways = ["none", "client_secret_basic", "client_secret_post"];
    let way = ways
        .into_iter()
        .find(|way| methods.is_empty() || methods.iter().any(|method| method == way));
    let Some(way) = way else {
        return Err(Trouble::Refused(
            "the authorization server takes no client that mcpmux can be".to_owned(),
        ));
    };
    // No scope: a client that names some now could not ask for more later.
    let body = json!({
        "client_name": config.client_name,
        "application_type": "native",
        "redirect_uris": [callback],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": way,
    });
    let answer = web.json(WHAT, endpoint, &body).await?;
    if !matches!(answer.status, 200 | 201) {
        return Err(token::refusal(WHAT, &answer));
    }
    let given: Registration = serde_json::from_slice(&answer.body).map_err(|_| {
        Trouble::Refused(format!("{WHAT} answered with something that is no registration"))
    })?;
    let method = match (given.token_endpoint_auth_method.as_deref(), &given.client_secret) {
        (_, None) => Method::None,
        (Some("client_secret_post"), Some(_)) => Method::Post,
        (Some("none"), Some(_)) => Method::None,
        (_, Some(_)) => Method::Basic,
    };
    Ok(Client {
        id: given.client_id,
        origin: Origin::Registered,
        method,
        secret: given.client_secret,
        secret_until: given.client_secret_expires_at.filter(|until| *until > 0),
        callback: Some((*callback).to_owned()),
    })
}

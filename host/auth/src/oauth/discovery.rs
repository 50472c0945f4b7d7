//! From a backend's URL to its authorization server (RFC 9728, RFC 8414, OpenID Connect Discovery): every rule that
//! makes a login safe is checked here, before anything is registered or a browser opens.

use serde::Deserialize;
use url::Url;

use super::challenge::Challenge;
use super::web::{Trouble, Web};

/// What a backend says of itself (RFC 9728, section 2).
#[derive(Debug, Clone, Deserialize)]
struct ResourceMetadata {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Option<Vec<String>>,
}

/// A backend as a protected resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// What tokens are for, as it was published.
    pub(crate) id: String,
    /// Its authorization server, as it was published.
    pub(crate) issuer: String,
    /// The scopes it lists.
    pub(crate) scopes: Option<Vec<String>>,
}

/// An authorization server (RFC 8414, section 2), checked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Server {
    pub(crate) issuer: String,
    #[serde(default)]
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: String,
    #[serde(default)]
    pub(crate) registration_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) revocation_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) scopes_supported: Vec<String>,
    #[serde(default)]
    pub(crate) code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) client_id_metadata_document_supported: bool,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// What may differ from the rules, and which server must be met.
pub(crate) struct Terms<'a> {
    /// The only issuer that is taken.
    pub(crate) issuer: Option<&'a str>,
    /// Whether a server may call itself otherwise.
    pub(crate) allow_mismatch: bool,
}

/// Asks a backend which authorization server it has.
pub(crate) async fn resource(
    web: &Web,
    backend: &str,
    challenge: &Challenge,
) -> Result<Resource, Trouble> {
    const WHAT: &str = "the protected resource's metadata";
    let url = Url::parse(backend)
        .map_err(|_| Trouble::Refused("the backend's URL is none".to_owned()))?;
    let named = challenge.resource_metadata.clone();
    let path = url.path().trim_end_matches('/');
    let well_known = "/.well-known/oauth-protected-resource";
    let mut places = vec![at(&url, &format!("{well_known}{path}"))];
    if !path.is_empty() {
        places.push(at(&url, well_known));
    }
    for place in named.into_iter().chain(places) {
        let Some(found) = web.document::<ResourceMetadata>(WHAT, &place).await? else { continue };
        if !is_resource_of(&found.resource, &url) {
            let is = crate::faults::shown(&found.resource);
            let text = format!(
                "{WHAT} at {place} is for `{is}`, not for {backend}: a token could be meant for somebody else"
            );
            return Err(Trouble::Refused(text));
        }
        let Some(issuer) = found.authorization_servers.into_iter().next() else {
            return Err(Trouble::Refused(format!(
                "{WHAT} at {place} names no authorization server"
            )));
        };
        return Ok(Resource { id: found.resource, issuer, scopes: found.scopes_supported });
    }
    // Before 2025-06-18 a backend was its own authorization server.
    let issuer = url.origin().ascii_serialization();
    Ok(Resource { id: backend.to_owned(), issuer, scopes: None })
}

/// Reads an authorization server's metadata and makes sure that it is who was named.
pub(crate) async fn server(web: &Web, issuer: &str, terms: &Terms<'_>) -> Result<Server, Trouble> {
    const WHAT: &str = "the authorization server's metadata";
    if terms.issuer.is_some_and(|wanted| wanted != issuer) {
        let is = crate::faults::shown(issuer);
        return Err(Trouble::Refused(format!(
            "the backend names the authorization server `{is}`, and the configuration another `issuer`"
        )));
    }
    web.check("the authorization server's URL", issuer)?;
    let url = Url::parse(issuer)
        .map_err(|_| Trouble::Refused("the authorization server's URL is none".to_owned()))?;
    let path = url.path().trim_end_matches('/');
    let (oauth, oidc) =
        ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration");
    let places = if path.is_empty() {
        vec![oauth.to_owned(), oidc.to_owned()]
    } else {
        vec![format!("{oauth}{path}"), format!("{oidc}{path}"), format!("{path}{oidc}")]
    };
    for place in places {
        let place = at(&url, &place);
        let Some(found) = web.document::<Server>(WHAT, &place).await? else { continue };
        if found.issuer != issuer && !terms.allow_mismatch {
            let is = crate::faults::shown(&found.issuer);
            return Err(Trouble::Refused(format!(
                "{WHAT} at {place} is of `{is}`, and the backend names `{issuer}`\n\
                 hint: if the server's operator says that this is right, set `allow_issuer_mismatch = true`"
            )));
        }
        web.check("the token endpoint", &found.token_endpoint)?;
        for (what, endpoint) in [
            ("the registration endpoint", &found.registration_endpoint),
            ("the revocation endpoint", &found.revocation_endpoint),
        ] {
            endpoint.as_deref().map(|endpoint| web.check(what, endpoint)).transpose()?;
        }
        return Ok(found);
    }
    Err(Trouble::Refused(format!("there is no metadata of the authorization server {issuer}")))
}

impl Server {
    /// The endpoint that a browser is sent to, if a login there is safe.
    pub(crate) fn login_endpoint(&self, web: &Web) -> Result<&str, Trouble> {
        let refused = |text: &str| Trouble::Refused(text.to_owned());
        let endpoint = self.authorization_endpoint.as_deref();
        let endpoint = endpoint
            .ok_or_else(|| refused("the authorization server has no authorization endpoint"))?;
        web.check("the authorization endpoint", endpoint)?;
        if !self.code_challenge_methods_supported.iter().any(|method| method == "S256") {
            return Err(refused(
                "the authorization server does not say that it supports PKCE with `S256`, without which a login can be stolen",
            ));
        }
        Ok(endpoint)
    }
}

/// Another path at the same origin.
fn at(url: &Url, path: &str) -> String {
    format!("{}{path}", url.origin().ascii_serialization())
}

/// Whether a resource is this backend, or what it is a part of: the same origin, and its path or one above it
/// (RFC 9728, section 3.3).
fn is_resource_of(resource: &str, backend: &Url) -> bool {
    let Ok(url) = Url::parse(resource) else { return false };
    if !resource.chars().all(|c| c.is_ascii_graphic()) || resource.contains(['#', '@', '\\']) {
        return false;
    }
    if url.origin() != backend.origin() || !url.origin().is_tuple() {
        return false;
    }
    if url.query().is_some() && url.query() != backend.query() {
        return false;
    }
    let above = url.path().trim_end_matches('/');
    backend.path().strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_the_backend_or_above_it() {
        let backend = Url::parse("https://h/a/mcp").unwrap();
        for good in [
            "https://h/a/mcp",
            "https://h/a/mcp/",
            "https://h/a",
            "https://h",
            "https://h/",
            "https://H:443/a/",
        ] {
            assert!(is_resource_of(good, &backend), "{good}");
        }
        for wrong in [
            "https://h/mc",
            "https://h/a/mc",
            "https://h/a/mcp/b",
            "https://i/a/mcp",
            "http://h/a/mcp",
            "https://h:444/a/mcp",
            "https://h/a/mcp#x",
            "https://h/a/mcp?x",
            "https://u@h/a/mcp",
            "",
            "a",
            "urn:x",
            "https://h/a/mcp\n",
            "data:,",
        ] {
            assert!(!is_resource_of(wrong, &backend), "{wrong}");
        }
    }
}

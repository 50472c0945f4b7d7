//! From a backend's URL to its authorization server (RFC 9728, RFC 8414, OpenID Connect Discovery): every rule that
//! makes a login safe is checked here, before anything is registered or a browser opens.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::challenge::{self, Challenge};
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
    /// Its authorization server, as it was published, or as the configuration has it.
    pub(crate) issuer: String,
    /// Whether its metadata names that server.
    pub(crate) named: bool,
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
    let places = named.into_iter().chain(places).collect();
    if let Some((place, found)) = first::<ResourceMetadata>(web, WHAT, places).await? {
        if !is_resource_of(&found.resource, &url) {
            let is = crate::faults::shown(&found.resource);
            let text = format!(
                "{WHAT} at {place} is for `{is}`, not for {backend}: a token could be meant for somebody else"
            );
            return Err(Trouble::Refused(text));
        }
        let issuer = choose(found.authorization_servers, web.issuer())
            .map_err(|why| Trouble::Refused(format!("{WHAT} at {place} {why}")))?;
        let scopes =
            found.scopes_supported.map(|all| challenge::scopes(all.iter().map(String::as_str)));
        return Ok(Resource { id: found.resource, issuer, named: true, scopes });
    }
    // Before 2025-06-18 a backend was its own authorization server.
    let own = || url.origin().ascii_serialization();
    let issuer = web.issuer().map_or_else(own, str::to_owned);
    Ok(Resource { id: backend.to_owned(), issuer, named: false, scopes: None })
}

/// The server that is talked to, of those that a backend names: the configuration's, else the first. An error goes on
/// after the name of what says it.
fn choose(servers: Vec<String>, issuer: Option<&str>) -> Result<String, String> {
    let Some(first) = servers.first() else {
        return Err("names no authorization server".to_owned());
    };
    match issuer {
        None => Ok(first.clone()),
        Some(issuer) if servers.iter().any(|server| server == issuer) => Ok(issuer.to_owned()),
        Some(_) => Err(format!(
            "names the authorization server `{}`, and the configuration another `issuer`",
            crate::faults::shown(&servers.join("`, `"))
        )),
    }
}

/// The first document that is at one of these places, and its place. One that fails does not hide those after it; but if
/// there is none at all it may be there later.
async fn first<T: DeserializeOwned>(
    web: &Web,
    what: &str,
    places: Vec<String>,
) -> Result<Option<(String, T)>, Trouble> {
    let mut failed = None;
    for place in places {
        match web.document(what, &place).await {
            Ok(Some(found)) => return Ok(Some((place, found))),
            Ok(None) => {}
            Err(trouble @ Trouble::Temporary(_)) => failed = failed.or(Some(trouble)),
            Err(trouble) => return Err(trouble),
        }
    }
    failed.map_or(Ok(None), Err)
}

/// Reads an authorization server's metadata and makes sure that it is who was named.
pub(crate) async fn server(
    web: &Web,
    resource: &Resource,
    allow_mismatch: bool,
) -> Result<Server, Trouble> {
    const WHAT: &str = "the authorization server's metadata";
    let Resource { issuer, named, .. } = resource;
    let who = if *named { "the backend names" } else { "the one that was looked for is" };
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
    let places = places.into_iter().map(|place| at(&url, &place)).collect();
    if let Some((place, found)) = first::<Server>(web, WHAT, places).await? {
        if found.issuer != *issuer && !allow_mismatch {
            let is = crate::faults::shown(&found.issuer);
            return Err(Trouble::Refused(format!(
                "{WHAT} at {place} is of `{is}`, and {who} `{issuer}`\n\
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
    let lacks = format!("there is no metadata of the authorization server {issuer}");
    Err(Trouble::Refused(if *named {
        lacks
    } else {
        format!("the backend does not say which authorization server it has, and {lacks}")
    }))
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
    use std::sync::Arc;

    use mcpmux_core::config::OAuth;

    use super::super::sites::Sites;
    use super::*;

    const BACKEND: &str = "https://b.example/mcp";
    const WELL_KNOWN: &str = "https://b.example/.well-known/oauth-protected-resource/mcp";
    const RESOURCE: &str = r#"{"resource":"https://b.example/mcp",
        "authorization_servers":["https://as.example/t"],"scopes_supported":["a","b c","d\""]}"#;
    const SERVER: &str =
        r#"{"issuer":"https://as.example/t","token_endpoint":"https://as.example/token"}"#;

    async fn found(
        answers: &[(&'static str, u16, &str)],
        issuer: Option<&str>,
    ) -> Result<(Resource, Server), Trouble> {
        let config = OAuth { issuer: issuer.map(str::to_owned), ..OAuth::default() };
        let web = Web::new(Arc::new(Sites::new(answers)), BACKEND, &config);
        let resource = resource(&web, BACKEND, &Challenge::default()).await?;
        let server = server(&web, &resource, false).await?;
        Ok((resource, server))
    }

    #[tokio::test]
    async fn a_place_that_fails_does_not_hide_the_others() {
        let first = "https://as.example/.well-known/oauth-authorization-server/t";
        let last = "https://as.example/t/.well-known/openid-configuration";
        let answers = [(WELL_KNOWN, 200, RESOURCE), (first, 503, ""), (last, 200, SERVER)];
        let (resource, server) = found(&answers, None).await.unwrap();
        assert_eq!((server.issuer.as_str(), resource.named), ("https://as.example/t", true));
        assert_eq!(resource.scopes, Some(vec!["a".to_owned()]));
        let trouble = found(&answers[..2], None).await.unwrap_err();
        assert!(matches!(&trouble, Trouble::Temporary(why) if why.contains("503")), "{trouble:?}");
        // A backend that fails has not said that it is its own server.
        let trouble = found(&[(WELL_KNOWN, 500, "")], None).await.unwrap_err();
        assert!(matches!(trouble, Trouble::Temporary(_)), "{trouble:?}");
    }

    #[tokio::test]
    async fn without_the_backends_word_its_own_server_is_looked_for_or_the_configurations() {
        let trouble = found(&[], None).await.unwrap_err();
        let part =
            "the backend does not say which authorization server it has, and there is no metadata";
        assert!(trouble.text().starts_with(part), "{trouble:?}");
        let place = "https://as.example/.well-known/oauth-authorization-server/t";
        let (resource, _) =
            found(&[(place, 200, SERVER)], Some("https://as.example/t")).await.unwrap();
        assert_eq!((resource.id.as_str(), resource.named), (BACKEND, false));
    }

    #[test]
    fn the_configuration_chooses_among_the_servers_that_a_backend_names() {
        let servers = || vec!["https://a".to_owned(), "https://b".to_owned()];
        assert_eq!(choose(servers(), None).as_deref(), Ok("https://a"));
        assert_eq!(choose(servers(), Some("https://b")).as_deref(), Ok("https://b"));
        let why = choose(servers(), Some("https://b/")).unwrap_err();
        assert!(why.contains("`https://a`, `https://b`, and the configuration another"), "{why}");
        assert!(choose(Vec::new(), Some("https://b")).unwrap_err().contains("names no"));
    }

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

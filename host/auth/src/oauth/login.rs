//! A person's login: the authorization code grant with PKCE. What is not safe is refused before there is anything to open.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpmux_core::config::Grant;
use mcpmux_core::ports::Record;
use ring::digest::{SHA256, digest};
use tokio::time::timeout;
use url::Url;

use super::callback::{self, Callback, Reply};
use super::challenge::Challenge;
use super::client::{self, Choice};
use super::discovery::{self, Resource, Server};
use super::kept::{self, Client, Kept, Origin};
use super::scopes::{self, Offer};
use super::token::Desk;
use super::web::{Trouble, Web};
use super::{About, Deps, proof, random};

/// How long a person has.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// A login that can begin: all that could be checked is.
pub(crate) struct Ready {
    pub(crate) resource: Resource,
    pub(crate) server: Server,
    web: Web,
}

/// What a login is to bring, beside what the backend says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish<'a> {
    /// What was asked for before is not enough.
    pub(crate) more: bool,
    /// The scopes that a person names.
    pub(crate) scopes: &'a [String],
    /// The client that was registered before is not used: the server may have forgotten it, and many then say so to the
    /// browser alone.
    pub(crate) anew: bool,
}

/// A login that a person is asked for.
pub(crate) struct Waiting {
    /// Where to log in.
    pub(crate) url: String,
    pub(crate) scopes: Vec<String>,
    callback: Callback,
    state: String,
    verifier: String,
    client: Client,
    ready: Ready,
}

/// Finds the authorization server and makes sure that a login there is safe.
pub(crate) async fn discover(
    deps: &Deps,
    about: &About,
    challenge: &Challenge,
) -> Result<Ready, Trouble> {
    let web = about.web(deps);
    let resource = discovery::resource(&web, &about.url, challenge).await?;
    let config = &about.config;
    let server = discovery::server(&web, &resource, config.allow_issuer_mismatch).await?;
    if config.grant == Grant::Code {
        server.login_endpoint(&web)?;
    }
    Ok(Ready { resource, server, web })
}

impl Ready {
    /// Where the login will rest.
    pub(crate) fn record(&self, about: &About) -> Record {
        kept::record(&about.backend, &self.resource.issuer, &self.resource.id)
    }

    /// Prepares everything up to the URL; the callback is up when it returns. `before` are the logins that are known.
    pub(crate) async fn begin(
        self,
        deps: &Deps,
        about: &About,
        challenge: &Challenge,
        before: &[Kept],
        wish: Wish<'_>,
    ) -> Result<Waiting, Trouble> {
        // Nobody shall log in for nothing.
        proof::check(&about.config, &*deps.vault).await?;
        let Self { resource, server, web } = &self;
        let of_here = |kept: &&Kept| kept.issuer == resource.issuer && kept.resource == resource.id;
        let same = before.iter().find(of_here);
        let moved = before.first().filter(|kept| kept.issuer != resource.issuer);
        if let Some(moved) = moved
            && moved.client.origin == Origin::Configured
            && about.config.issuer.is_none()
        {
            return Err(Trouble::Refused(format!(
                "the backend's authorization server was {} and is {} now: the configured client is not shown there\n\
                 hint: if the backend's operator says that this is right, run `mcpmux auth logout {}` and log in again",
                moved.issuer, resource.issuer, about.backend
            )));
        }
        let offline = server.scopes_supported.iter().any(|scope| scope == "offline_access");
        let scopes = scopes::choose(&Offer {
            configured: &about.config.scopes,
            challenged: challenge.scope.as_deref(),
            supported: resource.scopes.as_deref(),
            before: same.filter(|_| wish.more).map_or(&[][..], |kept| kept.scopes.as_slice()),
            named: wish.scopes,
            offline,
        });
        let same = same.filter(|_| !wish.anew);
        let callback = listen(about, same).await?;
        let now = (deps.clock)().wall;
        let choice = Choice {
            web,
            config: &about.config,
            server,
            before: same,
            callback: &callback.url(),
            now,
        };
        let client = client::choose(&choice).await?;
        let (state, verifier) = (secret()?, secret()?);
        let mut url = Url::parse(server.login_endpoint(web)?)
            .map_err(|_| Trouble::Refused("the authorization endpoint is no URL".to_owned()))?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &callback.url())
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge_of(&verifier))
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &resource.id);
        if !scopes.is_empty() {
            query.append_pair("scope", &scopes.join(" "));
        }
        if scopes.iter().any(|scope| scope == "offline_access") {
            // OpenID Connect Core, section 11.
            query.append_pair("prompt", "consent");
        }
        drop(query);
        let url = url.to_string();
        Ok(Waiting { url, scopes, callback, state, verifier, client, ready: self })
    }
}

/// Listens where the client was registered with, if that is free.
async fn listen(about: &About, before: Option<&Kept>) -> Result<Callback, Trouble> {
    let config = &about.config;
    let wrong = |error: std::io::Error| {
        let hint = config.callback_port.map_or("", |_| "\nhint: choose another `callback_port`");
        Trouble::Temporary(format!("cannot listen for the browser: {error}{hint}"))
    };
    let plain = config.client.is_some() || config.metadata_url.is_some();
    let known = before
        .filter(|_| !plain)
        .and_then(|kept| Url::parse(kept.client.callback.as_deref()?).ok());
    if let Some(known) = known
        && config.callback_port.is_none_or(|port| known.port() == Some(port))
        && let Ok(callback) = Callback::bind(known.port(), known.path().to_owned()).await
    {
        return Ok(callback);
    }
    let path = if plain { "/callback".to_owned() } else { format!("/callback/{}", secret()?) };
    Callback::bind(config.callback_port, path).await.map_err(wrong)
}

impl Waiting {
    /// Waits for the browser.
    pub(crate) async fn reply(&self) -> Result<Reply, Trouble> {
        let reply = timeout(PATIENCE, self.callback.reply(&self.state)).await;
        let late = || {
            Trouble::Refused(format!("nobody logged in within {} minutes", PATIENCE.as_secs() / 60))
        };
        reply.map_err(|_| late())
    }

    /// A login with what a person copied from the browser's address line; `None`: it is not where this login ended.
    pub(crate) async fn finish_with(
        &self,
        deps: &Deps,
        about: &About,
        pasted: &str,
    ) -> Result<Option<Kept>, Trouble> {
        let query = pasted.trim().split_once('?').map_or(pasted, |(_, query)| query);
        let reply =
            callback::parse(query.split('#').next().unwrap_or_default().trim(), &self.state);
        match reply {
            Some(reply) => self.exchange(deps, about, reply).await.map(Some),
            None => Ok(None),
        }
    }

    /// A login with what the browser brings, for which is waited as long as need be.
    pub(crate) async fn replied(&self, deps: &Deps, about: &About) -> Result<Kept, Trouble> {
        let reply = self.callback.reply(&self.state).await;
        self.exchange(deps, about, reply).await
    }

    /// Turns the code of a reply into a token.
    pub(crate) async fn exchange(
        &self,
        deps: &Deps,
        about: &About,
        reply: Reply,
    ) -> Result<Kept, Trouble> {
        let Self { ready, client, scopes, verifier, callback, .. } = self;
        let Ready { resource, server, web } = ready;
        let code = code(reply, server)?;
        let config = &about.config;
        let (endpoint, issuer) = (&server.token_endpoint, &server.issuer);
        let desk = Desk { web, endpoint, issuer, client, config, vault: &*deps.vault };
        let fields = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", callback.url()),
            ("code_verifier", verifier.clone()),
            ("resource", resource.id.clone()),
        ];
        let given = desk.ask(&fields, (deps.clock)().wall).await?;
        Ok(Kept {
            version: Kept::VERSION,
            url: about.url.clone(),
            issuer: resource.issuer.clone(),
            server: Some(server.issuer.clone()).filter(|server| *server != resource.issuer),
            resource: resource.id.clone(),
            token_endpoint: server.token_endpoint.clone(),
            revocation_endpoint: server.revocation_endpoint.clone(),
            client: client.clone(),
            scopes: scopes.clone(),
            access: given.access,
            refresh: given.refresh,
            made: given.since,
            since: given.since,
            until: given.until,
        })
    }
}

/// The code of a reply, if it comes from the server that was asked (RFC 9207, section 2.4).
fn code(reply: Reply, server: &Server) -> Result<String, Trouble> {
    let refused = |text: &str| Err(Trouble::Refused(text.to_owned()));
    match &reply.iss {
        None if server.authorization_response_iss_parameter_supported => {
            return refused(
                "the login's reply does not say which authorization server it is from, and that one says it always does",
            );
        }
        Some(iss) if *iss != server.issuer => {
            return refused(
                "the login's reply is from another authorization server than was asked",
            );
        }
        _ => {}
    }
    let said = |code: String| {
        let code = crate::faults::shown(&code);
        Trouble::Denied {
            text: format!("the authorization server did not let you in: {code}"),
            code,
        }
    };
    reply.outcome.map_err(said)
}

/// Writes a login to the vault.
pub(crate) async fn keep(deps: &Deps, about: &About, kept: &Kept) -> Result<(), Trouble> {
    let locked = |problem| Trouble::Temporary(format!("the login cannot be kept: {problem}"));
    let record = kept.record(&about.backend);
    let _turn = deps.vault.turn(&record).await.map_err(locked)?;
    kept::write(&*deps.vault, &about.backend, kept).await.map_err(locked)
}

fn secret() -> Result<String, Trouble> {
    random().map_err(|why| Trouble::Temporary(why.to_owned()))
}

/// RFC 7636, section 4.2.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let fresh = secret().unwrap_or_default();
        assert!(fresh.len() == 43 && Ok(fresh) != secret());
    }

    #[test]
    fn a_reply_counts_only_from_the_issuer_that_was_asked() {
        let server = |says: bool| -> Server {
            let text = format!(
                r#"{{"issuer":"https://as","token_endpoint":"https://as/t","authorization_response_iss_parameter_supported":{says}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let check = |says: bool, iss: Option<&str>, good: bool| {
            for outcome in [Ok("c".to_owned()), Err("s3cret".to_owned())] {
                let reply = Reply { iss: iss.map(str::to_owned), outcome: outcome.clone() };
                match (code(reply, &server(says)), outcome) {
                    (Ok(code), Ok(_)) => assert!(good && code == "c"),
                    (Ok(_), Err(_)) => panic!("an error is no code"),
                    (Err(why), outcome) => {
                        assert_eq!(good, why.text().contains("s3cret"), "{why:?}");
                        assert!(!good || outcome.is_err(), "{says} {iss:?}: {why:?}");
                    }
                }
            }
        };
        check(true, Some("https://as"), true);
        check(false, Some("https://as"), true);
        check(false, None, true);
        check(true, None, false);
        for wrong in ["https://as/", "https://AS", "https://other", ""] {
            check(true, Some(wrong), false);
            check(false, Some(wrong), false);
        }
    }
}

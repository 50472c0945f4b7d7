//! The token endpoint: a grant goes there with the client's proof, a token or an error comes back.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mcpmux_core::config::{OAuth, Proof, Secret};
use mcpmux_core::ports::{OutboundResponse, Vault};
use serde::Deserialize;
use url::form_urlencoded;

use super::kept::{Client, Method, Origin};
use super::web::{Trouble, Web};
use super::{assertion, hidden, kept, proof};

const WHAT: &str = "the token endpoint";
/// The most bytes of a token; many servers refuse headers that are longer.
const TOKEN: usize = 15 << 10;

/// What a token endpoint gives (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Answer {
    #[serde(with = "hidden")]
    access_token: Secret,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Option<f64>,
    #[serde(default, with = "hidden::maybe")]
    refresh_token: Option<Secret>,
}

/// An access token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) access: Secret,
    pub(crate) refresh: Option<Secret>,
    /// When it was asked for, and when it ends.
    pub(crate) since: u64,
    pub(crate) until: Option<u64>,
}

/// Where a token is asked for, and by whom.
pub(crate) struct Desk<'a> {
    pub(crate) web: &'a Web,
    pub(crate) endpoint: &'a str,
    /// For whom assertions are signed.
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) config: &'a OAuth,
    /// What keeps parts of the configuration's secrets.
    pub(crate) vault: &'a dyn Vault,
}

impl Desk<'_> {
    /// Asks for a token.
    pub(crate) async fn ask(
        &self,
        fields: &[(&str, String)],
        now: SystemTime,
    ) -> Result<Given, Trouble> {
        let answer = self.post(WHAT, self.endpoint, fields, now).await?;
        if answer.status != 200 {
            return Err(refusal(WHAT, &answer));
        }
        let wrong =
            |what: &str| Trouble::Refused(format!("{WHAT} {} answered with {what}", self.endpoint));
        // What serde says of an error may quote the text.
        let given: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| wrong("something that is no token"))?;
        if given.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(wrong("a token that is no bearer token"));
        }
        let printable =
            |token: &str| !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic());
        if !printable(given.access_token.reveal()) || given.access_token.reveal().len() > TOKEN {
            return Err(wrong("a token that no header can hold"));
        }
        let refresh = given.refresh_token.filter(|token| !token.reveal().is_empty());
        let since = kept::stamp(now);
        let life = given.expires_in.filter(|seconds| *seconds > 0.0 && *seconds < 1e10);
        // Whole milliseconds of a bounded, positive number.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is bounded just above"
        )]
        let until = life.map(|seconds| since.saturating_add((seconds * 1_000.0) as u64));
        Ok(Given { access: given.access_token, refresh, since, until })
    }

    /// Posts a form with the client's proof.
    pub(crate) async fn post(
        &self,
        what: &str,
        endpoint: &str,
        fields: &[(&str, String)],
        now: SystemTime,
    ) -> Result<OutboundResponse, Trouble> {
        let client = self.client;
        let mut form = fields.to_vec();
        let mut authorization = None;
        match self.method() {
            Method::None => form.push(("client_id", client.id.clone())),
            Method::Post => {
                form.push(("client_id", client.id.clone()));
                form.push(("client_secret", self.secret().await?));
            }
            Method::Basic => {
                let encode = |text: &str| {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let pair = format!("{}:{}", encode(&client.id), encode(&self.secret().await?));
                authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
            }
            Method::Key => {
                let key = proof::key(self.config).await?;
                let assertion = assertion::sign(&key, &client.id, self.issuer, now);
                form.push(("client_id", client.id.clone()));
                form.push(("client_assertion_type", assertion::KIND.to_owned()));
                form.push(("client_assertion", assertion.map_err(Trouble::Refused)?));
            }
        }
        self.web.form(what, endpoint, &form, authorization).await
    }

    async fn secret(&self) -> Result<String, Trouble> {
        if self.client.origin == Origin::Registered {
            let none = || Trouble::Refused("the registered client has no secret".to_owned());
            let secret = self.client.secret.as_ref().ok_or_else(none)?;
            return Ok(secret.reveal().to_owned());
        }
        Ok(proof::of_client(self.config, self.vault).await?.reveal().to_owned())
    }

    /// How the client proves itself. For a configured one the configuration says it: it may have changed since the login.
    fn method(&self) -> Method {
        let client = self.client;
        if client.origin != Origin::Configured {
            return client.method;
        }
        match (self.config.client.as_ref().map(|client| &client.proof), client.method) {
            (None | Some(Proof::None), _) => Method::None,
            (Some(Proof::Key(_)), _) => Method::Key,
            (Some(Proof::Secret(_) | Proof::Command(_)), Method::Post) => Method::Post,
            // What every server takes (RFC 6749, section 2.3.1).
            (Some(Proof::Secret(_) | Proof::Command(_)), _) => Method::Basic,
        }
    }
}

/// What an answer that is no success says (RFC 6749, section 5.2; RFC 7591, section 3.2.2).
pub(crate) fn refusal(what: &str, answer: &OutboundResponse) -> Trouble {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
        #[serde(default)]
        error_description: String,
    }
    match serde_json::from_slice::<Refusal>(&answer.body) {
        Ok(refusal) if answer.status < 500 && answer.status != 429 => {
            let said =
                crate::faults::shown(&format!("{} {}", refusal.error, refusal.error_description));
            Trouble::Denied { code: refusal.error, text: format!("{what} refused: {said}") }
        }
        _ if answer.status >= 500 || answer.status == 429 => {
            Trouble::Temporary(format!("{what} answered with HTTP status {}", answer.status))
        }
        _ => Trouble::Refused(format!("{what} answered with HTTP status {}", answer.status)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mcpmux_core::config::{Registered, Secret, SecretText};

    use super::super::sites::Sites;
    use super::*;
    use crate::memory::Memory;

    const ENDPOINT: &str = "https://as.example/token";

    /// How a configured client that was kept with this method proves itself now: the header, and the names of the fields.
    async fn shown(kept: Method, proof: Option<Proof>) -> (Option<String>, Vec<String>) {
        let sites = Arc::new(Sites::new(&[(ENDPOINT, 200, r#"{"access_token":"a"}"#)]));
        let registered = |proof| Registered { id: "c".to_owned(), proof };
        let config = OAuth { client: proof.map(registered), ..OAuth::default() };
        let web = Web::new(sites.clone(), "https://b.example/mcp", &config);
        let client = Client {
            id: "c".to_owned(),
            origin: Origin::Configured,
            method: kept,
            secret: None,
            secret_until: None,
            callback: None,
        };
        let desk = Desk {
            web: &web,
            endpoint: ENDPOINT,
            issuer: "https://as.example",
            client: &client,
            config: &config,
            vault: &Memory::default(),
        };
        desk.ask(&[], SystemTime::UNIX_EPOCH).await.unwrap();
        let request = sites.asked().pop().unwrap();
        let mut headers = request.headers.into_iter();
        let header = headers.find(|(name, _)| name == "authorization").map(|(_, value)| value);
        let fields = form_urlencoded::parse(&request.body);
        (header, fields.map(|(name, _)| name.into_owned()).collect())
    }

    #[tokio::test]
    async fn a_configured_client_proves_itself_as_it_is_configured_now() {
        let secret = || Some(Proof::Secret(SecretText::from(Secret::new("s".to_owned()))));
        let basic = Some(format!("Basic {}", STANDARD.encode("c:s")));
        for kept in [Method::None, Method::Basic, Method::Key] {
            assert_eq!(shown(kept, secret()).await, (basic.clone(), Vec::new()), "{kept:?}");
        }
        let id = || vec!["client_id".to_owned()];
        let post = vec!["client_id".to_owned(), "client_secret".to_owned()];
        assert_eq!(shown(Method::Post, secret()).await, (None, post));
        assert_eq!(shown(Method::Basic, Some(Proof::None)).await, (None, id()));
        assert_eq!(shown(Method::Key, None).await, (None, id()));
    }
}

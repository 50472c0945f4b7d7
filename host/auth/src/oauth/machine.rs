//! Tokens without a person: client credentials (RFC 6749, section 4.4), and an enterprise's identity provider that
//! vouches for the person (token exchange, RFC 8693, to an identity assertion, then RFC 7523).

use std::sync::{Mutex, MutexGuard, PoisonError};

use mcpmux_core::config::{Grant, Identity, Secret};
use mcpmux_core::hook::{CredentialsHook, Granted, Problem, Query};
use mcpmux_core::ports::Pending;
use serde::Deserialize;

use super::challenge::Challenge;
use super::kept::{self, Client, Method};
use super::login::{self, Ready};
use super::scopes::{self, Offer};
use super::token::{self, Desk};
use super::web::{Trouble, Web};
use super::{About, Deps, client, proof};
use crate::program;

/// One backend's machine, asked as a plugin is.
pub(crate) struct Machine {
    deps: Deps,
    about: About,
    /// The scopes of the last token. No later one has fewer: calls that need different ones would take the token away
    /// from each other.
    asked: Mutex<Vec<String>>,
}

impl Machine {
    pub(crate) fn new(deps: Deps, about: About) -> Self {
        Self { deps, about, asked: Mutex::default() }
    }

    fn asked(&self) -> MutexGuard<'_, Vec<String>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, query: &Query) -> Result<Granted, Trouble> {
        let challenge = query.challenge.as_deref().map(Challenge::parse).unwrap_or_default();
        let ready = login::discover(&self.deps, &self.about, &challenge).await?;
        let Ready { resource, server, .. } = &ready;
        let config = &self.about.config;
        let web = self.about.web(&self.deps);
        let client = client::configured(config, server)?;
        let before = self.asked().clone();
        let scopes = scopes::choose(&Offer {
            configured: &config.scopes,
            challenged: challenge.scope.as_deref(),
            supported: resource.scopes.as_deref(),
            before: &before,
            named: &[],
            offline: false,
        });
        let mut fields = match &config.grant {
            Grant::Enterprise(identity) => {
                let assertion = self.vouched(&web, identity, &ready, &scopes).await?;
                vec![("grant_type", JWT_BEARER.to_owned()), ("assertion", assertion)]
            }
            _ => vec![("grant_type", "client_credentials".to_owned())],
        };
        fields.push(("resource", resource.id.clone()));
        if !scopes.is_empty() {
            fields.push(("scope", scopes.join(" ")));
        }
        let desk = Desk {
            web: &web,
            endpoint: &server.token_endpoint,
            issuer: &server.issuer,
            client: &client,
            config,
            vault: &*self.deps.vault,
        };
        let given = desk.ask(&fields, (self.deps.clock)().wall).await?;
        *self.asked() = scopes;
        let value = Secret::new(format!("Bearer {}", given.access.reveal()));
        Ok(Granted {
            headers: vec![("authorization".to_owned(), value)],
            expires: given.until.map(std::time::Duration::from_millis),
        })
    }

    /// What the identity provider says of the person, for this authorization server.
    async fn vouched(
        &self,
        web: &Web,
        identity: &Identity,
        ready: &Ready,
        scopes: &[String],
    ) -> Result<String, Trouble> {
        const WHAT: &str = "the identity provider's token endpoint";
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            issued_token_type: String,
        }
        let person = program::line(&identity.command).await.map_err(|why| Trouble::Denied {
            code: String::new(),
            text: format!("`identity_command` is of no use: {why}"),
        })?;
        let mut fields = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
            ("requested_token_type", ID_JAG.to_owned()),
            ("subject_token", person),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token".to_owned()),
            ("audience", ready.server.issuer.clone()),
            ("resource", ready.resource.id.clone()),
        ];
        if !scopes.is_empty() {
            fields.push(("scope", scopes.join(" ")));
        }
        let vault = &*self.deps.vault;
        let secret = match &identity.client_secret {
            Some(text) => Some(proof::secret(text, vault).await?),
            None => None,
        };
        // The identity provider's client is another one than the authorization server's.
        let client = Client {
            id: identity.client_id.clone(),
            origin: kept::Origin::Registered,
            method: if identity.client_secret.is_some() { Method::Post } else { Method::None },
            secret,
            secret_until: None,
            callback: None,
        };
        let endpoint = &identity.token_endpoint;
        let (client, config) = (&client, &self.about.config);
        let desk = Desk { web, endpoint, issuer: endpoint, client, config, vault };
        let answer = desk.post(WHAT, endpoint, &fields, (self.deps.clock)().wall).await?;
        if answer.status != 200 {
            return Err(token::refusal(WHAT, &answer));
        }
        let answer: Answer = serde_json::from_slice(&answer.body).map_err(|_| {
            Trouble::Refused(format!("{WHAT} answered with something that is no assertion"))
        })?;
        if answer.issued_token_type != ID_JAG {
            return Err(Trouble::Refused(format!(
                "{WHAT} gave something else than an identity assertion"
            )));
        }
        Ok(answer.access_token)
    }
}

const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

impl CredentialsHook for Machine {
    fn fetch<'a>(&'a self, query: &'a Query) -> Pending<'a, Result<Granted, Problem>> {
        Box::pin(async move {
            self.run(query).await.map_err(|trouble| match trouble {
                Trouble::Temporary(text) => Problem::Temporary(text),
                Trouble::Refused(text) => Problem::Permanent(text),
                Trouble::Denied { text, .. } => Problem::NeedsLogin(text),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mcpmux_core::config::{OAuth, Proof, Registered};
    use mcpmux_core::hook::Reason;
    use mcpmux_core::names::BackendName;

    use super::super::sites::Sites;
    use super::super::{Prompt, Tasks};
    use super::*;
    use crate::fetched::Time;
    use crate::memory::Memory;

    const URL: &str = "https://b.example/mcp";

    struct Nobody;

    impl Prompt for Nobody {
        fn login(&self, _: &BackendName, _: &str, _: bool) {}
        fn odd(&self, _: &str) {}
    }

    #[tokio::test]
    async fn later_tokens_have_what_was_asked_for_before() {
        let sites = Arc::new(Sites::new(&[
            (
                "https://b.example/.well-known/oauth-protected-resource/mcp",
                200,
                r#"{"resource":"https://b.example/mcp","authorization_servers":["https://as.example"],"scopes_supported":["r"]}"#,
            ),
            (
                "https://as.example/.well-known/oauth-authorization-server",
                200,
                r#"{"issuer":"https://as.example","token_endpoint":"https://as.example/token"}"#,
            ),
            ("https://as.example/token", 200, r#"{"access_token":"a"}"#),
        ]));
        let backend = BackendName::new("b").unwrap();
        let proof = Proof::Command(vec!["echo".to_owned(), "s3cret".to_owned()]);
        let config = OAuth {
            grant: Grant::Client,
            client: Some(Registered { id: "c".to_owned(), proof }),
            issuer: Some("https://as.example".to_owned()),
            ..OAuth::default()
        };
        let deps = Deps {
            outbound: sites.clone(),
            vault: Arc::new(Memory::default()),
            prompt: Arc::new(Nobody),
            clock: Arc::new(Time::now),
            tasks: Tasks::default(),
        };
        let about = About { backend: backend.clone(), url: URL.to_owned(), config };
        let machine = Machine::new(deps, about);
        for (challenge, expected) in [
            (None, "r"),
            (Some(r#"Bearer error="insufficient_scope", scope="w""#), "r w"),
            (Some(r#"Bearer error="insufficient_scope", scope="r""#), "r w"),
            (None, "r w"),
        ] {
            let (url, challenge) = (URL.to_owned(), challenge.map(str::to_owned));
            let query = Query { backend: backend.clone(), url, why: Reason::Initial, challenge };
            machine.fetch(&query).await.unwrap();
            let request = sites.asked().pop().unwrap();
            let mut fields = url::form_urlencoded::parse(&request.body);
            let scope = fields.find(|(name, _)| name == "scope").map(|(_, scope)| scope);
            assert_eq!(scope.as_deref(), Some(expected));
        }
    }
}

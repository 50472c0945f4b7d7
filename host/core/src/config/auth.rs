//! How a backend is shown who we are, once the configuration is checked. Doing it is `mcpmux-auth`'s.

use std::path::PathBuf;
use std::time::Duration;

use super::SecretText;
use crate::names::PluginName;

/// What we show a backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// Nothing.
    #[default]
    None,
    /// `Authorization: Bearer`.
    Bearer(SecretText),
    /// A header.
    Header {
        /// Its name in lower case.
        name: String,
        /// Its value.
        value: SecretText,
    },
    /// What this program prints.
    Command(TokenCommand),
    /// What this plugin's credentials hook says.
    Plugin(PluginName),
    /// What an authorization server gives.
    OAuth(Box<OAuth>),
}

impl Auth {
    /// The texts of which the vault may keep parts.
    #[must_use]
    pub fn texts(&self) -> Vec<&SecretText> {
        match self {
            Self::None | Self::Command(_) | Self::Plugin(_) => Vec::new(),
            Self::Bearer(value) | Self::Header { value, .. } => vec![value],
            Self::OAuth(oauth) => {
                let ours = oauth.client.iter().filter_map(|client| match &client.proof {
                    Proof::Secret(secret) => Some(secret),
                    Proof::None | Proof::Command(_) | Proof::Key(_) => None,
                });
                let theirs = match &oauth.grant {
                    Grant::Enterprise(identity) => identity.client_secret.as_ref(),
                    Grant::Code | Grant::Client => None,
                };
                ours.chain(theirs).collect()
            }
        }
    }

    /// Whether a person logs in, so that there is a login to keep.
    #[must_use]
    pub fn wants_person(&self) -> bool {
        matches!(self, Self::OAuth(oauth) if oauth.grant == Grant::Code)
    }
}

/// A program that prints a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCommand {
    /// Program and arguments; no shell.
    pub argv: Vec<String>,
    /// How long a token that does not say it itself holds; `None`: until it is refused.
    pub ttl: Option<Duration>,
}

/// How an access token is had (OAuth 2.1; MCP 2026-07-28, basic/authorization).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth {
    /// By which grant.
    pub grant: Grant,
    /// The client that was registered by hand; `None`: one is found (a metadata document, or registration).
    pub client: Option<Registered>,
    /// The URL of our client's metadata document, which is its id at servers that read such.
    pub metadata_url: Option<String>,
    /// The only authorization server that is talked to; `None`: the one that the backend names.
    pub issuer: Option<String>,
    /// What is asked for; empty: what the backend says.
    pub scopes: Vec<String>,
    /// What people read at the authorization server.
    pub client_name: String,
    /// Whether a login that is needed opens a browser by itself.
    pub open_browser: bool,
    /// The port of the callback; `None`: a free one.
    pub callback_port: Option<u16>,
    /// Whether a server may call itself another issuer than the backend does.
    pub allow_issuer_mismatch: bool,
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            grant: Grant::Code,
            client: None,
            metadata_url: None,
            issuer: None,
            scopes: Vec::new(),
            client_name: "mcpmux".to_owned(),
            open_browser: true,
            callback_port: None,
            allow_issuer_mismatch: false,
        }
    }
}

/// The ways to an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// A person logs in (authorization code with PKCE).
    Code,
    /// The client itself is who acts (client credentials).
    Client,
    /// An identity provider of an enterprise vouches for the person (an identity assertion).
    Enterprise(Identity),
}

/// A client that was registered by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// How it proves to be itself.
    pub proof: Proof,
}

/// How a client proves to be itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It cannot; it is public.
    None,
    /// By a secret.
    Secret(SecretText),
    /// By the secret that this program prints.
    Command(Vec<String>),
    /// By signing with the private key of this PEM file (RFC 7523, section 2.2).
    Key(PathBuf),
}

/// Where an enterprise's identity provider is and what it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its token endpoint.
    pub token_endpoint: String,
    /// Our client's id there.
    pub client_id: String,
    /// Its secret there, if it has one.
    pub client_secret: Option<SecretText>,
    /// The program that prints the person's ID token.
    pub command: Vec<String>,
}

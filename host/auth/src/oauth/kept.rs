//! What a login gave, as it rests in the vault: one record, so that it is never half of one login and half of another.

use std::time::{Duration, SystemTime};

use mcpmux_core::config::Secret;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Record, Vault, VaultProblem};
use serde::{Deserialize, Serialize};

use super::{About, hidden};

/// The record's layout.
const VERSION: u32 = 1;
/// More bytes than a record has: each token fits into a header.
const RECORD: usize = 64 << 10;

/// How a client proves at the token endpoint to be itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    /// It does not.
    #[serde(rename = "none")]
    None,
    /// In `Authorization` (RFC 6749, section 2.3.1).
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form.
    #[serde(rename = "client_secret_post")]
    Post,
    /// With a signed assertion (RFC 7523, section 2.2).
    #[serde(rename = "private_key_jwt")]
    Key,
}

/// Where a client's id comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// The configuration.
    Configured,
    /// It is the URL of its metadata document.
    Document,
    /// The authorization server gave it (RFC 7591).
    Registered,
}

/// A client as one authorization server knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) method: Method,
    /// Its secret, if the authorization server gave it; one of the configuration is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hidden::maybe")]
    pub(crate) secret: Option<Secret>,
    /// When that ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret_until: Option<u64>,
    /// The callback that it was registered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) callback: Option<String>,
}

/// A login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) version: u32,
    /// The backend's URL when it was made.
    pub(crate) url: String,
    pub(crate) issuer: String,
    /// What the server calls itself, if that is not the issuer that the backend names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    pub(crate) resource: String,
    pub(crate) token_endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) client: Client,
    /// What was asked for.
    pub(crate) scopes: Vec<String>,
    #[serde(with = "hidden")]
    pub(crate) access: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hidden::maybe")]
    pub(crate) refresh: Option<Secret>,
    /// When a person logged in, in milliseconds since 1970; refreshing does not change it.
    #[serde(default)]
    pub(crate) made: u64,
    /// When the access token was given, in milliseconds since 1970.
    pub(crate) since: u64,
    /// When it ends; `None`: it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<u64>,
}

impl Kept {
    pub(crate) const VERSION: u32 = VERSION;

    /// The name of its record.
    pub(crate) fn record(&self, backend: &BackendName) -> Record {
        record(backend, &self.issuer, &self.resource)
    }

    /// For whom assertions are signed: what the authorization server calls itself.
    pub(crate) fn audience(&self) -> &str {
        self.server.as_deref().unwrap_or(&self.issuer)
    }

    /// Whether it is of use for a backend as it is configured now.
    pub(crate) fn fits(&self, about: &About) -> bool {
        let About { url, config, .. } = about;
        let client = match &config.client {
            Some(client) => self.client.id == client.id,
            None => self.client.origin != Origin::Configured,
        };
        let issuer = config.issuer.as_ref().is_none_or(|issuer| *issuer == self.issuer);
        self.url == *url && client && issuer
    }

    /// The header that is shown.
    pub(crate) fn shown(&self) -> Vec<(String, Secret)> {
        vec![("authorization".to_owned(), Secret::new(format!("Bearer {}", self.access.reveal())))]
    }

    fn text(&self) -> Secret {
        // Growing would leave pieces behind in memory.
        let mut text = Vec::with_capacity(RECORD);
        // What is written here has no keys but strings, and so is text.
        let _infallible = serde_json::to_writer(&mut text, self);
        Secret::new(String::from_utf8(text).unwrap_or_default())
    }

    fn parse(text: &Secret) -> Option<Self> {
        serde_json::from_str(text.reveal()).ok().filter(|kept: &Self| kept.version == VERSION)
    }
}

/// The name of the record of such a login.
pub(crate) fn record(backend: &BackendName, issuer: &str, resource: &str) -> Record {
    Record::Login {
        space: String::new(),
        backend: backend.to_string(),
        issuer: issuer.to_owned(),
        resource: resource.to_owned(),
    }
}

/// A point in time as records have it.
pub(crate) fn stamp(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The point in time of a record.
pub(crate) fn time(stamp: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(stamp))
}

/// Reads one record.
pub(crate) async fn read(vault: &dyn Vault, record: &Record) -> Result<Option<Kept>, VaultProblem> {
    Ok(vault.read(record).await?.and_then(|text| Kept::parse(&text)))
}

/// Writes a login in the place of the one before.
pub(crate) async fn write(
    vault: &dyn Vault,
    backend: &BackendName,
    kept: &Kept,
) -> Result<(), VaultProblem> {
    vault.write(&kept.record(backend), kept.text()).await
}

/// All logins of a backend, the newest first.
pub(crate) async fn all(
    vault: &dyn Vault,
    backend: &BackendName,
) -> Result<Vec<Kept>, VaultProblem> {
    let mut all = Vec::new();
    for record in vault.records().await? {
        if matches!(&record, Record::Login { space, backend: of, .. } if space.is_empty() && of == backend.as_str())
        {
            match read(vault, &record).await {
                Ok(kept) => all.extend(kept),
                Err(VaultProblem::Damaged(why)) => {
                    tracing::warn!(%backend, why, "a login cannot be read")
                }
                Err(problem) => return Err(problem),
            }
        }
    }
    all.sort_by_key(|kept: &Kept| std::cmp::Reverse(kept.since));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Kept {
        Kept {
            version: Kept::VERSION,
            url: "https://b.example/mcp".to_owned(),
            issuer: "https://as.example".to_owned(),
            server: None,
            resource: "https://b.example".to_owned(),
            token_endpoint: "https://as.example/token".to_owned(),
            revocation_endpoint: None,
            client: Client {
                id: "c".to_owned(),
                origin: Origin::Registered,
                method: Method::None,
                secret: None,
                secret_until: None,
                callback: Some("http://127.0.0.1:1/callback".to_owned()),
            },
            scopes: Vec::new(),
            access: Secret::new("a".to_owned()),
            refresh: None,
            made: 0,
            since: 0,
            until: None,
        }
    }

    #[test]
    fn a_login_is_of_use_only_for_what_is_configured() {
        let fits = |change: &dyn Fn(&mut About)| {
            let config = mcpmux_core::config::OAuth::default();
            let (backend, url) = (BackendName::new("b").unwrap(), login().url);
            let mut about = About { backend, url, config };
            change(&mut about);
            login().fits(&about)
        };
        assert!(fits(&|_| {}));
        assert!(fits(&|about| about.config.issuer = Some("https://as.example".to_owned())));
        assert!(!fits(&|about| about.config.issuer = Some("https://as.example/".to_owned())));
        assert!(!fits(&|about| about.url.push('2')));
        let proof = mcpmux_core::config::Proof::None;
        for (id, fit) in [("c", true), ("d", false)] {
            let client =
                mcpmux_core::config::Registered { id: id.to_owned(), proof: proof.clone() };
            assert_eq!(fits(&|about| about.config.client = Some(client.clone())), fit, "{id}");
        }
    }

    #[test]
    fn assertions_are_for_what_the_server_calls_itself() {
        assert_eq!(login().audience(), "https://as.example");
        let server = Some("https://other.example".to_owned());
        assert_eq!(Kept { server, ..login() }.audience(), "https://other.example");
    }
}

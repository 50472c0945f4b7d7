//! How a registry is spoken to: with or without TLS, as whom, and for how long.

use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};

use crate::credentials::Credentials;
use crate::error::{Asked, Error};
use crate::source::Source;

/// How long a registry may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// What holds for one conversation with a registry.
#[derive(Debug, Clone)]
pub struct Access {
    /// Speak without TLS, to whatever machine. Without it only registries on this machine are spoken to that way.
    pub insecure: bool,
    /// As whom. They are shown to this registry, and to the token service that it names.
    pub credentials: Credentials,
}

impl Access {
    /// What holds for this registry if nobody says otherwise: credentials as [`Credentials::find`] finds them.
    ///
    /// # Errors
    /// As that.
    pub fn find(source: &Source, insecure: bool) -> Result<Self, Error> {
        let variable = |name: &str| std::env::var(name).ok();
        Ok(Self { insecure, credentials: Credentials::find(source, &variable)? })
    }

    /// A client that has introduced itself.
    pub(crate) async fn client(
        &self,
        source: &Source,
        operation: RegistryOperation,
    ) -> Result<Client, Error> {
        // The client takes the process's provider of cryptography; that one is there already is fine.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig {
            protocol: if self.is_plain(source) {
                ClientProtocol::Http
            } else {
                ClientProtocol::Https
            },
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENCE),
            user_agent: concat!("mcpmux/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| Error::Client {
            registry: source.registry().to_owned(),
            why: error.to_string(),
        })?;
        let auth = self.auth();
        let failed = |error| self.asked(source, "manifest").failed(error);
        client.auth(source.reference(), &auth, operation).await.map_err(failed)?;
        Ok(client)
    }

    pub(crate) fn auth(&self) -> RegistryAuth {
        match &self.credentials {
            Credentials::None(_) => RegistryAuth::Anonymous,
            Credentials::Basic { user, password } => {
                RegistryAuth::Basic(user.clone(), password.reveal().to_owned())
            }
        }
    }

    /// What an error of the client's is told with, while `what` is on its way.
    pub(crate) fn asked<'a>(&'a self, source: &'a Source, what: &'static str) -> Asked<'a> {
        let (shown, absent) = match &self.credentials {
            Credentials::None(absent) => (false, absent.as_deref()),
            Credentials::Basic { .. } => (true, None),
        };
        Asked { source, shown, absent, plain: self.is_plain(source), what }
    }

    fn is_plain(&self, source: &Source) -> bool {
        self.insecure || source.is_loopback()
    }
}

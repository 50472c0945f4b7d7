//! TLS for connections that are there already: rustls with ring, and the certificates that the system trusts.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use mcpmux_core::ports::OutboundError;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tower_service::Service;

use crate::prepare::Target;

/// A connection with TLS.
pub(crate) type Secured = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Whose certificates are believed; read when they are first needed.
#[derive(Default)]
pub(crate) struct Trust(OnceCell<Arc<ClientConfig>>);

impl Trust {
    /// What the system believes is not asked for: tests trust a certificate of their own.
    #[cfg(test)]
    pub(crate) fn of(config: ClientConfig) -> Self {
        Self(OnceCell::new_with(Some(Arc::new(config))))
    }

    /// Makes sure who is there, and encrypts.
    pub(crate) async fn wrap(
        &self,
        stream: TcpStream,
        target: &Target,
    ) -> Result<Secured, OutboundError> {
        let config = self.0.get_or_try_init(read).await.map_err(OutboundError::Network)?;
        let host = target.host();
        let failed = |error: &dyn std::fmt::Display| {
            OutboundError::Network(format!("TLS with `{host}` failed: {error}"))
        };
        // The port plays no part in it.
        let uri: Uri = format!("https://{host}/").parse().map_err(|error| failed(&error))?;
        let connected = Connected(Some(TokioIo::new(stream)));
        let mut connector = HttpsConnector::from((connected, Arc::clone(config)));
        connector.call(uri).await.map_err(|error| failed(&error))
    }
}

/// Reads the system's certificates, which are files.
async fn read() -> Result<Arc<ClientConfig>, String> {
    let reading = tokio::task::spawn_blocking(|| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let failed = |error: &dyn std::fmt::Display| {
            format!("cannot use the system's root certificates: {error}")
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_native_roots()
            .map_err(|error| failed(&error))?
            .with_no_client_auth();
        Ok(Arc::new(config))
    });
    reading.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// Gives the one connection that there is, whatever the address.
struct Connected(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<TcpStream>;
    type Error = std::io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| std::io::Error::other("there is no connection")))
    }
}

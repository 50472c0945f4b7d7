//! HTTP requests of mcpmux itself, for plugins and credentials: bounded, without redirects, and only to addresses
//! that are allowed. Speaking MCP to backends lives in `mcpmux-backends`.
//!
//! Each request has a connection of its own. Its host is resolved once, every address is judged
//! ([`mcpmux_core::address`]), and exactly those that passed are dialled, so that a name cannot mean one machine when
//! it is checked and another when it is called. Proxies are not used: variables such as `HTTPS_PROXY` are not read, for
//! a proxy would dial what it likes.

mod dial;
mod prepare;
mod talk;
mod tls;

use std::fmt;
use std::sync::Arc;

use mcpmux_core::ports::{Outbound, OutboundError, OutboundRequest, OutboundResponse, Pending};
use tokio::time::timeout;

use dial::{Net, System};
use prepare::Prepared;
use tls::Trust;

/// Sends requests over the network of this machine, trusting the certificates that the system trusts.
pub struct Internet {
    net: Arc<dyn Net>,
    trust: Trust,
}

impl Default for Internet {
    fn default() -> Self {
        Self { net: Arc::new(System), trust: Trust::default() }
    }
}

impl Internet {
    async fn exchange(&self, request: Prepared) -> Result<OutboundResponse, OutboundError> {
        let stream = dial::dial(&*self.net, &request.target).await?;
        if request.target.tls {
            let stream = self.trust.wrap(stream, &request.target).await?;
            talk::talk(stream, request.http, request.limit).await
        } else {
            talk::talk(hyper_util::rt::TokioIo::new(stream), request.http, request.limit).await
        }
    }
}

impl Outbound for Internet {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        Box::pin(async move {
            let patience = request.timeout;
            let prepared = Prepared::new(request).map_err(OutboundError::NotAllowed)?;
            let exchange = self.exchange(prepared);
            timeout(patience, exchange).await.unwrap_or(Err(OutboundError::Timeout))
        })
    }
}

impl fmt::Debug for Internet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Internet")
    }
}

#[cfg(test)]
mod tests;

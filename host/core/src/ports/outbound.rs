//! HTTP requests of plugins and credentials: what the port takes and gives. Doing them is `mcpmux-outbound`'s.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::Pending;

/// Sends HTTP requests for others than backends. It follows no redirect, keeps no connection, and dials no address
/// but those that [`crate::address`] allows.
pub trait Outbound: Send + Sync {
    /// Sends a request and reads its whole answer. Dropping the future closes the connection.
    fn send(
        &self,
        request: OutboundRequest,
    ) -> Pending<'_, Result<OutboundResponse, OutboundError>>;
}

/// A request. Whoever makes it has made sure that its host may be asked.
#[derive(Clone)]
pub struct OutboundRequest {
    /// Its method, in upper case.
    pub method: String,
    /// Where to: `http` or `https`, without user info.
    pub url: String,
    /// Whether it may go to this machine or a network of the operator's.
    pub near: Near,
    /// Headers, beside those that belong to the connection.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// From now until the whole answer is there.
    pub timeout: Duration,
    /// The longest body of an answer, in bytes.
    pub limit: usize,
}

/// How far a request may go to this machine, or to a private network ([`crate::address::Place`]). Nothing lets it go to a
/// link-local address, a cloud's metadata service or the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Near {
    /// Not at all.
    No,
    /// If the URL says it by an IP address or as `localhost`: the operator named this very host. What a name resolves to
    /// does not count.
    Address,
    /// Whatever the host's name resolves to: the operator named this very host, and TLS makes sure that it is it.
    Name,
}

/// An answer, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundResponse {
    /// Its status.
    pub status: u16,
    /// Its headers, with names in lower case; of values that are no UTF-8 the other bytes are replaced.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// It was not sent: the request is none, or its host or address may not be reached.
    #[error("{0}")]
    NotAllowed(String),
    /// It took too long.
    #[error("there was no whole answer in time")]
    Timeout,
    /// The answer is longer than the limit.
    #[error("the answer is longer than the limit")]
    TooLarge,
    /// The network, TLS or the other side failed.
    #[error("{0}")]
    Network(String),
}

impl fmt::Debug for OutboundRequest {
    /// What it says may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for OutboundResponse {
    /// What it says may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, body, .. } = self;
        write!(f, "OutboundResponse(status {status}, {} bytes)", body.len())
    }
}

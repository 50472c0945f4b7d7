//! Who is asking: what a client said of itself, in its session or in the request.

use std::sync::Arc;

use crate::era::{Era, Revision};
use crate::json::Raw;

/// A client as one request shows it. In a session it is the same for all requests; without one, every
/// request carries its own.
#[derive(Debug, Clone)]
pub struct Client {
    /// The revision spoken with it.
    pub revision: Revision,
    /// `clientInfo`, where it said so.
    pub info: Option<Raw>,
    /// `clientCapabilities`, an object.
    pub capabilities: Raw,
    /// The session, for legacy clients.
    pub session: Option<Arc<str>>,
}

impl Client {
    /// The era spoken with it.
    #[must_use]
    pub const fn era(&self) -> Era {
        self.revision.era()
    }
}

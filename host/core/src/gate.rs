//! The gate: the only maker of [`Permitted`]. Every call to a backend passes here, and it fails closed.

use std::sync::Arc;

use crate::call::{Final, Method, NamedBy, Permitted, Routed};
use crate::fault::{Fault, Kind};

/// Judges a call on its final bytes, by backend and native name.
pub trait Authorizer: Send + Sync {
    /// Whether the call may go on. An error denies it.
    ///
    /// # Errors
    /// The reason for the log; the client reads the same answer as for an entry that does not exist.
    fn check(&self, routed: &Routed) -> Result<(), String>;
}

/// Lets a call through if no authorizer objects.
///
/// # Errors
/// The first objection, worded so that a denied entry cannot be told from one that does not exist.
pub fn permit(call: Final, authorizers: &[Arc<dyn Authorizer>]) -> Result<Permitted, Fault> {
    for authorizer in authorizers {
        if let Err(reason) = authorizer.check(call.routed()) {
            return Err(
                unknown(call.routed().call.method, &call.routed().call.name).because(reason)
            );
        }
    }
    Ok(Permitted(Arc::new(call.0)))
}

/// The answer for an entry that is not there, or not there for this client.
#[must_use]
pub fn unknown(method: Method, name: &str) -> Fault {
    let (kind, what) = match method.named_by() {
        NamedBy::Name if method == Method::PromptsGet => (Kind::InvalidParams, "Unknown prompt"),
        NamedBy::Name => (Kind::InvalidParams, "Unknown tool"),
        NamedBy::Uri => (Kind::ResourceNotFound, "Resource not found"),
        NamedBy::Reference => (Kind::InvalidParams, "Unknown reference"),
        NamedBy::Task => (Kind::InvalidParams, "Unknown task"),
    };
    if kind == Kind::ResourceNotFound {
        return Fault::new(kind, what).about(name);
    }
    Fault::new(kind, format!("{what}: {name}"))
}

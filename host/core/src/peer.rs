//! The client's side of a call under way, and of a session: what it is told, and what it can be asked.

use std::fmt;
use std::sync::Arc;

use crate::call::Body;
use crate::json::{Object, Raw};
use crate::ports::Pending;

/// What a backend says besides answers.
#[derive(Clone, Debug)]
pub enum Event {
    /// `params` of `notifications/progress`; its token is the link's and has to be replaced.
    Progress(Object),
    /// `params` of `notifications/message`, a log message.
    Message(Object),
    /// `params` of `notifications/resources/updated`; the URI is the backend's.
    Updated(Object),
    /// Any other notification, as it came.
    Other {
        /// Its method.
        method: String,
        /// Its parameters.
        params: Option<Raw>,
    },
}

/// Hears of the progress that a client reports on what it was asked: `params` of `notifications/progress`, whose
/// token has to be replaced.
pub type Report = Arc<dyn Fn(Object) + Send + Sync>;

/// What a backend asks of a client: elicitation, sampling, roots, or what an extension adds.
#[derive(Clone)]
pub struct Ask {
    /// The method.
    pub method: String,
    /// Its parameters as the backend wrote them; a progress token in them is the backend's.
    pub params: Option<Raw>,
    /// Hears of progress, if the backend wants any.
    pub report: Option<Report>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A client that can be told and asked. Telling must not block: what the client cannot take is dropped.
pub trait Peer: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);

    /// Asks the client and waits for its `result` or `error`; where the client cannot be asked, the error says
    /// so. Dropping the future takes the question back.
    fn ask(&self, ask: Ask) -> Pending<'static, Body>;
}

/// A call under way. Dropping the future that drives it cancels it.
#[derive(Clone, Default)]
pub struct Flight {
    /// Who is told and asked; `None`: nobody listens.
    pub peer: Option<Arc<dyn Peer>>,
    /// Whether the client wants to hear of progress.
    pub progress: bool,
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("peer", &self.peer.is_some())
            .field("progress", &self.progress)
            .finish()
    }
}

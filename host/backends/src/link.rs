//! A live connection to a backend: what it can do, whatever carries it; each way to have one is below.

pub(crate) mod closing;
pub(crate) mod handshake;
pub(crate) mod http;
pub(crate) mod lines;
mod outbox;
mod pending;
pub(crate) mod stderr;
pub(crate) mod stdio;
pub(crate) mod wasm;

use std::sync::Arc;

use mcpmux_core::call::{Body, Flight, Outcome, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Fault;
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::{meta, request};
use tokio::sync::Notify;

use closing::Closing;
use http::HttpLink;
use lines::LineLink;

/// One live connection.
#[derive(Clone)]
pub(crate) enum Link {
    /// Messages are lines on a stream of bytes.
    Lines(Arc<LineLink>),
    /// Messages are HTTP requests.
    Http(Arc<HttpLink>),
}

/// How a call ended on a link.
pub(crate) enum Ended {
    /// With this.
    With(Outcome),
    /// Not a byte of it was written, and the link is of no more use: another one may take the call.
    Unsent,
    /// The backend refused it before executing it, and the link with it: another one may take it, once.
    Refused,
}

/// What a backend said of itself when it connected.
#[derive(Debug)]
pub(crate) struct Hello {
    /// The revision to speak.
    pub(crate) revision: Revision,
    /// `serverInfo`
    pub(crate) info: Option<Raw>,
    /// `capabilities`; `None` if it is modern and did not say.
    pub(crate) capabilities: Option<Object>,
}

impl Hello {
    /// Reads a result of `initialize` or `server/discover`.
    pub(crate) fn read(revision: Revision, result: &Raw) -> Self {
        let object = result.object().unwrap_or_default();
        let own = || object.get("_meta")?.object().ok()?.get(meta::SERVER_INFO).cloned();
        Self {
            revision,
            info: object.get("serverInfo").cloned().or_else(own),
            capabilities: object.get("capabilities").and_then(|raw| raw.object().ok()),
        }
    }

    /// Whether it has tools, as far as is known.
    pub(crate) fn has_tools(&self) -> bool {
        self.capabilities.as_ref().is_none_or(|known| known.get("tools").is_some())
    }

    /// Whether it says when its tools change.
    pub(crate) fn tells_changes(&self) -> bool {
        let told = |known: &Object| known.get("tools")?.object().ok()?.get("listChanged").cloned();
        let told = self.capabilities.as_ref().and_then(told);
        told.is_some_and(|told| told.as_bytes() == b"true")
    }
}

impl Link {
    /// Sends a call and waits for its end. Dropping the future cancels the call.
    pub(crate) async fn call(
        &self,
        routed: &Routed,
        flight: &Flight,
        patience: &Patience,
    ) -> Ended {
        match self {
            Self::Lines(link) => link.call(routed, flight, patience).await,
            Self::Http(link) => link.call(routed, flight, patience).await,
        }
    }

    /// Sends a request of our own.
    pub(crate) async fn ask(
        &self,
        method: &str,
        params: Object,
        patience: &Patience,
    ) -> Result<Body, Fault> {
        match self {
            Self::Lines(link) => link.ask(method, params, patience).await,
            Self::Http(link) => link.ask(method, params, patience).await,
        }
    }

    /// Hears of changes until whatever carries them ends; then says whether to try again.
    pub(crate) async fn listen(&self, hello: &Hello) -> Again {
        match self {
            Self::Lines(link) => link.listen(hello).await,
            Self::Http(link) => link.listen(hello).await,
        }
    }

    /// Notified when the backend says that its tools changed.
    pub(crate) fn changed(&self) -> &Notify {
        match self {
            Self::Lines(link) => &link.changed,
            Self::Http(link) => &link.changed,
        }
    }

    /// Its end.
    pub(crate) fn closing(&self) -> &Closing {
        match self {
            Self::Lines(link) => &link.closing,
            Self::Http(link) => &link.closing,
        }
    }
}

/// Whether a stream of changes is worth opening again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It broke off.
    Later,
    /// The backend has none.
    Never,
}

/// `params` of a request of our own, with what the era wants in `_meta`.
pub(crate) fn own_params(mut params: Object, revision: Revision) -> Raw {
    if revision.era() == Era::Modern {
        let mut inner = Object::default();
        meta::put_client(&mut inner, revision, &request::own_info(), &Raw::literal("{}"));
        params.set("_meta", inner.to_raw());
    }
    params.to_raw()
}

/// `params` of `subscriptions/listen` for changes of tools.
pub(crate) fn listen_params() -> Object {
    let mut params = Object::default();
    params.set("notifications", Raw::literal(r#"{"toolsListChanged":true}"#));
    params
}

/// `params` of `notifications/cancelled`.
pub(crate) fn cancelled_params(id: u64) -> Raw {
    let mut params = Object::default();
    params.set("requestId", Raw::of(&id));
    params.set("reason", Raw::literal("\"the client gave up, or it took too long\""));
    params.to_raw()
}

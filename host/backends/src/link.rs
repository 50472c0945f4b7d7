//! A live connection to a backend: what it can do, whatever carries it; each way to have one is below.

mod asks;
pub(crate) mod changed;
pub(crate) mod closing;
pub(crate) mod duplex;
pub(crate) mod handshake;
mod hearing;
pub(crate) mod hello;
pub(crate) mod http;
pub(crate) mod listens;
mod outbox;
mod pending;
pub(crate) mod stderr;
pub(crate) mod stdio;
mod underway;
pub(crate) mod wasm;

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::call::{Answer, Body, Method, Outcome, Routed};
use mcpmux_core::config::Patience;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Fault;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::Flight;
use mcpmux_protocol::{meta, request};
use tokio::time::timeout;

use crate::faults;
use duplex::Duplex;
pub(crate) use hearing::{Hearing, Voice};
pub(crate) use hello::Hello;
use http::HttpLink;

/// One live connection.
#[derive(Clone)]
pub(crate) enum Link {
    /// Messages go over one channel each way.
    Duplex(Arc<Duplex>),
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

impl Link {
    /// Sends a call and waits for its end. Dropping the future cancels the call.
    pub(crate) async fn call(
        &self,
        routed: &Routed,
        flight: &Flight,
        patience: &Patience,
    ) -> Ended {
        if self.hearing().revision().era() == Era::Modern {
            // The modern era has no such requests: what is subscribed to is said when a stream is opened.
            let uri = routed.to.native.as_str();
            match routed.call.method {
                Method::Subscribe => return Ended::With(self.subscribe(uri, patience).await),
                Method::Unsubscribe => return Ended::With(Ok(self.unsubscribe(uri))),
                _ => {}
            }
        }
        match self {
            Self::Duplex(link) => link.call(routed, flight, patience).await,
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
            Self::Duplex(link) => link.ask(method, params, patience).await,
            Self::Http(link) => link.ask(method, params, patience).await,
        }
    }

    /// Sends a message that has no answer.
    pub(crate) async fn say(&self, message: Vec<u8>) {
        match self {
            Self::Duplex(link) => link.say(message).await,
            Self::Http(link) => link.say(message).await,
        }
    }

    /// Reads what a legacy backend says outside of calls until whatever carries it ends; then says whether to
    /// try again.
    pub(crate) async fn tune_in(&self) -> Again {
        match self {
            Self::Duplex(link) => {
                // It comes with everything else.
                link.hearing.attentive.send_replace(true);
                Again::Never
            }
            Self::Http(link) => link.tune_in().await,
        }
    }

    /// Opens a modern stream of changes under this number and reads it until it ends; then says whether to try
    /// again. Dropping the future closes the stream.
    pub(crate) async fn listen(&self, id: u64, params: Object) -> Again {
        match self {
            Self::Duplex(link) => link.listen(id, params).await,
            Self::Http(link) => link.listen(id, params).await,
        }
    }

    /// How long two streams of changes have to overlap so that nothing is missed between them.
    pub(crate) const fn overlap(&self) -> Duration {
        match self {
            // What was said before the new one was acknowledged has been read.
            Self::Duplex(_) => Duration::ZERO,
            Self::Http(_) => Duration::from_secs(1),
        }
    }

    /// A number for a request.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::Duplex(link) => link.number(),
            Self::Http(link) => link.number(),
        }
    }

    /// What is known of the conversation.
    pub(crate) fn hearing(&self) -> &Hearing {
        match self {
            Self::Duplex(link) => &link.hearing,
            Self::Http(link) => &link.hearing,
        }
    }

    /// Waits until the stream of changes carries a resource, and says whether the backend agreed to it.
    async fn subscribe(&self, uri: &str, patience: &Patience) -> Outcome {
        let hearing = self.hearing();
        if !hearing.hello().is_some_and(|hello| hello.subscribes()) {
            return Err(faults::cannot_subscribe(&hearing.name));
        }
        let mut wish = Wish { hearing, uri, granted: false };
        hearing.listens.subscribe(uri);
        let mut carried = hearing.listens.carried.subscribe();
        let settled =
            timeout(patience.call, carried.wait_for(|carried| carried.asked.contains(uri)));
        wish.granted = match settled.await {
            Ok(Ok(carried)) => carried.granted.contains(uri),
            _ => return Err(faults::timeout(&hearing.name, patience.call)),
        };
        if wish.granted { Ok(empty()) } else { Err(faults::not_subscribed(&hearing.name, uri)) }
    }

    fn unsubscribe(&self, uri: &str) -> Answer {
        self.hearing().listens.unsubscribe(uri);
        empty()
    }
}

/// A call's wish to subscribe; it ends with the call.
struct Wish<'a> {
    hearing: &'a Hearing,
    uri: &'a str,
    granted: bool,
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.hearing.listens.settle(self.uri, self.granted);
    }
}

/// The answer to subscribing, a method of the legacy era.
const fn empty() -> Answer {
    Answer { body: Body::Result(Raw::literal("{}")), era: Era::Legacy }
}

/// Whether a stream of changes is worth opening again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It broke off.
    Later,
    /// The backend has none, or not this one.
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

/// `params` of `notifications/cancelled`.
pub(crate) fn cancelled_params(id: u64) -> Raw {
    let mut params = Object::default();
    params.set("requestId", Raw::of(&id));
    params.set("reason", Raw::literal("\"the client gave up, or it took too long\""));
    params.to_raw()
}

/// A number of ours, as a backend returns it; some write it as a string, or with a fraction of nothing.
pub(crate) fn number_of(id: &Raw) -> Option<u64> {
    let text = std::str::from_utf8(id.as_bytes()).ok()?;
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

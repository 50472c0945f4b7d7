//! The door: a decoded request in, the text of its answer out; the transports around it are the frontends'.

pub(crate) mod asks;
pub(crate) mod batch;
mod calls;
pub(crate) mod conversation;
pub(crate) mod flights;
mod greet;
mod listen;
mod lists;
pub(crate) mod outlet;
pub(crate) mod reach;

use std::sync::Arc;

use mcpmux_core::call::Method;
use mcpmux_core::client::Client;
use mcpmux_core::config::Limits;
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::level::Level;
use mcpmux_core::peer::Flight;
use mcpmux_mux::Mux;
use mcpmux_protocol::{names, write};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub(crate) use calls::has;
pub(crate) use greet::unsupported;

/// Why a message is not read that escapes half of a surrogate pair: what it stands for would differ from reader to reader,
/// and so what a policy reads from what a backend reads.
pub(crate) const HALF_A_PAIR: &str = "a string holds half of a surrogate pair";

/// What all frontends share.
pub struct Door {
    pub(crate) mux: Mux,
    pub(crate) limits: Limits,
    /// Cancelled when mcpmux stops taking requests.
    pub(crate) stop: CancellationToken,
    /// The subscriptions of modern clients that may still be opened here.
    listens: Semaphore,
}

/// A request whose client is known.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: Raw,
    pub(crate) method: String,
    /// `params` without `_meta`.
    pub(crate) params: Object,
    /// `params._meta` without the keys of an era and the progress token.
    pub(crate) meta: Object,
    pub(crate) client: Arc<Client>,
    /// The least severe log messages wanted.
    pub(crate) level: Option<Level>,
}

/// The text of an answer, and how HTTP is to say it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) text: Vec<u8>,
    pub(crate) tone: Tone,
}

/// What kind of answer it is; only modern HTTP tells them apart by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A result, or an error of the method itself.
    Answer,
    /// The request should not have been made like this (400).
    BadRequest,
    /// The method is not served (404).
    NotFound,
}

impl Reply {
    pub(crate) const fn answer(text: Vec<u8>) -> Self {
        Self { text, tone: Tone::Answer }
    }

    pub(crate) fn bad_request(id: Option<&Raw>, code: i64, why: &str) -> Self {
        Self { text: write::error(id, code, why, None), tone: Tone::BadRequest }
    }
}

impl Door {
    /// A door to this mux. `stop` is cancelled when mcpmux is to take no more requests.
    #[must_use]
    pub fn new(mux: Mux, limits: Limits, stop: CancellationToken) -> Self {
        Self { mux, limits, stop, listens: Semaphore::new(limits.listens) }
    }

    /// Answers any request but those that belong to a session, or keep a stream open.
    pub(crate) async fn answer(&self, request: Request, flight: Flight) -> Reply {
        let client = &request.client;
        if let Some(method) = Method::parse(&request.method)
            && calls::has(client, method)
        {
            if calls::undeclared(client, method) {
                return calls::refuse_undeclared(&request.id);
            }
            return self.call(method, request, flight).await;
        }
        if let Some(kind) = lists::kind(&request.method) {
            return self.list(kind, &request).await;
        }
        if request.method == names::DISCOVER && client.era() == Era::Modern {
            return self.discover(&request).await;
        }
        unserved(&request.id, &request.method)
    }
}

/// The answer to a method that is not served.
fn unserved(id: &Raw, method: &str) -> Reply {
    let why = format!("Method not found: {method}");
    Reply {
        text: write::error(Some(id), names::METHOD_NOT_FOUND, &why, None),
        tone: Tone::NotFound,
    }
}

/// The answer to parameters that cannot be understood.
fn invalid(id: &Raw, why: &str) -> Reply {
    Reply::answer(write::error(Some(id), names::INVALID_PARAMS, why, None))
}

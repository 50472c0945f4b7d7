//! The clients that hear of things outside of calls: legacy sessions, and the subscriptions of modern clients.
//!
//! Each has a seat while it is there. What they want of the backends is told them as a whole whenever it changes.

mod levels;
mod seat;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcpmux_core::call::Body;

use mcpmux_core::json::{Object, Raw};

use mcpmux_core::names::BackendName;
use mcpmux_core::peer::{Ask, Event, Peer};
use mcpmux_core::ports::Pending;

use tokio::task::JoinSet;

use crate::view::Shared;
pub(crate) use levels::Raised;
pub use seat::Seat;
use table::Table;

/// What asks a client for its roots.
const ROOTS: &str = "roots/list";
/// A method that is not served (JSON-RPC 2.0, section 5.1).
const METHOD_NOT_FOUND: i64 = -32601;
/// Something that mcpmux cannot do (JSON-RPC 2.0, section 5.1).
const INTERNAL_ERROR: i64 = -32603;

/// All seats.
pub(crate) struct Seats {
    shared: Arc<Shared>,
    table: Mutex<Table>,
}

impl Seats {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every backend what is wanted of it.
    pub(crate) fn want_again(&self) {
        self.shared.read(|view| {
            let table = self.table();
            for (name, placed) in &view.backends {
                placed.backend.want(table.wants(name));
            }
        });
    }

    /// Tells one backend what is wanted of it.
    fn want(&self, backend: &BackendName) {
        self.shared.read(|view| {
            if let Some(placed) = view.backends.get(backend) {
                placed.backend.want(self.table().wants(backend));
            }
        });
    }

    /// Tells all backends that the roots have changed.
    fn roots_changed(&self) {
        self.shared.read(|view| {
            for placed in view.backends.values() {
                placed.backend.roots_changed();
            }
        });
    }

    /// A backend said something that belongs to no call.
    pub(crate) fn heard(&self, backend: &BackendName, event: Event) {
        match event {
            Event::Updated(params) => self.updated(backend, &params),
            event => {
                let event = crate::links::renamed(backend, event);
                let peers = self.table().sessions();
                for peer in peers {
                    peer.event(event.clone());
                }
            }
        }
    }

    /// Tells those who subscribed to the resource, or to one that it is a part of.
    fn updated(&self, backend: &BackendName, params: &Object) {
        let Some(native) = params.get("uri").and_then(Raw::as_string) else {
            tracing::debug!(%backend, "an update without a `uri` was dropped");
            return;
        };
        let exposed = self.shared.read(|view| crate::links::expose(view, backend, &native));
        let subscribers = self.table().subscribers(backend, &native);
        for (peer, subscribed) in subscribers {
            let mut params = params.clone();
            params.set("uri", Raw::string(subscribed.as_deref().unwrap_or(&exposed)));
            peer.event(Event::Updated(params));
        }
    }

    /// A backend asks something outside of any call.
    pub(crate) fn asked(&self, backend: &BackendName, ask: Ask) -> Pending<'static, Body> {
        let able = self.table().able(&ask);
        if ask.method == ROOTS && !able.is_empty() {
            return Box::pin(all_roots(able, ask));
        }
        let mut able = able.into_iter();
        match (able.next(), able.next()) {
            (Some(only), None) => only.ask(ask),
            (None, _) => Box::pin(std::future::ready(nobody(&ask.method))),
            (Some(_), Some(_)) => {
                tracing::info!(%backend, method = ask.method, "asked outside of a call, with several clients there");
                let why = format!(
                    "`{}` was asked outside of a call, and mcpmux has several clients that could answer",
                    ask.method
                );
                Box::pin(std::future::ready(refusal(INTERNAL_ERROR, &why)))
            }
        }
    }
}

/// The error for an ask that no client can answer.
pub(crate) fn nobody(method: &str) -> Body {
    refusal(METHOD_NOT_FOUND, &format!("no client of mcpmux is there that could answer `{method}`"))
}

/// An error of ours as the answer to an ask.
pub(crate) fn refusal(code: i64, why: &str) -> Body {
    let mut error = Object::default();
    error.set("code", Raw::of(&code));
    error.set("message", Raw::string(why));
    Body::Error(error.to_raw())
}

/// The roots of all clients together; one that fails to answer counts as one without roots, if another answers.
async fn all_roots(peers: Vec<Arc<dyn Peer>>, ask: Ask) -> Body {
    let mut asked = JoinSet::new();
    for (at, peer) in peers.into_iter().enumerate() {
        let answer = peer.ask(ask.clone());
        asked.spawn(async move { (at, answer.await) });
    }
    let mut answers: Vec<(usize, Body)> = Vec::new();
    while let Some(answer) = asked.join_next().await {
        answers.extend(answer.ok());
    }
    answers.sort_by_key(|(at, _)| *at);
    let mut answers = answers.into_iter().map(|(_, body)| body);
    match (answers.next(), answers.len()) {
        (Some(only), 0) => only,
        (first, _) => merged(first.into_iter().chain(answers)),
    }
}

fn merged(answers: impl Iterator<Item = Body>) -> Body {
    let (mut roots, mut refused): (Vec<Raw>, Option<Body>) = (Vec::new(), None);
    let mut answered = false;
    for answer in answers {
        let listed = match &answer {
            Body::Result(result) => result.object().ok(),
            Body::Error(_) => None,
        };
        let listed = listed.and_then(|object| object.get("roots")?.elements().ok());
        match listed {
            Some(listed) => {
                answered = true;
                for root in listed {
                    if !roots.contains(&root) {
                        roots.push(root);
                    }
                }
            }
            None => refused = Some(answer),
        }
    }
    if !answered && let Some(refused) = refused {
        return refused;
    }
    let mut text = vec![b'['];
    for (at, root) in roots.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(root.as_bytes());
    }
    text.push(b']');
    let mut result = Object::default();
    result.set("roots", Raw::trusted(text.into()));
    Body::Result(result.to_raw())
}

//! The clients that hear of things outside of calls: legacy sessions, and the subscriptions of modern clients.
//!
//! Each has a seat while it is there. What they want of the backends is told them as a whole whenever it changes.

mod levels;
mod roots;
mod seat;
mod table;
mod turns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::client::Client;
use mcpmux_core::era::Revision;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::{BackendName, NativeName};
use mcpmux_core::peer::{Ask, Event};
use mcpmux_core::ports::Pending;
use tokio::runtime::Handle;

use crate::policy::{Plan, Policy};
use crate::view::{Placed, Shared, View};
pub(crate) use levels::Raised;
pub use seat::Seat;
use table::{Subscriber, Table};
use turns::Turns;

/// What asks a client for its roots.
const ROOTS: &str = "roots/list";
/// What says how a task is getting on, and the only revision with sessions that has tasks.
const TASK_STATUS: &str = "notifications/tasks/status";
const TASKS: Revision = Revision::V2025_11_25;
/// A method that is not served (JSON-RPC 2.0, section 5.1).
const METHOD_NOT_FOUND: i64 = -32601;
/// Something that mcpmux cannot do (JSON-RPC 2.0, section 5.1).
const INTERNAL_ERROR: i64 = -32603;

/// All seats.
pub(crate) struct Seats {
    shared: Arc<Shared>,
    policy: Arc<Policy>,
    table: Mutex<Table>,
    turns: Turns,
    /// How long a client has for its roots.
    patience: Duration,
    /// Where subscriptions are ended that nobody waits for.
    runtime: Handle,
}

impl Seats {
    /// No seat is taken yet. Needs a tokio runtime.
    pub(crate) fn new(shared: Arc<Shared>, policy: Arc<Policy>, patience: Duration) -> Self {
        Self {
            shared,
            policy,
            table: Mutex::default(),
            turns: Turns::default(),
            patience,
            runtime: Handle::current(),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every backend what is wanted of it.
    pub(crate) fn want_again(&self) {
        self.shared.read(|view| {
            view.backends.values().for_each(|placed| self.tell(view, placed));
        });
    }

    /// Tells one backend what is wanted of it.
    fn want(&self, backend: &BackendName) {
        self.shared.read(|view| {
            if let Some(placed) = view.backends.get(backend) {
                self.tell(view, placed);
            }
        });
    }

    /// The table stays locked meanwhile, so that the newest word is the last one that the backend hears.
    fn tell(&self, view: &View, placed: &Placed) {
        let table = self.table();
        let backend = placed.backend.name();
        let mut wants = table.wants(backend);
        // What was subscribed to may be hidden since.
        let shown = |uri: &str| placed.naming.includes(uri) && !view.catalog.hides(backend, uri);
        wants.uris.retain(|uri| shown(uri));
        placed.backend.want(wants);
        drop(table);
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
                let plan = self.shared.read(|view| view.plans.whole(backend));
                let mut sessions = self.table().sessions();
                if matches!(&event, Event::Other { method, .. } if method == TASK_STATUS) {
                    sessions.retain(|(client, _)| client.revision == TASKS);
                    if sessions.len() > 1 {
                        // Nothing says whose task it is, and it is no affair of the others.
                        tracing::debug!(%backend, "the status of a task was dropped: it may be of several clients");
                        return;
                    }
                }
                let mut told = Told::new(plan, backend, event);
                for (client, peer) in sessions {
                    if let Some(event) = told.to(&client) {
                        peer.event(crate::links::renamed(backend, event));
                    }
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
        let subscribers = self.table().subscribers(backend, &native);
        if subscribers.is_empty() {
            return;
        }
        let view = self.shared.view();
        let Some(placed) = view.backends.get(backend) else { return };
        if !placed.naming.includes(&native) || view.catalog.hides(backend, &native) {
            return;
        }
        let exposed = crate::links::expose(&view, backend, &native);
        let to = NativeName::new(&native);
        let plan = view.plans.uri(backend, &native);
        let mut told = Told::new(plan, backend, Event::Updated(params.clone()));
        for Subscriber { client, peer, subscribed } in subscribers {
            let visible = view.sights.of(&view, &client);
            if visible.is_some_and(|visible| !visible.shows_uri(&view.catalog, (backend, &to))) {
                continue;
            }
            let Some(Event::Updated(mut params)) = told.to(&client) else { continue };
            params.set("uri", Raw::string(subscribed.as_deref().unwrap_or(&exposed)));
            peer.event(Event::Updated(params));
        }
    }

    /// A backend asks something outside of any call.
    pub(crate) fn asked(&self, backend: &BackendName, ask: Ask) -> Pending<'static, Body> {
        let able = self.table().able(&ask);
        let Some((first, rest)) = able.split_first() else {
            return Box::pin(std::future::ready(nobody(&ask.method)));
        };
        let roots = ask.method == ROOTS;
        if !rest.is_empty() && !roots {
            tracing::info!(%backend, method = ask.method, "asked outside of a call, with several clients there");
            let why = format!(
                "`{}` was asked outside of a call, and mcpmux has several clients that could answer",
                ask.method
            );
            return Box::pin(std::future::ready(refusal(INTERNAL_ERROR, &why)));
        }
        let plan = self.shared.read(|view| view.plans.whole(backend));
        let judged = |client: &Arc<Client>, ask: Ask| match &plan {
            None => Ok(ask),
            Some(plan) => self.policy.outside(Arc::clone(plan), client, backend, ask),
        };
        if !roots {
            let (client, only) = first;
            return match judged(client, ask) {
                Ok(ask) => only.ask(ask),
                Err(withheld) => Box::pin(std::future::ready(withheld)),
            };
        }
        // What is withheld from one client says nothing of the others.
        let (mut asks, mut refused) = (Vec::new(), None);
        for (client, peer) in &able {
            match judged(client, ask.clone()) {
                Ok(ask) => asks.push((Arc::clone(peer), ask)),
                Err(withheld) => refused = refused.or(Some(withheld)),
            }
        }
        match refused {
            Some(withheld) if asks.is_empty() => Box::pin(std::future::ready(withheld)),
            _ => Box::pin(roots::of_all(asks, self.patience)),
        }
    }
}

/// An event on its way to several clients. Plugins are asked once, unless it matters to them who is told.
struct Told<'a> {
    plan: Option<Arc<Plan>>,
    backend: &'a BackendName,
    event: Event,
    /// What all are told, if it is the same for all and known.
    same: Option<Option<Event>>,
}

impl<'a> Told<'a> {
    const fn new(plan: Option<Arc<Plan>>, backend: &'a BackendName, event: Event) -> Self {
        Self { plan, backend, event, same: None }
    }

    /// What this client is told.
    fn to(&mut self, client: &Client) -> Option<Event> {
        let Some(plan) = &self.plan else { return Some(self.event.clone()) };
        let ask = || crate::policy::outside(plan, client, self.backend, self.event.clone());
        if plan.is_by_client() { ask() } else { self.same.get_or_insert_with(ask).clone() }
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

//! One client's seat: how it says what it wants to hear of, for as long as it is there.

use std::collections::HashMap;
use std::sync::Arc;

use mcpmux_core::call::{Answer, Body, Call, Final, Method, Outcome, Permitted, Routed, Target};
use mcpmux_core::client::Client;
use mcpmux_core::era::Era;
use mcpmux_core::fault::Delivery;
use mcpmux_core::gate::{self, Ruling};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::level::Level;
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::{Flight, Peer};
use mcpmux_core::ports::Backend;

use super::table::Sitting;
use crate::Mux;
use crate::policy::{self, Escort, Passage, ended};
use crate::route::{Admitted, Found, Place};

/// A place at which a client hears of things. Dropping it gives it up, with all subscriptions.
pub struct Seat {
    mux: Mux,
    id: u64,
}

impl Mux {
    /// Takes in a client: a legacy session, or one `subscriptions/listen` of a modern client. `peer` hears of
    /// updates of what it subscribes to; that of a session also of what belongs to no call, and is asked.
    #[must_use]
    pub fn join(&self, client: Arc<Client>, peer: Arc<dyn Peer>) -> Seat {
        let sitting = Sitting { client, peer, level: None, subscribed: HashMap::new() };
        let id = self.seats.table().add(sitting);
        Seat { mux: self.clone(), id }
    }
}

impl Seat {
    /// The least severe log messages the client wants from now on (2025-11-25, server/utilities/logging).
    pub fn set_level(&self, level: Level) {
        self.mux.seats.table().set_level(self.id, level);
        self.mux.seats.want_again();
    }

    /// What was set.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.mux.seats.table().get(self.id)?.level
    }

    /// The client's roots have changed, or can be asked for now.
    pub fn roots_changed(&self) {
        self.mux.seats.roots_changed();
    }

    /// Subscribes to a resource. The backend is asked if nobody is subscribed to it yet; its answer is the outcome.
    /// Dropping the future undoes it.
    pub async fn subscribe(&self, call: Call, flight: Flight) -> Outcome {
        let exposed = call.name.clone();
        match self.mux.admit(call, &flight).await? {
            Admitted::Answered(answer) => Ok(answer),
            Admitted::On { permitted, placed, passage } => {
                let escort = passage.as_ref().map(Passage::escort);
                let outcome =
                    self.subscribing(exposed, permitted, &placed.backend, flight, escort).await;
                ended(passage, outcome)
            }
        }
    }

    async fn subscribing(
        &self,
        exposed: String,
        permitted: Permitted,
        backend: &Arc<dyn Backend>,
        flight: Flight,
        escort: Option<&Arc<Escort>>,
    ) -> Outcome {
        let Routed { call, to: target } = permitted.routed();
        let (client, target) = (Arc::clone(&call.client), target.clone());
        let seats = &self.mux.seats;
        // Whoever subscribes to it now, or gives it up, has its answer first.
        let _turn = seats.turns.wait(&target).await;
        let known = {
            let mut table = seats.table();
            let known = table.is_subscribed(&target);
            if let Some(sitting) = table.get_mut(self.id) {
                sitting.subscribed.insert(target.clone(), exposed);
            }
            known
        };
        if known {
            return Ok(nothing());
        }
        seats.want(&target.backend);
        let mut open = Open { seat: self, client, target: Some(target) };
        let outcome = policy::send(escort, backend, permitted, flight).await;
        match &outcome {
            Ok(Answer { body: Body::Result(_), .. }) => open.target = None,
            Ok(Answer { body: Body::Error(_), .. }) => open.forget(),
            Err(fault) if fault.kind.delivery() == Delivery::NotDelivered => open.forget(),
            // The backend may have subscribed to it.
            Err(_) => {}
        }
        outcome
    }

    /// Ends a subscription, by the URI that it was made with. The backend is told if it was the last one; dropping
    /// the future does not keep it.
    pub async fn unsubscribe(&self, call: Call, flight: Flight) -> Outcome {
        let known = self.mux.seats.table().known(self.id, &call.name);
        let view = self.mux.shared.view();
        let placed = known.as_ref().and_then(|to| view.backends.get(&to.backend));
        let admitted = match (known, placed) {
            // What the URI means may have changed since.
            (Some(to), Some(placed)) => {
                let plan = view.plans.uri(&to.backend, to.native.as_str());
                let plan = plan.and_then(|plan| plan.of_client(&call.client));
                let place = Place::Backend(Arc::clone(placed));
                let found = Found { routed: Routed { call, to }, place, plan };
                self.mux.admit_found(found, Some(&view), &flight).await?
            }
            (Some(to), None) => {
                // Its backend is gone, and nobody has to be told.
                if let Some(sitting) = self.mux.seats.table().get_mut(self.id) {
                    sitting.subscribed.remove(&to);
                }
                return Ok(nothing());
            }
            (None, _) => self.mux.admit(call, &flight).await?,
        };
        drop(view);
        match admitted {
            Admitted::Answered(answer) => Ok(answer),
            Admitted::On { permitted, placed, passage } => {
                let escort = passage.as_ref().map(Passage::escort);
                let outcome = self.unsubscribing(permitted, &placed.backend, flight, escort).await;
                ended(passage, outcome)
            }
        }
    }

    async fn unsubscribing(
        &self,
        permitted: Permitted,
        backend: &Arc<dyn Backend>,
        flight: Flight,
        escort: Option<&Arc<Escort>>,
    ) -> Outcome {
        let seats = &self.mux.seats;
        let Routed { call, to: target } = permitted.routed();
        let (client, target) = (Arc::clone(&call.client), target.clone());
        let _turn = seats.turns.wait(&target).await;
        let others = {
            let mut table = seats.table();
            if let Some(sitting) = table.get_mut(self.id) {
                sitting.subscribed.remove(&target);
            }
            table.is_subscribed(&target)
        };
        // That of another client must not end with it.
        if others {
            return Ok(nothing());
        }
        seats.want(&target.backend);
        let mut open = Open { seat: self, client, target: Some(target) };
        let outcome = policy::send(escort, backend, permitted, flight).await;
        open.target = None;
        outcome
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let seats = &self.mux.seats;
        let Some(sitting) = seats.table().remove(self.id) else { return };
        if sitting.level.is_some() || !sitting.subscribed.is_empty() {
            seats.want_again();
        }
        if sitting.client.session.is_some() && sitting.client.lacks(super::ROOTS, None).is_none() {
            seats.roots_changed();
        }
        self.mux.release(sitting.client, sitting.subscribed.into_keys().collect());
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({})", self.id)
    }
}

impl Mux {
    fn backend(&self, name: &BackendName) -> Option<Arc<dyn Backend>> {
        self.shared.read(|view| view.backends.get(name).map(|placed| Arc::clone(&placed.backend)))
    }

    /// Tells backends that nobody is subscribed to these any more, in a task of its own; those to which somebody is
    /// by then are left alone.
    fn release(&self, client: Arc<Client>, targets: Vec<Target>) {
        if targets.is_empty() {
            return;
        }
        let mux = self.clone();
        self.seats.runtime.spawn(async move {
            for target in targets {
                let _turn = mux.seats.turns.wait(&target).await;
                if mux.seats.table().is_subscribed(&target) {
                    continue;
                }
                let Some(backend) = mux.backend(&target.backend) else { continue };
                let call = Call {
                    method: Method::Unsubscribe,
                    name: target.native.as_str().to_owned(),
                    params: Object::default(),
                    meta: Object::default(),
                    level: None,
                    client: Arc::clone(&client),
                };
                // The call is mcpmux's own: the client has left, or its subscription was never made.
                let ruling = gate::permit(Final::new(Routed { call, to: target }), []);
                let Ok(Ruling::Permitted(permitted, _)) = ruling else { continue };
                if let Err(fault) = backend.request(permitted, Flight::default()).await {
                    tracing::debug!(backend = %backend.name(), "a subscription was not ended: {fault}");
                }
            }
        });
    }
}

/// A subscription of which its backend may know more, or less, than the table.
struct Open<'a> {
    seat: &'a Seat,
    client: Arc<Client>,
    target: Option<Target>,
}

impl Open<'_> {
    /// Takes it out of the table; the backend does not have it.
    fn forget(&mut self) {
        if let Some(target) = self.target.take() {
            self.remove(&target);
        }
    }

    fn remove(&self, target: &Target) {
        let seats = &self.seat.mux.seats;
        if let Some(sitting) = seats.table().get_mut(self.seat.id) {
            sitting.subscribed.remove(target);
        }
        seats.want(&target.backend);
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(target) = self.target.take() {
            self.remove(&target);
            self.seat.mux.release(Arc::clone(&self.client), vec![target]);
        }
    }
}

/// The answer that a backend gave before.
fn nothing() -> Answer {
    Answer { body: Body::Result(Raw::literal("{}")), era: Era::Legacy }
}

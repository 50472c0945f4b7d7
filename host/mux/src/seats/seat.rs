//! One client's seat: how it says what it wants to hear of, for as long as it is there.

use std::collections::HashMap;
use std::sync::Arc;

use mcpmux_core::call::{Answer, Body, Call, Outcome, Target};
use mcpmux_core::client::Client;
use mcpmux_core::era::Era;
use mcpmux_core::json::Raw;
use mcpmux_core::level::Level;
use mcpmux_core::peer::{Flight, Peer};

use super::table::Sitting;
use crate::Mux;

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
        if let Some(sitting) = self.mux.seats.table().get_mut(self.id) {
            sitting.level = Some(level);
        }
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
    pub async fn subscribe(&self, call: Call, flight: Flight) -> Outcome {
        let exposed = call.name.clone();
        let (permitted, backend) = self.mux.admit(call).await?;
        let target = permitted.routed().to.clone();
        let known = {
            let mut table = self.mux.seats.table();
            let known = table.is_subscribed(&target);
            if let Some(sitting) = table.get_mut(self.id) {
                sitting.subscribed.insert(target.clone(), exposed);
            }
            known
        };
        if known {
            return Ok(nothing());
        }
        self.mux.seats.want(&target.backend);
        // If this is given up half-way, so is the subscription.
        let mut undo = Undo { seat: self, target: Some(target) };
        let outcome = backend.request(permitted, flight).await;
        if matches!(&outcome, Ok(Answer { body: Body::Result(_), .. })) {
            undo.target = None;
        }
        outcome
    }

    /// Ends a subscription. The backend is told if it was the last one.
    pub async fn unsubscribe(&self, call: Call, flight: Flight) -> Outcome {
        let (permitted, backend) = self.mux.admit(call).await?;
        let target = permitted.routed().to.clone();
        let (had, last) = {
            let mut table = self.mux.seats.table();
            let sitting = table.get_mut(self.id);
            let had = sitting.is_some_and(|sitting| sitting.subscribed.remove(&target).is_some());
            (had, !table.is_subscribed(&target))
        };
        if had && !last {
            return Ok(nothing());
        }
        self.mux.seats.want(&target.backend);
        backend.request(permitted, flight).await
    }

    fn forget(&self, target: &Target) {
        if let Some(sitting) = self.mux.seats.table().get_mut(self.id) {
            sitting.subscribed.remove(target);
        }
        self.mux.seats.want(&target.backend);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(sitting) = self.mux.seats.table().remove(self.id) else { return };
        if sitting.level.is_some() || !sitting.subscribed.is_empty() {
            self.mux.seats.want_again();
        }
        if sitting.client.session.is_some() && sitting.client.lacks(super::ROOTS, None).is_none() {
            self.mux.seats.roots_changed();
        }
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({})", self.id)
    }
}

/// A subscription that its backend has not confirmed.
struct Undo<'a> {
    seat: &'a Seat,
    target: Option<Target>,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(target) = self.target.take() {
            self.seat.forget(&target);
        }
    }
}

/// The answer that a backend gave before.
fn nothing() -> Answer {
    Answer { body: Body::Result(Raw::literal("{}")), era: Era::Legacy }
}

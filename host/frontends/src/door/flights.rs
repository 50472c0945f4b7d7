//! The requests of one client that are under way, by the text of their id, so that it can cancel them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mcpmux_core::json::Raw;
use tokio::sync::oneshot;

/// Requests under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// Dropping a sender cancels a request. The number tells it from a later one of the same id.
    open: HashMap<Bytes, (u64, oneshot::Sender<()>)>,
    last: u64,
}

impl Flights {
    /// Works until the request of this id is cancelled; `None` if it was. If another request of the id is under way,
    /// the later one cannot be cancelled.
    pub(crate) async fn fly<T>(&self, id: &Raw, work: impl Future<Output = T>) -> Option<T> {
        let Some((number, cancelled)) = self.depart(id) else {
            tracing::warn!("the client uses a request id twice; the later one cannot be cancelled");
            return Some(work.await);
        };
        let _landing = Landing { flights: self, id, number };
        tokio::select! {
            biased;
            worked = work => Some(worked),
            _ = cancelled => None,
        }
    }

    /// Cancels a request, if it is under way.
    pub(crate) fn cancel(&self, id: &Raw) {
        self.lock().open.remove(id.bytes());
    }

    /// Cancels all.
    pub(crate) fn clear(&self) {
        self.lock().open.clear();
    }

    fn depart(&self, id: &Raw) -> Option<(u64, oneshot::Receiver<()>)> {
        let mut held = self.lock();
        let number = held.last + 1;
        match held.open.entry(id.bytes().clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                let (cancel, cancelled) = oneshot::channel();
                place.insert((number, cancel));
                held.last = number;
                Some((number, cancelled))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a request however its work ends.
struct Landing<'a> {
    flights: &'a Flights,
    id: &'a Raw,
    number: u64,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(place) = self.flights.lock().open.entry(self.id.bytes().clone())
            && place.get().0 == self.number
        {
            place.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_cancelled_by_its_id_and_the_id_is_free_then() {
        let flights = Flights::default();
        let id = Raw::literal("7");
        let cancelled = flights.fly(&id, async {
            flights.cancel(&Raw::literal("\"7\""));
            flights.cancel(&id);
            std::future::pending::<()>().await;
        });
        assert_eq!(cancelled.await, None);
        let (first, _) = flights.depart(&id).unwrap();
        assert_eq!(flights.fly(&id, async { 2 }).await, Some(2), "the later of two");
        flights.cancel(&id);
        let (_, mut second) = flights.depart(&id).unwrap();
        drop(Landing { flights: &flights, id: &id, number: first });
        assert!(second.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
    }
}

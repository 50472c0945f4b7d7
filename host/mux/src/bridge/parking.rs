//! Parked calls: calls of modern clients at legacy backends that have asked something, until the client comes back.
//!
//! A parked call goes on at its backend. It is found by a random id, which only its client has, sealed; it has a
//! lifetime, and there is a bound on how many there are. Giving one up cancels it at its backend, and so does a client
//! that comes back and leaves before there is an answer: its state was good once, so nobody could find the call again.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcpmux_core::call::{Body, Call, Method, Outcome, Routed, Target};
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::Pending;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::driving::{Driver, Question};
use super::seal::State;
use crate::policy::{self, Escort, Passage, ended};
use crate::seats::Raised;
use crate::{Mux, links};

/// What a backend asks within this time of the question before is put to the client together with it.
const TOGETHER: Duration = Duration::from_millis(150);

/// All parked calls, by id.
#[derive(Default)]
pub(crate) struct Parking {
    places: Mutex<HashMap<String, Parked>>,
    /// Notified when one is parked.
    parked: Notify,
}

/// A call on its way at a legacy backend, and what its backend wants to know.
struct Parked {
    underway: Underway,
    driver: Arc<Driver>,
    asked: mpsc::Receiver<Question>,
    open: BTreeMap<String, Question>,
    count: usize,
    /// For the links in its answer.
    of: (Method, Target),
    until: Instant,
    /// The log level it wants, for as long as it is under way.
    _raised: Option<Raised>,
    /// The plugins that it meets, to its end.
    passage: Option<Passage>,
}

/// A call that may be parked.
pub(super) struct Departure {
    /// What is sent.
    pub(super) routed: Arc<Routed>,
    /// The log level it wants.
    pub(super) raised: Option<Raised>,
    /// The plugins that it meets.
    pub(super) passage: Option<Passage>,
}

impl Departure {
    pub(super) fn escort(&self) -> Option<Arc<Escort>> {
        self.passage.as_ref().map(|passage| Arc::clone(passage.escort()))
    }
}

/// The call itself: driven by its client's request, and by a task of its own once it was parked.
enum Underway {
    Driven(Pin<Box<dyn Future<Output = Outcome> + Send>>),
    Alone(AbortOnDropHandle<Outcome>),
}

/// What comes next of a call.
enum Next {
    Outcome(Outcome),
    Question(Question),
}

impl Mux {
    /// Makes a modern client's call with `send`; if something is asked meanwhile, the call is parked, and the outcome is
    /// a request for input.
    pub(super) async fn park_if_asked(
        &self,
        departure: Departure,
        flight: Flight,
        send: impl FnOnce(Flight) -> Pending<'static, Outcome>,
    ) -> Outcome {
        let Departure { routed, raised, passage } = departure;
        let (driver, asked) = Driver::new(Arc::clone(&routed.call.client), flight.peer);
        let flight = Flight { peer: Some(Arc::clone(&driver) as _), progress: flight.progress };
        let parked = Parked {
            underway: Underway::Driven(send(flight)),
            driver,
            asked,
            open: BTreeMap::new(),
            count: 0,
            of: (routed.call.method, routed.to.clone()),
            until: Instant::now(),
            _raised: raised,
            passage,
        };
        self.drive(parked, &routed.call).await
    }

    /// The client of a parked call is back.
    pub(super) async fn unpark(
        &self,
        id: &str,
        call: Call,
        responses: Option<Raw>,
        flight: Flight,
    ) -> Outcome {
        // A call that is not found any more is no reason to read on, and one that is must not be lost to a mistake.
        let responses = match responses.as_ref().map(Raw::object) {
            None => Object::default(),
            Some(Ok(responses)) => responses,
            Some(Err(error)) => {
                let why = format!("`params.inputResponses` must be an object: {error}");
                return Err(Fault::new(Kind::InvalidParams, why));
            }
        };
        let mut parked = self.parking.lock().remove(id).ok_or_else(super::not_ours)?;
        let of = parked.of.clone();
        // What was permitted once need not be by now; then it ends here, and so at its backend.
        if let Some(Err(fault)) = parked.passage.as_ref().map(policy::again) {
            return ended(parked.passage.take(), Err(fault));
        }
        parked.driver.listen(flight.peer);
        for member in responses.iter() {
            if let Some(question) = parked.open.remove(member.key.as_str()) {
                // A backend that has taken its question back does not mind.
                let _ = question.answer.send(Body::Result(member.value.clone()));
            }
        }
        let outcome = self.drive(parked, &call).await;
        outcome.map(|answer| links::outgoing(&self.shared, of.0, &of.1, answer))
    }

    /// Drives a call to its outcome, or until its backend asks something.
    async fn drive(&self, mut parked: Parked, call: &Call) -> Outcome {
        parked.open.retain(|_, question| !question.answer.is_closed());
        while parked.open.is_empty() {
            match parked.next().await {
                Next::Outcome(outcome) => {
                    return self.arrive(parked, call, outcome);
                }
                Next::Question(question) => parked.take_in(question),
            }
        }
        // Backends that ask several things at once do it in several messages; one may also go on without an answer.
        while let Ok(next) = timeout(TOGETHER, parked.next()).await {
            match next {
                Next::Outcome(outcome) => {
                    return self.arrive(parked, call, outcome);
                }
                Next::Question(question) => parked.take_in(question),
            }
        }
        self.park(parked, call)
    }

    /// The call has its outcome.
    fn arrive(&self, mut parked: Parked, call: &Call, outcome: Outcome) -> Outcome {
        let passage = parked.passage.take();
        let outcome = outcome.and_then(|answer| self.relay(call, passage.as_ref(), answer));
        ended(passage, outcome)
    }

    fn park(&self, mut parked: Parked, call: &Call) -> Outcome {
        let id = self.seal.random_id()?;
        let original = parked.passage.as_ref().map_or(call, |passage| passage.original(call));
        let state = self.seal.close(original, State::Parked(id.clone()), Vec::new())?;
        let requests = parked.requests();
        let mut places = self.parking.lock();
        let bound = self.limits.parked;
        if places.len() >= bound {
            drop(places);
            // It was delivered, so this is no `Overloaded`, after which trying again is safe.
            let backend = &parked.of.1.backend;
            let why = format!(
                "backend `{backend}` asks the client something, and {bound} calls wait for their clients' answers already; see `limits.parked`"
            );
            let fault = Fault::at(backend, Kind::ClientDidNotAnswer, why);
            return ended(parked.passage.take(), Err(fault));
        }
        parked.driver.listen(None);
        parked.until = Instant::now() + self.limits.parked_time;
        parked.underway = match parked.underway {
            Underway::Driven(future) => {
                Underway::Alone(AbortOnDropHandle::new(tokio::spawn(future)))
            }
            alone @ Underway::Alone(_) => alone,
        };
        places.insert(id, parked);
        drop(places);
        self.parking.parked.notify_one();
        Ok(super::ask_for(&requests, &state))
    }
}

impl Parked {
    async fn next(&mut self) -> Next {
        let Self { underway, asked, of, .. } = self;
        let outcome = async {
            match underway {
                Underway::Driven(future) => future.await,
                Underway::Alone(task) => task.await.unwrap_or_else(|_| {
                    let why = format!("the call at `{}` was given up", of.1.backend);
                    Err(Fault::at(&of.1.backend, Kind::OutcomeUnknown, why))
                }),
            }
        };
        tokio::select! {
            biased;
            Some(question) = asked.recv() => Next::Question(question),
            outcome = outcome => Next::Outcome(outcome),
        }
    }

    fn take_in(&mut self, question: Question) {
        self.count += 1;
        self.open.insert(format!("ask-{}", self.count), question);
    }

    /// What is open, as a request for input.
    fn requests(&self) -> Object {
        let mut requests = Object::default();
        for (key, Question { ask, .. }) in &self.open {
            let mut request = Object::default();
            request.set("method", Raw::string(&ask.method));
            // Only a root listing has none, and a modern one may have none as well.
            if let Some(params) = &ask.params {
                request.set("params", params.clone());
            }
            requests.set(key, request.to_raw());
        }
        requests
    }
}

impl Parking {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Parked>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up calls when their lifetime is over. Never ends.
    pub(crate) async fn sweep(&self) -> Infallible {
        loop {
            let next = self.lock().values().map(|parked| parked.until).min();
            match next {
                Some(next) => sleep_until(next).await,
                None => self.parked.notified().await,
            }
            let over = self.take_over(Instant::now());
            if !over.is_empty() {
                let count = over.len();
                tracing::info!(count, "parked calls whose clients did not come back were given up");
            }
        }
    }

    fn take_over(&self, now: Instant) -> Vec<Parked> {
        let mut places = self.lock();
        let over = places.iter().filter(|(_, parked)| parked.until <= now);
        let over: Vec<String> = over.map(|(id, _)| id.clone()).collect();
        over.iter().filter_map(|id| places.remove(id)).collect()
    }

    /// Gives up all calls.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }
}

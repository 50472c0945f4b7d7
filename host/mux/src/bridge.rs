//! Between the eras while a call is under way: what a backend asks meanwhile, in its client's terms.
//!
//! | client | backend | it asks | what happens |
//! |---|---|---|---|
//! | legacy | legacy | with a request | the client is asked with a request, through the flight's peer |
//! | modern | legacy | with a request | the call is parked ([`parking`]), the client gets `input_required` and comes back |
//! | legacy | modern | with a result | the client is asked with requests, and the call is made again ([`inputs`]) |
//! | modern | modern | with a result | the result is passed on, its state sealed ([`seal`]); so is the retry |
//!
//! A legacy backend's error that a URL has to be visited first (-32042) becomes a request for input as well ([`visit`]).

mod driving;
mod inputs;
mod parking;
mod seal;
mod visit;

use mcpmux_core::call::{Answer, Body, Call, Final, Method, NamedBy, Outcome, Permitted, Routed};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::{Ruling, Undecided};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::Pending;

use crate::Mux;
use crate::links::Renaming;
use crate::policy::{self, Passage, ended};
use crate::seats::Raised;
use crate::view::Placed;
use parking::Departure;
pub(crate) use parking::Parking;
pub(crate) use seal::Seal;
use seal::State;

/// The members of a retry (2026-07-28, `InputResponseRequestParams`).
pub(crate) const STATE: &str = "requestState";
const RESPONSES: &str = "inputResponses";
/// The members of a request for input (2026-07-28, `InputRequiredResult`).
pub(crate) const REQUESTS: &str = "inputRequests";
pub(crate) const RESULT_TYPE: &str = "resultType";
pub(crate) const INPUT_REQUIRED: &str = "input_required";

/// Whether a modern client continues an earlier request of its own.
pub(crate) fn comes_back(call: &Call) -> bool {
    call.client.era() == Era::Modern && call.params.get(STATE).is_some()
}

/// Whether a member of `params` is what such a client comes back with.
pub(crate) fn brings_back(method: Method, key: &str) -> bool {
    method.may_need_input() && [STATE, RESPONSES].contains(&key)
}

impl Mux {
    /// Rooms 4 and 5, in the way that the two eras need.
    pub(crate) async fn across(
        &self,
        mut routed: Routed,
        placed: &Placed,
        flight: Flight,
        passage: Option<Passage>,
    ) -> Outcome {
        let flight = with_tasks(&routed, flight);
        let (client, method) = (routed.call.client.era(), routed.call.method);
        if client == Era::Legacy && placed.era() != Some(Era::Legacy) && method.may_need_input() {
            // These mean something to the backend, and a legacy client has them from nobody.
            routed.call.params.take(RESPONSES);
            routed.call.params.take(STATE);
        }
        let permitted = match policy::rule(passage.as_ref(), Final::new(routed)) {
            Ok(Ruling::Permitted(permitted, _)) => permitted,
            Ok(Ruling::Undecided(undecided)) => {
                let can = client == Era::Legacy || method.may_need_input();
                match (passage, policy::cannot_ask(&undecided, can)) {
                    (Some(passage), None) if client == Era::Modern => {
                        return self.park_until_agreed(undecided, placed, flight, passage).await;
                    }
                    (Some(passage), None) => {
                        return self.ask_first(undecided, placed, flight, passage).await;
                    }
                    (passage, Some(fault)) => return ended(passage, Err(fault)),
                    // Only plugins ask, and a call that meets any has a passage.
                    (None, None) => return Err(not_ours()),
                }
            }
            Err(fault) => return ended(passage, Err(fault)),
        };
        self.deliver(permitted, placed, flight, passage).await
    }

    /// Asks the person at a legacy client, then goes on.
    async fn ask_first(
        &self,
        undecided: Undecided,
        placed: &Placed,
        flight: Flight,
        passage: Passage,
    ) -> Outcome {
        match policy::agree(passage.escort(), undecided, flight.peer.clone()).await {
            Ok(permitted) => self.deliver(permitted, placed, flight, Some(passage)).await,
            Err(fault) => ended(Some(passage), Err(fault)),
        }
    }

    /// Room 5.
    async fn deliver(
        &self,
        permitted: Permitted,
        placed: &Placed,
        flight: Flight,
        passage: Option<Passage>,
    ) -> Outcome {
        let Placed { backend, .. } = placed;
        let escort = passage.as_ref().map(Passage::escort);
        let call = &permitted.routed().call;
        let outcome = match (call.client.era(), placed.era()) {
            _ if !call.method.may_need_input() => {
                policy::send(escort, backend, permitted, flight).await
            }
            (Era::Modern, Some(Era::Modern)) => {
                let routed = permitted.share();
                let outcome = policy::send(escort, backend, permitted, flight).await;
                outcome.and_then(|answer| self.relay(&routed.call, passage.as_ref(), answer))
            }
            (Era::Modern, _) => {
                let raised = self.raised(permitted.routed());
                let departure = Departure { routed: permitted.share(), raised, passage };
                let (escort, backend) = (departure.escort(), std::sync::Arc::clone(backend));
                let send = move |flight| policy::send(escort.as_ref(), &backend, permitted, flight);
                return self.park_if_asked(departure, flight, send).await;
            }
            (Era::Legacy, Some(Era::Legacy)) => {
                policy::send(escort, backend, permitted, flight).await
            }
            (Era::Legacy, _) => {
                self.answer_inputs(permitted, backend, flight, passage.as_ref()).await
            }
        };
        ended(passage, outcome)
    }

    /// Holds a modern client's call, which nobody has sent yet, until the person there has answered.
    async fn park_until_agreed(
        &self,
        undecided: Undecided,
        placed: &Placed,
        flight: Flight,
        passage: Passage,
    ) -> Outcome {
        let routed = std::sync::Arc::new(undecided.call().routed().clone());
        let raised = match placed.era() {
            Some(Era::Modern) => None,
            _ => self.raised(&routed),
        };
        let (escort, backend) = (std::sync::Arc::clone(passage.escort()), placed.backend.clone());
        let departure = Departure { routed, raised, passage: Some(passage) };
        let send = move |flight: Flight| -> Pending<'static, Outcome> {
            Box::pin(async move {
                let permitted = policy::agree(&escort, undecided, flight.peer.clone()).await?;
                policy::send(Some(&escort), &backend, permitted, flight).await
            })
        };
        self.park_if_asked(departure, flight, send).await
    }

    fn raised(&self, routed: &Routed) -> Option<Raised> {
        let Routed { call, to } = routed;
        call.level.map(|level| Raised::new(&self.seats, &to.backend, level))
    }

    /// A modern client comes back with answers: to its parked call, or to a backend.
    pub(crate) async fn resume(&self, mut call: Call, flight: Flight) -> Outcome {
        let sealed = call.params.take(STATE);
        let responses = call.params.take(RESPONSES);
        let sealed = sealed.as_ref().and_then(Raw::as_string);
        let state = sealed.and_then(|sealed| self.seal.open(&call, &sealed));
        let (state, approved) = state.ok_or_else(not_ours)?;
        match state {
            State::Parked(id) => self.unpark(&id, call, responses, flight).await,
            State::Relayed(state) => {
                if let Some(responses) = responses {
                    call.params.set(RESPONSES, responses);
                }
                if let Some(state) = state {
                    call.params.set(STATE, Raw::string(&state));
                }
                self.begin(call, flight, approved).await
            }
            State::Visited => self.begin(call, flight, approved).await,
        }
    }

    /// Seals the state in a modern backend's request for input, and turns a legacy one's -32042 into such a request.
    fn relay(&self, call: &Call, passage: Option<&Passage>, answer: Answer) -> Outcome {
        // Its client makes the call again as it made it.
        let call = passage.map_or(call, |passage| passage.original(call));
        let approved = passage.map(Passage::approved).unwrap_or_default();
        match (&answer.body, answer.era) {
            (Body::Error(error), Era::Legacy) => {
                let asked =
                    visit::required(error).map(|asked| self.ask_to_visit(call, &asked, approved));
                Ok(asked.unwrap_or(answer))
            }
            (Body::Result(result), Era::Modern) => {
                let Some(mut object) = needs_input(result) else { return Ok(answer) };
                let Some(state) = object.get(STATE) else { return Ok(answer) };
                let state = state.as_string().map(std::borrow::Cow::into_owned);
                let sealed = self.seal.close(call, State::Relayed(state), approved)?;
                object.set(STATE, Raw::string(&sealed));
                Ok(Answer { body: Body::Result(object.to_raw()), era: Era::Modern })
            }
            _ => Ok(answer),
        }
    }
}

/// What is said and asked about a task comes under the id that the client knows.
fn with_tasks(routed: &Routed, mut flight: Flight) -> Flight {
    let about_task = routed.call.method.named_by() == NamedBy::Task;
    if about_task || routed.call.params.get("task").is_some() {
        flight.peer = flight.peer.map(|peer| Renaming::before(peer, &routed.to.backend));
    }
    flight
}

/// The result's members, if it asks for input.
pub(crate) fn needs_input(result: &Raw) -> Option<Object> {
    if !policy::may_hold(result, INPUT_REQUIRED) {
        return None;
    }
    let object = result.object().ok()?;
    let kind = object.get(RESULT_TYPE)?.as_string()?;
    (kind == INPUT_REQUIRED).then(|| object.clone())
}

/// A result of ours that asks for input.
fn ask_for(requests: &Object, state: &str) -> Answer {
    let mut result = Object::default();
    result.set(RESULT_TYPE, Raw::string(INPUT_REQUIRED));
    result.set(REQUESTS, requests.to_raw());
    result.set(STATE, Raw::string(state));
    Answer { body: Body::Result(result.to_raw()), era: Era::Modern }
}

fn not_ours() -> Fault {
    let why = "`requestState` was not issued here for this request, or it has expired; start again without it";
    Fault::new(Kind::InvalidParams, why)
}

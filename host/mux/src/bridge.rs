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

use mcpmux_core::call::{Answer, Body, Call, NamedBy, Outcome, Routed};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::Flight;

use crate::Mux;
use crate::links::Renaming;
use crate::seats::Raised;
use crate::view::Placed;
pub(crate) use parking::Parking;
pub(crate) use seal::Seal;
use seal::State;

/// The members of a retry (2026-07-28, `InputResponseRequestParams`).
const STATE: &str = "requestState";
const RESPONSES: &str = "inputResponses";
/// The members of a request for input (2026-07-28, `InputRequiredResult`).
const REQUESTS: &str = "inputRequests";
const RESULT_TYPE: &str = "resultType";
const INPUT_REQUIRED: &str = "input_required";

/// Whether a modern client continues an earlier request of its own.
pub(crate) fn comes_back(call: &Call) -> bool {
    call.client.era() == Era::Modern && call.params.get(STATE).is_some()
}

impl Mux {
    /// Rooms 3 to 5, in the way that the two eras need.
    pub(crate) async fn across(&self, routed: Routed, placed: &Placed, flight: Flight) -> Outcome {
        let client = routed.call.client.era();
        let flight = with_tasks(&routed, flight);
        if !routed.call.method.may_need_input() {
            let permitted = self.permit(routed)?;
            return placed.backend.request(permitted, flight).await;
        }
        match (client, placed.era()) {
            (Era::Modern, Some(Era::Modern)) => {
                let permitted = self.permit(routed)?;
                let routed = permitted.share();
                let outcome = placed.backend.request(permitted, flight).await;
                outcome.and_then(|answer| self.relay(&routed.call, answer))
            }
            (Era::Modern, _) => {
                let permitted = self.permit(routed)?;
                let Routed { call, to } = permitted.routed();
                let raised = call.level.map(|level| Raised::new(&self.seats, &to.backend, level));
                self.park_if_asked(&placed.backend, permitted, flight, raised).await
            }
            (Era::Legacy, Some(Era::Legacy)) => {
                let permitted = self.permit(routed)?;
                placed.backend.request(permitted, flight).await
            }
            (Era::Legacy, _) => self.answer_inputs(routed, &placed.backend, flight).await,
        }
    }

    /// A modern client comes back with answers: to its parked call, or to a backend.
    pub(crate) async fn resume(&self, mut call: Call, flight: Flight) -> Outcome {
        let sealed = call.params.take(STATE);
        let responses = call.params.take(RESPONSES);
        let sealed = sealed.as_ref().and_then(Raw::as_string);
        let state = sealed.and_then(|sealed| self.seal.open(&call, &sealed));
        match state.ok_or_else(not_ours)? {
            State::Parked(id) => self.unpark(&id, call, responses, flight).await,
            State::Relayed(state) => {
                if let Some(responses) = responses {
                    call.params.set(RESPONSES, responses);
                }
                if let Some(state) = state {
                    call.params.set(STATE, Raw::string(&state));
                }
                self.begin(call, flight).await
            }
            State::Visited => self.begin(call, flight).await,
        }
    }

    /// Seals the state in a modern backend's request for input, and turns a legacy one's -32042 into such a request.
    fn relay(&self, call: &Call, answer: Answer) -> Outcome {
        match (&answer.body, answer.era) {
            (Body::Error(error), Era::Legacy) => {
                let asked = visit::required(error).map(|asked| self.ask_to_visit(call, &asked));
                Ok(asked.unwrap_or(answer))
            }
            (Body::Result(result), Era::Modern) => {
                let Some(mut object) = needs_input(result) else { return Ok(answer) };
                let Some(state) = object.get(STATE) else { return Ok(answer) };
                let state = state.as_string().map(std::borrow::Cow::into_owned);
                let sealed = self.seal.close(call, &State::Relayed(state))?;
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
fn needs_input(result: &Raw) -> Option<Object> {
    memchr::memmem::find(result.as_bytes(), INPUT_REQUIRED.as_bytes())?;
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

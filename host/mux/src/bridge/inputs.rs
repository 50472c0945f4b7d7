//! A modern backend's request for input, put to a legacy client: it is asked with requests, then the call is made again.

use std::sync::Arc;

use mcpmux_core::call::{Answer, Body, Final, Outcome, Permitted, Routed};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::Ruling;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::{Ask, Flight, Peer};
use mcpmux_core::ports::Backend;
use tokio::task::JoinSet;

use super::{REQUESTS, RESPONSES, STATE, needs_input};
use crate::Mux;
use crate::policy::{self, Passage};

/// How often a backend may ask during one call.
const ROUNDS: usize = 16;

impl Mux {
    /// Makes the call, and again with the client's answers for as long as the backend asks.
    pub(super) async fn answer_inputs(
        &self,
        mut permitted: Permitted,
        backend: &Arc<dyn Backend>,
        flight: Flight,
        passage: Option<&Passage>,
    ) -> Outcome {
        let escort = passage.map(Passage::escort);
        for _ in 0..ROUNDS {
            let routed = permitted.share();
            let answer = policy::send(escort, backend, permitted, flight.clone()).await?;
            let Some(asked) = input_of(&answer) else { return Ok(answer) };
            let responses = ask_all(&routed, &asked, flight.peer.as_ref()).await?;
            let mut next = Arc::unwrap_or_clone(routed);
            let params = &mut next.call.params;
            params.set(RESPONSES, responses.to_raw());
            params.take(STATE);
            if let Some(state) = asked.get(STATE) {
                params.set(STATE, state.clone());
            }
            permitted = match policy::rule(passage, Final::new(next))? {
                Ruling::Permitted(permitted, _) => permitted,
                Ruling::Undecided(undecided) => match escort {
                    Some(escort) => policy::agree(escort, undecided, flight.peer.clone()).await?,
                    None => return Err(super::not_ours()),
                },
            };
        }
        let backend = backend.name();
        let why = format!("backend `{backend}` asked for input {ROUNDS} times in one call");
        Err(Fault::at(backend, Kind::BackendProtocolError, why))
    }
}

fn input_of(answer: &Answer) -> Option<Object> {
    match (&answer.body, answer.era) {
        (Body::Result(result), Era::Modern) => needs_input(result),
        _ => None,
    }
}

/// Asks everything at once, and gathers the answers under the backend's keys.
async fn ask_all(
    routed: &Routed,
    asked: &Object,
    peer: Option<&Arc<dyn Peer>>,
) -> Result<Object, Fault> {
    let backend = &routed.to.backend;
    let requests = match asked.get(REQUESTS).map(Raw::object) {
        None => Object::default(),
        Some(Ok(requests)) => requests,
        Some(Err(error)) => {
            let why =
                format!("backend `{backend}` asks for input in a way that is not MCP: {error}");
            return Err(Fault::at(backend, Kind::BackendProtocolError, why));
        }
    };
    // Nobody is asked anything if not everything can be asked.
    let mut asks = Vec::new();
    for member in requests.iter() {
        let key = member.key.as_str().to_owned();
        let ask = read(&member.value).ok_or_else(|| {
            let why = format!("backend `{backend}` asks for input `{key}` without a method");
            Fault::at(backend, Kind::BackendProtocolError, why)
        })?;
        let lacks = routed.call.client.lacks(&ask.method, ask.params.as_ref());
        let peer =
            peer.filter(|_| lacks.is_none()).ok_or_else(|| cannot(backend, &ask.method, lacks))?;
        asks.push((key, ask, peer));
    }
    let mut asking = JoinSet::new();
    for (key, ask, peer) in asks {
        let (method, answer) = (ask.method.clone(), peer.ask(ask));
        asking.spawn(async move { (key, method, answer.await) });
    }
    let mut responses = Object::default();
    while let Some(answered) = asking.join_next().await {
        let (key, method, answer) = answered
            .map_err(|_| Fault::at(backend, Kind::ClientDidNotAnswer, "the question was lost"))?;
        responses.set(&key, result_of(backend, &method, answer)?);
    }
    Ok(responses)
}

/// One of the requests, as a legacy client knows it.
fn read(request: &Raw) -> Option<Ask> {
    let mut request = request.object().ok()?;
    let method = request.take("method")?.as_string()?.into_owned();
    let params = request.take("params").map(|params| with_id(&method, params));
    Some(Ask { method, params, report: None })
}

/// What is to be visited has an id in the legacy era (2025-11-25, `ElicitRequestURLParams`).
fn with_id(method: &str, params: Raw) -> Raw {
    let Ok(mut object) = params.object() else { return params };
    let by_url = object.get("mode").and_then(Raw::as_string).as_deref() == Some("url");
    if method != "elicitation/create" || !by_url || object.get("elicitationId").is_some() {
        return params;
    }
    object.set("elicitationId", Raw::string(&format!("mcpmux-{:016x}", fastrand::u64(..))));
    object.to_raw()
}

fn result_of(backend: &BackendName, method: &str, answer: Body) -> Result<Raw, Fault> {
    match answer {
        Body::Result(result) => Ok(result),
        // A form that could not be shown was not filled in.
        Body::Error(_) if method == "elicitation/create" => {
            Ok(Raw::literal(r#"{"action":"cancel"}"#))
        }
        Body::Error(error) => {
            let message = error
                .object()
                .ok()
                .and_then(|error| Some(error.get("message")?.as_string()?.into_owned()));
            let why = format!(
                "backend `{backend}` asked the client for `{method}`, and the client answered with an error: {}",
                message.as_deref().unwrap_or("it says no more")
            );
            Err(Fault::at(backend, Kind::ClientDidNotAnswer, why))
        }
    }
}

fn cannot(backend: &BackendName, method: &str, lacks: Option<&str>) -> Fault {
    let why = match lacks {
        Some(lacks) => format!("the client does not declare the capability `{lacks}`"),
        None => "the client cannot be asked on this connection".to_owned(),
    };
    let why = format!("backend `{backend}` asks the client for `{method}`, and {why}");
    Fault::at(backend, Kind::ClientDidNotAnswer, why)
}

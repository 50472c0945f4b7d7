//! A legacy backend's error that a URL has to be visited first, as a modern client can be asked to.

use mcpmux_core::call::{Answer, Body, Call};
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};

use super::State;
use crate::Mux;

/// 2025-11-25, client/elicitation, URL elicitation required error; it must not be sent in the modern era.
const URL_ELICITATION_REQUIRED: i64 = -32042;
/// 2026-07-28, `MissingRequiredClientCapabilityError`.
const MISSING_CAPABILITY: i64 = -32021;

/// What is to be visited, if the error says so.
pub(super) fn required(error: &Raw) -> Option<Vec<Object>> {
    let error = error.object().ok()?;
    if error.get("code")?.read::<i64>().ok()? != URL_ELICITATION_REQUIRED {
        return None;
    }
    let elicitations = error.get("data")?.object().ok()?.get("elicitations")?.elements().ok()?;
    let asked: Vec<Object> =
        elicitations.iter().map(|elicitation| elicitation.object().ok()).collect::<Option<_>>()?;
    // Without anything to visit, the client would be back at once, and again.
    (!asked.is_empty()).then_some(asked)
}

impl Mux {
    /// Asks a modern client to visit these; one that cannot be asked reads which capability it lacks.
    pub(super) fn ask_to_visit(
        &self,
        call: &Call,
        asked: &[Object],
        approved: Vec<String>,
    ) -> Answer {
        let mut requests = Object::default();
        for (at, params) in asked.iter().enumerate() {
            let params = params.to_raw();
            if call.client.lacks("elicitation/create", Some(&params)).is_some() {
                return lacking();
            }
            let mut request = Object::default();
            request.set("method", Raw::literal("\"elicitation/create\""));
            request.set("params", params);
            requests.set(&format!("visit-{}", at + 1), request.to_raw());
        }
        match self.seal.close(call, State::Visited, approved) {
            Ok(state) => super::ask_for(&requests, &state),
            Err(_) => lacking(),
        }
    }
}

fn lacking() -> Answer {
    let mut error = Object::default();
    error.set("code", Raw::of(&MISSING_CAPABILITY));
    error.set("message", Raw::literal("\"the backend needs its user to visit a URL first\""));
    error.set("data", Raw::literal(r#"{"requiredCapabilities":{"elicitation":{"url":{}}}}"#));
    Answer { body: Body::Error(error.to_raw()), era: Era::Modern }
}

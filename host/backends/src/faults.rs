//! The faults of this floor, each worded in one place; which one applies is decided where it happens.

use std::fmt::Display;
use std::time::Duration;

use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::names::BackendName;

/// 1001: it is not there, and the call did not reach it.
pub(crate) fn unavailable(backend: &BackendName, why: impl Display) -> Fault {
    let public = format!("backend `{backend}` is not connected; it is being retried");
    Fault::at(backend, Kind::BackendUnavailable, public).because(why)
}

/// 1001: it is being taken away.
pub(crate) fn stopped(backend: &BackendName) -> Fault {
    let public = format!("backend `{backend}` is being stopped");
    Fault::at(backend, Kind::BackendUnavailable, public)
}

/// 1002: it went away with the call.
pub(crate) fn outcome_unknown(backend: &BackendName, why: impl Display) -> Fault {
    let public = format!(
        "backend `{backend}` went away before it answered; the call may or may not have had its effect"
    );
    Fault::at(backend, Kind::OutcomeUnknown, public).because(why)
}

/// 1003: no answer in time.
pub(crate) fn timeout(backend: &BackendName, after: Duration) -> Fault {
    let public = format!("backend `{backend}` did not answer within {after:?}");
    Fault::at(backend, Kind::Timeout, public)
}

/// 1004: too many calls wait already.
pub(crate) fn overloaded(backend: &BackendName) -> Fault {
    let public = format!("backend `{backend}` has too many calls under way; try again later");
    Fault::at(backend, Kind::Overloaded, public)
}

/// 1005: the answer is over the limit.
pub(crate) fn too_large(backend: &BackendName, limit: usize) -> Fault {
    let public = format!("the answer of backend `{backend}` is larger than {limit} bytes");
    Fault::at(backend, Kind::ResponseTooLarge, public)
}

/// 1007: what it answered is not MCP.
pub(crate) fn protocol(backend: &BackendName, what: impl Display) -> Fault {
    let public = format!("backend `{backend}` answered with something that is not MCP: {what}");
    Fault::at(backend, Kind::BackendProtocolError, public)
}

/// 1008: it does not accept what we show it.
pub(crate) fn auth_required(backend: &BackendName, status: u16) -> Fault {
    let public =
        format!("backend `{backend}` wants a login: it answered with HTTP status {status}");
    Fault::at(backend, Kind::AuthRequired, public)
}

/// -32601: its resources cannot be subscribed to.
pub(crate) fn cannot_subscribe(backend: &BackendName) -> Fault {
    let public = format!("the resources of backend `{backend}` cannot be subscribed to");
    Fault::at(backend, Kind::MethodNotFound, public)
}

/// -32602: this resource cannot be subscribed to.
pub(crate) fn not_subscribed(backend: &BackendName, uri: &str) -> Fault {
    let public = format!("backend `{backend}` does not tell when the resource changes: {uri}");
    Fault::at(backend, Kind::InvalidParams, public)
}

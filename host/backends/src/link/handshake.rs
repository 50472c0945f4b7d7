//! Shaking hands over a line link: which era the backend speaks, and what it says of itself.

use std::pin::pin;
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::era::Era;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_protocol::names::{DISCOVER, INITIALIZE, INITIALIZED};
use mcpmux_protocol::probe::{self, Finding};
use mcpmux_protocol::write;
use tokio::time::timeout;

use super::Hello;
use super::lines::{LineLink, Lost};
use crate::faults;

/// How long an answer to `server/discover` is waited for before `initialize` is tried beside it.
const PROBE: Duration = Duration::from_secs(2);

/// Finds the era and says hello in it. The caller bounds the time.
pub(crate) async fn shake(link: &LineLink, known: Option<Era>) -> Result<Hello, Fault> {
    let hello =
        if known == Some(Era::Legacy) { initialize(link).await } else { find_out(link).await }?;
    link.speaks(hello.revision);
    if hello.revision.era() == Era::Legacy {
        link.post(write::notification(INITIALIZED, None));
    }
    Ok(hello)
}

async fn find_out(link: &LineLink) -> Result<Hello, Fault> {
    let params = probe::discover_params();
    let mut discover = pin!(link.exchange_own(DISCOVER, &params, false));
    if let Ok(answer) = timeout(PROBE, discover.as_mut()).await {
        let body = answer.map_err(|lost| lost_fault(link, lost))?;
        return match judged(&link.name, &body)? {
            Some(hello) => Ok(hello),
            None => initialize(link).await,
        };
    }
    let mut greeting = pin!(initialize(link));
    tokio::select! {
        // A backend of both eras that was slow to start answers both at once; the modern answer counts.
        biased;
        late = discover.as_mut() => {
            if let Ok(body) = late && let Some(hello) = judged(&link.name, &body)? {
                return Ok(hello);
            }
            greeting.await
        }
        hello = greeting.as_mut() => match hello {
            Ok(hello) => Ok(hello),
            // A slow modern backend refuses `initialize`, and its other answer is still to come.
            Err(refused) if link.closing.is_closed() => Err(refused),
            Err(refused) => match discover.await {
                Ok(body) => judged(&link.name, &body)?.ok_or(refused),
                Err(_) => Err(refused),
            },
        },
    }
}

/// What the answer to `server/discover` makes of a backend; `None`: it is legacy.
pub(crate) fn judged(name: &BackendName, body: &Body) -> Result<Option<Hello>, Fault> {
    match (probe::judge(body), body) {
        (Finding::Modern(revision), Body::Result(result)) => {
            Ok(Some(Hello::read(revision, result)))
        }
        (Finding::Modern(revision), Body::Error(_)) => {
            Ok(Some(Hello { revision, info: None, capabilities: None }))
        }
        (Finding::TooNew(versions), _) => Err(faults::protocol(
            name,
            format!("it speaks only {versions:?}, which mcpmux does not"),
        )),
        (Finding::Legacy, _) => Ok(None),
    }
}

async fn initialize(link: &LineLink) -> Result<Hello, Fault> {
    let answer = link.exchange_own(INITIALIZE, &probe::initialize_params(), false).await;
    let body = answer.map_err(|lost| lost_fault(link, lost))?;
    greeted(&link.name, &body)
}

/// Reads the answer to `initialize`.
pub(crate) fn greeted(name: &BackendName, body: &Body) -> Result<Hello, Fault> {
    match body {
        Body::Result(result) => {
            let revision = probe::initialized(result).map_err(|why| faults::protocol(name, why))?;
            Ok(Hello::read(revision, result))
        }
        Body::Error(error) => match judged(name, body)? {
            Some(hello) => Ok(hello),
            None => Err(refused(name, error)),
        },
    }
}

fn refused(name: &BackendName, error: &Raw) -> Fault {
    let message = error.object().ok().and_then(|error| {
        error.get("message").and_then(Raw::as_string).map(std::borrow::Cow::into_owned)
    });
    let message = message.unwrap_or_default();
    faults::protocol(name, format!("it refuses `initialize`: {message}"))
}

fn lost_fault(link: &LineLink, lost: Lost) -> Fault {
    match lost {
        Lost::Fault(fault) => fault,
        Lost::Unsent | Lost::Unknown => {
            let ended = || faults::unavailable(&link.name, "it went away during the handshake");
            link.closing.why().cloned().unwrap_or_else(ended)
        }
    }
}

//! Shaking hands over a duplex link: which era the backend speaks, and what it says of itself.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_protocol::names::{DISCOVER, INITIALIZE, INITIALIZED};
use mcpmux_protocol::probe::{self, Finding};
use mcpmux_protocol::write;
use tokio::time::timeout;

use super::duplex::Duplex;
use super::pending::Lost;
use super::{Hello, Voice};
use crate::faults;

/// How long an answer to `server/discover` is waited for before `initialize` is tried beside it.
const PROBE: Duration = Duration::from_secs(2);
/// The same for a backend that was modern when it was last seen.
const PROBE_KNOWN: Duration = Duration::from_secs(15);

/// Finds the era and says hello in it. The caller bounds the time.
pub(crate) async fn shake(link: &Arc<Duplex>, known: Option<Era>) -> Result<Hello, Fault> {
    let hello = match known {
        Some(Era::Legacy) => match initialize(link).await {
            // It may have been replaced by a newer one.
            Err(fault) if fault.kind == Kind::BackendProtocolError => find_out(link, PROBE).await,
            greeted => greeted,
        },
        Some(Era::Modern) => find_out(link, PROBE_KNOWN).await,
        None => find_out(link, PROBE).await,
    }?;
    introduce(link, &hello).await;
    Ok(hello)
}

/// Tells the link what was found, and a legacy backend that all is well.
async fn introduce(link: &Arc<Duplex>, hello: &Hello) {
    link.hearing.met(hello);
    if hello.revision.era() == Era::Legacy {
        link.say(write::notification(INITIALIZED, None)).await;
    }
}

/// Says hello to one that is known to be legacy.
pub(crate) async fn greet(link: &Arc<Duplex>) -> Result<Hello, Fault> {
    let hello = initialize(link).await?;
    introduce(link, &hello).await;
    Ok(hello)
}

async fn find_out(link: &Arc<Duplex>, patience: Duration) -> Result<Hello, Fault> {
    let params = probe::discover_params();
    let mut discover = pin!(discover(link, &params));
    if let Ok(answer) = timeout(patience, discover.as_mut()).await {
        let body = answer.map_err(|lost| lost_fault(link, lost))?;
        return match judged(&link.hearing.name, &body)? {
            Some(hello) => Ok(hello),
            None => initialize(link).await,
        };
    }
    let mut greeting = pin!(initialize(link));
    tokio::select! {
        // A backend of both eras that was slow to start answers both at once; the modern answer counts.
        biased;
        late = discover.as_mut() => {
            if let Ok(body) = late && let Some(hello) = judged(&link.hearing.name, &body)? {
                return Ok(hello);
            }
            greeting.await
        }
        hello = greeting.as_mut() => match hello {
            Ok(hello) => Ok(Hello { conclusive: false, ..hello }),
            // A slow modern backend refuses `initialize`, and its other answer is still to come.
            Err(refused) if link.hearing.closing.is_closed() => Err(refused),
            Err(refused) => match discover.await {
                Ok(body) => judged(&link.hearing.name, &body)?.ok_or(refused),
                Err(_) => Err(refused),
            },
        },
    }
}

/// Asks what the backend is; once more if it refuses with a version that is spoken after all.
async fn discover(link: &Arc<Duplex>, params: &Raw) -> Result<Body, Lost> {
    let body = link.exchange_own(DISCOVER, params, false).await?;
    if !worth_repeating(&body) {
        return Ok(body);
    }
    link.exchange_own(DISCOVER, params, false).await
}

/// Whether this refuses `server/discover` in a way that only a modern backend does.
pub(crate) fn worth_repeating(body: &Body) -> bool {
    matches!((probe::judge(body), body), (Finding::Modern(_), Body::Error(_)))
}

/// What the answer to `server/discover` makes of a backend; `None`: it is legacy.
pub(crate) fn judged(name: &BackendName, body: &Body) -> Result<Option<Hello>, Fault> {
    match (probe::judge(body), body) {
        (Finding::Modern(revision), Body::Result(result)) => {
            Ok(Some(Hello::read(revision, result)))
        }
        (Finding::Modern(revision), Body::Error(_)) => Ok(Some(Hello::bare(revision))),
        (Finding::TooNew(versions), _) => Err(faults::protocol(
            name,
            format!("it speaks only {versions:?}, which mcpmux does not"),
        )),
        (Finding::Legacy, _) => Ok(None),
    }
}

async fn initialize(link: &Arc<Duplex>) -> Result<Hello, Fault> {
    let answer = link.exchange_own(INITIALIZE, &probe::initialize_params(), false).await;
    let body = answer.map_err(|lost| lost_fault(link, lost))?;
    greeted(&link.hearing.name, &body)
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

fn lost_fault(link: &Arc<Duplex>, lost: Lost) -> Fault {
    match lost {
        Lost::Fault(fault) => fault,
        Lost::Unsent | Lost::Refused | Lost::Unknown => {
            let name = &link.hearing.name;
            let ended = || faults::unavailable(name, "it went away during the handshake");
            link.hearing.closing.why().cloned().unwrap_or_else(ended)
        }
    }
}

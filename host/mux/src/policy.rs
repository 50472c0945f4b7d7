//! What plugins have a say in: which of them a call meets, and how each of their hooks is asked and followed.
//!
//! Reading order: [`plan`] is decided when the catalog is built, [`passage`] is one call's way past its plan,
//! [`filter`] is room 3, [`judge`] room 4, [`reply`] room 6, [`notices`] what is said and asked meanwhile, [`visible`] the
//! lists of each client, [`observers`] who hears how calls ended, [`approvals`] what people have allowed, [`scope`] what a
//! plugin may read beside a call.

mod approvals;
mod filter;
mod judge;
mod notices;
mod observers;
mod passage;
mod plan;
mod reply;
mod scope;
mod visible;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mcpmux_core::call::{Body, Method, Target};
use mcpmux_core::client::Client;
use mcpmux_core::hook::{Scope, Subject};
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, NativeName};
use mcpmux_core::peer::Ask;

use crate::view::Shared;
pub(crate) use approvals::Approvals;
pub(crate) use filter::{Filtered, filter, not_answered};
pub(crate) use judge::{again, agree, cannot_ask, rule};
pub(crate) use notices::outside;
#[cfg(test)]
pub(crate) use observers::QUEUE;
pub(crate) use observers::{Observer, Observers};
pub(crate) use passage::{Escort, Passage, ended};
pub(crate) use plan::{Plan, Plans, Post};
pub(crate) use reply::send;
pub(crate) use visible::{Sights, Visible};

/// What all calls share.
pub(crate) struct Policy {
    last: AtomicU64,
    pub(crate) scope: Arc<dyn Scope>,
    pub(crate) approvals: Arc<Approvals>,
}

impl Policy {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        let approvals = Arc::new(Approvals::default());
        let scope = scope::Beside::new(Arc::clone(shared), Arc::clone(&approvals));
        Self { last: AtomicU64::new(0), scope: Arc::new(scope), approvals }
    }

    /// A backend's question outside of any call, past the response hooks: they read an empty name. Or what the backend
    /// reads instead.
    pub(crate) fn outside(
        &self,
        plan: Arc<Plan>,
        client: &Arc<Client>,
        backend: &BackendName,
        ask: Ask,
    ) -> Result<Ask, Body> {
        let Some(plan) = plan.of_client(client) else { return Ok(ask) };
        let subject = Subject {
            id: self.number(),
            method: Method::ToolsCall,
            to: Target { backend: backend.clone(), native: NativeName::new("") },
            exposed: String::new(),
            client: Arc::clone(client),
            scope: Arc::clone(&self.scope),
        };
        let escort = Escort::new(Some(plan), subject, Arc::clone(&self.approvals), Vec::new());
        notices::question(&escort, ask)
    }

    /// A number that no other call has.
    fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// What something says, and how long it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// A text of a plugin's for the log, of which it must not be able to forge a line.
fn harmless(text: &impl ToString) -> String {
    text.to_string().escape_debug().to_string()
}

/// Whether a text can hold this word: plainly, or written with escapes, which nearly no text has. What cannot need not be
/// read.
pub(crate) fn may_hold(text: &Raw, word: &str) -> bool {
    let holds = |part: &[u8]| memchr::memmem::find(text.as_bytes(), part).is_some();
    holds(word.as_bytes()) || holds(b"\\u")
}

/// A member of what a client says of itself; empty if it did not say.
fn said(client: &Client, key: &str) -> String {
    let info = client.info.as_ref().and_then(|info| info.object().ok());
    let said = info.as_ref().and_then(|info| info.get(key)).and_then(Raw::as_string);
    said.map(std::borrow::Cow::into_owned).unwrap_or_default()
}

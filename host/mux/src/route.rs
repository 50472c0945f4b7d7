//! The route of a call: lookup, filter, gate, backend. Each room takes what the one before it made.

use std::sync::Arc;

use mcpmux_core::call::{Call, Final, Flight, Outcome, Permitted, Routed};
use mcpmux_core::catalog::Entry;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::gate::{permit, unknown_tool};
use mcpmux_core::ports::Backend;

use crate::Mux;

impl Mux {
    /// Takes a call from the door to its backend and its outcome back. Dropping the future cancels it.
    pub async fn call(&self, call: Call, flight: Flight) -> Outcome {
        let (routed, backend) = self.lookup(call).await?;
        let permitted = self.gate(filter(routed))?;
        let entry = Arc::clone(&permitted.routed().entry);
        let started = tracing::enabled!(tracing::Level::DEBUG).then(std::time::Instant::now);
        let outcome = backend.request(permitted, flight).await;
        if let Some(started) = started {
            log(&entry, &outcome, started.elapsed());
        }
        outcome
    }

    /// Room 2: a map look-up. A name that is not there may be one of a backend that is still starting.
    async fn lookup(&self, call: Call) -> Result<(Routed, Arc<dyn Backend>), Fault> {
        let mut found = self.find(&call.name);
        if found.is_none() && !self.shared.is_settled() {
            self.shared.settled(self.limits.list_wait).await;
            found = self.find(&call.name);
        }
        match found {
            Some((entry, backend)) => Ok((Routed { call, entry }, backend)),
            None => Err(unknown_tool(&call.name)),
        }
    }

    fn find(&self, name: &str) -> Option<(Arc<Entry>, Arc<dyn Backend>)> {
        self.shared.read(|view| {
            let entry = view.catalog.tool(name)?;
            let backend = view.backends.get(&entry.backend)?;
            Some((Arc::clone(entry), Arc::clone(backend)))
        })
    }

    /// Room 4.
    fn gate(&self, call: Final) -> Result<Permitted, Fault> {
        permit(call, &self.authorizers).inspect_err(|fault| {
            if fault.kind == Kind::InvalidParams {
                tracing::info!("call denied: {fault}");
            }
        })
    }
}

/// Room 3: no interface of `wit/` lets a plugin change a call yet, so what comes in goes on as it is.
const fn filter(routed: Routed) -> Final {
    Final::new(routed)
}

fn log(entry: &Entry, outcome: &Outcome, took: std::time::Duration) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let (backend, tool) = (&entry.backend, &entry.native);
    match outcome {
        Ok(_) => tracing::debug!(%backend, %tool, micros, "call answered"),
        Err(fault) => {
            tracing::debug!(%backend, %tool, micros, code = fault.kind.code(), "call failed: {fault}")
        }
    }
}

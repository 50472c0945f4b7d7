//! Version 0.1 of the contract in `wit/`, which is frozen: its bindings, what the host offered, and its hooks in
//! the words of today.

pub(crate) mod bindings;
mod catalog;
mod host;

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::live::Live;
use crate::state::State;
use bindings::exports::mcpmux::plugin as exports;

pub(crate) use catalog::Catalog;
pub(crate) use host::link;

/// What a component exports.
#[derive(Default)]
pub(crate) struct Indices {
    lifecycle: Option<exports::lifecycle::GuestIndices>,
    catalog: Option<exports::catalog::GuestIndices>,
}

/// What an instance exports.
pub(crate) struct Guests {
    lifecycle: Option<exports::lifecycle::Guest>,
    catalog: Option<exports::catalog::Guest>,
}

impl Indices {
    /// Looks these hooks up; the error is about a missing function or another type.
    pub(crate) fn new(pre: &InstancePre<State>, hooks: &[&str]) -> wasmtime::Result<Self> {
        let mut found = Self::default();
        if hooks.contains(&"lifecycle") {
            found.lifecycle = Some(exports::lifecycle::GuestIndices::new(pre)?);
        }
        if hooks.contains(&"catalog") {
            found.catalog = Some(exports::catalog::GuestIndices::new(pre)?);
        }
        Ok(found)
    }

    /// Those of an instance.
    pub(crate) fn load(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Guests> {
        let lifecycle = self.lifecycle.as_ref().map(|found| found.load(&mut *store, instance));
        let catalog = self.catalog.as_ref().map(|found| found.load(&mut *store, instance));
        Ok(Guests { lifecycle: lifecycle.transpose()?, catalog: catalog.transpose()? })
    }
}

/// Starts an instance; the inner error is its own, about the configuration.
pub(crate) async fn init(live: &mut Live, config: &str) -> wasmtime::Result<Result<(), String>> {
    match &live.guests.v0_1()?.lifecycle {
        Some(guest) => guest.call_init(&mut live.store, config).await,
        None => Ok(Ok(())),
    }
}

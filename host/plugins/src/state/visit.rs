//! What one call of a plugin may read and do, and how much of it is left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcpmux_core::catalog::Definition;
use mcpmux_core::client::Client;
use mcpmux_core::hook::{Scope, Subject};
use mcpmux_core::json::Raw;
use mcpmux_core::json::pointer::{Ambiguous, Pointer};

use crate::cause;
use crate::limits::{Allowance, Step};

/// Bytes of a document above which a plugin may run out of time or memory without counting as broken.
const LARGE: usize = 64 << 10;

/// The call under way.
pub(crate) struct Visit {
    step: Step,
    allowance: Allowance,
    calls_left: u32,
    since: Instant,
    around: Around,
    excused: bool,
    large: bool,
}

/// What a call is shown beside its arguments.
#[derive(Default)]
pub(crate) struct Around {
    document: Option<Raw>,
    definitions: Vec<Shown>,
    scope: Option<(Arc<dyn Scope>, Arc<Client>)>,
}

/// A definition, turned into one text when it is first looked at.
enum Shown {
    Definition(Definition),
    Text(Raw),
}

impl Around {
    /// A call of a client, with what it is about.
    pub(crate) fn call(subject: &Subject, document: &Raw) -> Self {
        let scope = Some((Arc::clone(&subject.scope), Arc::clone(&subject.client)));
        Self { document: Some(document.clone()), definitions: Vec::new(), scope }
    }

    /// Something else that is about a document.
    pub(crate) fn document(document: &Raw) -> Self {
        Self { document: Some(document.clone()), ..Self::default() }
    }

    /// The building of a catalog.
    pub(crate) fn definitions<'a>(definitions: impl Iterator<Item = &'a Definition>) -> Self {
        let definitions = definitions.cloned().map(Shown::Definition).collect();
        Self { definitions, ..Self::default() }
    }
}

impl Default for Visit {
    fn default() -> Self {
        let (time, output, host_calls) = (Duration::ZERO, 0, 0);
        let allowance = Allowance { time, output, host_calls };
        Self::new(Step::Describe, allowance, Around::default())
    }
}

impl Visit {
    /// Begins one.
    pub(crate) fn new(step: Step, allowance: Allowance, around: Around) -> Self {
        let calls_left = allowance.host_calls;
        let large =
            around.document.as_ref().is_some_and(|document| document.as_bytes().len() > LARGE);
        Self { step, allowance, calls_left, since: Instant::now(), around, excused: false, large }
    }

    /// What the plugin is called for.
    pub(crate) const fn step(&self) -> Step {
        self.step
    }

    /// What the call may take.
    pub(crate) const fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// How much of its time is left.
    pub(crate) fn left(&self) -> Duration {
        self.allowance.time.saturating_sub(self.since.elapsed())
    }

    /// Whether what ended it was not the plugin's fault.
    pub(crate) const fn excused(&self) -> bool {
        self.excused
    }

    /// Whether its document is so large that running out of time or memory is not the plugin's fault.
    pub(crate) const fn is_large(&self) -> bool {
        self.large
    }

    /// Forgets what the call was about.
    pub(crate) fn end(&mut self) {
        self.around = Around::default();
    }

    /// Counts a call of the host.
    ///
    /// # Errors
    /// If it was one too many.
    pub(crate) fn charge(&mut self) -> wasmtime::Result<()> {
        match self.calls_left.checked_sub(1) {
            Some(left) => self.calls_left = left,
            None => wasmtime::bail!(
                "it called the host more than {} times and was stopped",
                self.allowance.host_calls
            ),
        }
        Ok(())
    }

    /// Counts a call of the host that may take long, which one with many pointers could go on with for ever.
    pub(crate) fn charge_timed(&mut self) -> wasmtime::Result<()> {
        self.charge()?;
        if self.left().is_zero() {
            self.excused |= self.large;
            wasmtime::bail!("{}", cause::too_long(self.allowance.time));
        }
        Ok(())
    }

    /// The document it is shown.
    pub(crate) fn document(&self) -> wasmtime::Result<&Raw> {
        match &self.around.document {
            Some(document) => Ok(document),
            None => wasmtime::bail!("it asked for a document in a hook that has none"),
        }
    }

    /// The value at a pointer in the document.
    pub(crate) fn get(&mut self, at: &str) -> wasmtime::Result<Option<Raw>> {
        self.charge_timed()?;
        let pointer = pointer(at)?;
        let found = self.document()?.at(&pointer);
        found.map_err(|ambiguous| self.excuse(&ambiguous))
    }

    /// The value at a pointer in the definition at an index.
    pub(crate) fn definition(&mut self, index: u32, at: &str) -> wasmtime::Result<Option<Raw>> {
        self.charge_timed()?;
        let pointer = pointer(at)?;
        let count = self.around.definitions.len();
        let Some(shown) = self.around.definitions.get_mut(index as usize) else {
            wasmtime::bail!("it asked for definition {index} of {count}");
        };
        let text = match shown {
            Shown::Text(text) => text.clone(),
            Shown::Definition(definition) => {
                let text = definition.under(definition.name().as_str());
                *shown = Shown::Text(text.clone());
                text
            }
        };
        text.at(&pointer).map_err(|ambiguous| self.excuse(&ambiguous))
    }

    /// The catalog and approvals, if a client's call is under way.
    pub(crate) fn scope(&self) -> Option<(Arc<dyn Scope>, Arc<Client>)> {
        self.around.scope.clone()
    }

    fn excuse(&mut self, ambiguous: &Ambiguous) -> wasmtime::Error {
        self.excused = true;
        wasmtime::format_err!("{ambiguous}, so what it means cannot be told")
    }
}

fn pointer(at: &str) -> wasmtime::Result<Pointer> {
    Pointer::parse(at).map_err(|error| wasmtime::format_err!("{error}"))
}

//! Documents and definitions, which stay in the host: a guest holds a handle, and asks by JSON Pointer.

#![allow(unreachable_pub, reason = "the bindings name the two types as public ones")]

use wasmtime::component::Resource;

use crate::state::State;
use crate::v0_2::bindings::mcpmux::plugin::types;
use crate::v0_2::convert::text;

/// The document of the call under way. There is one, so its handle need not say which: it is in the visit.
pub struct Document(());

/// The definitions that a catalog hook is shown; the same holds for them.
pub struct Definitions(());

impl Document {
    /// A handle for the time of a call.
    pub(crate) fn lend() -> Resource<Self> {
        Resource::new_borrow(0)
    }
}

impl Definitions {
    /// A handle for the time of a call.
    pub(crate) fn lend() -> Resource<Self> {
        Resource::new_borrow(0)
    }
}

impl types::Host for State {}

impl types::HostDocument for State {
    fn size(&mut self, _: Resource<Document>) -> wasmtime::Result<u32> {
        self.visit.charge()?;
        let size = self.visit.document()?.as_bytes().len();
        Ok(u32::try_from(size).unwrap_or(u32::MAX))
    }

    fn text(&mut self, _: Resource<Document>) -> wasmtime::Result<String> {
        self.visit.charge_timed()?;
        self.visit.document().map(text)
    }

    fn get(&mut self, _: Resource<Document>, at: String) -> wasmtime::Result<Option<String>> {
        Ok(self.visit.get(&at)?.as_ref().map(text))
    }

    fn get_string(
        &mut self,
        _: Resource<Document>,
        at: String,
    ) -> wasmtime::Result<Option<String>> {
        let found = self.visit.get(&at)?;
        Ok(found.and_then(|raw| Some(raw.as_string()?.into_owned())))
    }

    fn get_many(
        &mut self,
        _: Resource<Document>,
        at: Vec<String>,
    ) -> wasmtime::Result<Vec<Option<String>>> {
        // What is given back could be many times the document, for pointers may overlap; twice of it is well meant.
        let most = self.visit.document()?.as_bytes().len().saturating_mul(2);
        let most = most.max(self.visit.allowance().output);
        let mut left = most;
        let mut found = Vec::with_capacity(at.len().min(64));
        for at in at {
            let value = self.visit.get(&at)?.as_ref().map(text);
            let size = value.as_ref().map_or(0, String::len);
            match left.checked_sub(size) {
                Some(rest) => left = rest,
                None => wasmtime::bail!(
                    "it asked for more than {} in one `get-many`",
                    crate::limiter::size(most)
                ),
            }
            found.push(value);
        }
        Ok(found)
    }

    /// Guests only borrow it, so they never do this.
    fn drop(&mut self, _: Resource<Document>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl types::HostDefinitions for State {
    fn get(
        &mut self,
        _: Resource<Definitions>,
        index: u32,
        at: String,
    ) -> wasmtime::Result<Option<String>> {
        Ok(self.visit.definition(index, &at)?.as_ref().map(text))
    }

    /// Guests only borrow it, so they never do this.
    fn drop(&mut self, _: Resource<Definitions>) -> wasmtime::Result<()> {
        Ok(())
    }
}

//! What can be read beside the call under way: the catalog as its client sees it, and what people have allowed.

use mcpmux_core::hook::Seen;

use crate::state::State;
use crate::v0_2::bindings::mcpmux::plugin::types::Kind;
use crate::v0_2::bindings::mcpmux::plugin::{approvals, entries};
use crate::v0_2::convert;

impl entries::Host for State {
    fn all(&mut self) -> wasmtime::Result<Vec<entries::Entry>> {
        self.visit.charge_timed()?;
        self.rights.need("catalog")?;
        let scope = self.visit.scope();
        let all = scope.map(|(scope, client)| scope.entries(&client));
        Ok(all.iter().flat_map(|all| all.iter()).map(entry).collect())
    }

    fn definition(&mut self, kind: Kind, exposed: String) -> wasmtime::Result<Option<String>> {
        self.visit.charge_timed()?;
        self.rights.need("catalog")?;
        let scope = self.visit.scope();
        let kind = convert::kind_back(kind);
        let found = scope.and_then(|(scope, client)| scope.definition(&client, kind, &exposed));
        Ok(found.as_ref().map(convert::text))
    }
}

fn entry(seen: &Seen) -> entries::Entry {
    entries::Entry {
        kind: convert::kind(seen.kind),
        backend: seen.backend.as_str().to_owned(),
        name: seen.native.as_str().to_owned(),
        exposed: seen.exposed.as_str().to_owned(),
        title: seen.title.clone(),
        description: seen.description.clone(),
        listed: seen.listed,
    }
}

impl approvals::Host for State {
    fn remembered(&mut self, key: String) -> wasmtime::Result<bool> {
        self.visit.charge()?;
        self.rights.need("approvals")?;
        let scope = self.visit.scope();
        Ok(scope.is_some_and(|(scope, _)| scope.remembered(self.rights.plugin(), &key)))
    }

    fn forget(&mut self, key: String) -> wasmtime::Result<()> {
        self.visit.charge()?;
        self.rights.need("approvals")?;
        if let Some((scope, _)) = self.visit.scope() {
            scope.forget(self.rights.plugin(), &key);
        }
        Ok(())
    }
}

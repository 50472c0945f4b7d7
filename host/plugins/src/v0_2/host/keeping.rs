//! What a plugin keeps, and its secrets.

use std::time::Duration;

use crate::state::State;
use crate::v0_2::bindings::mcpmux::plugin::{kv, secrets};

impl kv::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.visit.charge()?;
        Ok(self.rights.need("kv")?.kv.get(&key))
    }

    fn set(
        &mut self,
        key: String,
        value: String,
        ttl_ms: Option<u32>,
    ) -> wasmtime::Result<Result<(), String>> {
        self.visit.charge()?;
        Ok(self.rights.need("kv")?.kv.set(&key, &value, ttl(ttl_ms)))
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<()> {
        self.visit.charge()?;
        self.rights.need("kv")?.kv.delete(&key);
        Ok(())
    }

    fn increment(
        &mut self,
        key: String,
        by: i64,
        ttl_ms: Option<u32>,
    ) -> wasmtime::Result<Result<i64, String>> {
        self.visit.charge()?;
        Ok(self.rights.need("kv")?.kv.increment(&key, by, ttl(ttl_ms)))
    }
}

impl secrets::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<Option<String>, String>> {
        self.visit.charge()?;
        Ok(self.rights.need("secrets")?.secrets.get(&name))
    }
}

fn ttl(millis: Option<u32>) -> Option<Duration> {
    millis.map(|millis| Duration::from_millis(millis.into()))
}

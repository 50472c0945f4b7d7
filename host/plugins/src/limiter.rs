//! How much memory a guest may have; a refused growth ends it at once, with the cause remembered.

use wasmtime::ResourceLimiter;

/// Elements of all tables of a guest; each costs a pointer.
const TABLE_ELEMENTS: usize = 200_000;
/// Core instances, memories and tables of one component; those made from Python have some 30.
const PARTS: usize = 256;

/// Bounds one store's memory, over all its linear memories together.
#[derive(Debug)]
pub(crate) struct Bounds {
    memory: Bound,
    tables: Bound,
    refused: Option<String>,
}

#[derive(Debug)]
struct Bound {
    used: usize,
    last: usize,
    limit: usize,
}

impl Bound {
    /// Accounts for a growth; `false` if it goes too far.
    fn grow(&mut self, current: usize, desired: usize) -> bool {
        self.last = desired.saturating_sub(current);
        let used = self.used.saturating_add(self.last);
        if used > self.limit {
            return false;
        }
        self.used = used;
        true
    }

    /// The growth did not happen after all.
    fn undo(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
    }
}

impl Bounds {
    /// At most this many bytes.
    pub(crate) const fn new(memory: usize) -> Self {
        Self {
            memory: Bound { used: 0, last: 0, limit: memory },
            tables: Bound { used: 0, last: 0, limit: TABLE_ELEMENTS },
            refused: None,
        }
    }

    /// The bytes it has.
    pub(crate) const fn memory(&self) -> usize {
        self.memory.used
    }

    /// What it was refused, which is why it ended.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn refuse(&mut self, what: String) -> wasmtime::Error {
        let error = wasmtime::format_err!("{what}");
        self.refused = Some(what);
        error
    }
}

impl ResourceLimiter for Bounds {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if self.memory.grow(current, desired) {
            return Ok(true);
        }
        let what = format!(
            "it wanted more memory than its limit of {} and was stopped",
            size(self.memory.limit)
        );
        Err(self.refuse(what))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.undo();
        tracing::debug!(%error, "a guest's memory could not grow");
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if self.tables.grow(current, desired) {
            return Ok(true);
        }
        let what = format!("it wanted more than {TABLE_ELEMENTS} table elements and was stopped");
        Err(self.refuse(what))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.tables.undo();
        tracing::debug!(%error, "a guest's table could not grow");
        Ok(())
    }

    fn instances(&self) -> usize {
        PARTS
    }

    fn tables(&self) -> usize {
        PARTS
    }

    fn memories(&self) -> usize {
        PARTS
    }
}

/// A number of bytes for people.
pub(crate) fn size(bytes: usize) -> String {
    const UNITS: [(usize, &str); 2] = [(1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_count_together() {
        let mut bounds = Bounds::new(128 << 10);
        assert!(bounds.memory_growing(0, 64 << 10, None).unwrap());
        assert!(bounds.memory_growing(0, 64 << 10, None).unwrap());
        assert!(bounds.memory_growing(64 << 10, 128 << 10, None).is_err());
        assert_eq!(
            bounds.refused(),
            Some("it wanted more memory than its limit of 128 KiB and was stopped")
        );
    }

    #[test]
    fn a_growth_that_failed_is_not_counted() {
        let mut bounds = Bounds::new(64 << 10);
        assert!(bounds.memory_growing(0, 64 << 10, None).unwrap());
        bounds.memory_grow_failed(wasmtime::format_err!("no")).unwrap();
        assert!(bounds.memory_growing(0, 64 << 10, None).unwrap());
    }
}

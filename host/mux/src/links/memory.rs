//! What backends handed out without listing it: who was the first to hand out a URI. Bounded; the oldest goes first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use mcpmux_core::names::BackendName;

/// How many URIs are remembered.
const KEPT: usize = 10_000;

/// The memory; its lock is held for one look-up at a time.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    owners: HashMap<String, BackendName>,
    order: VecDeque<String>,
}

impl Memory {
    /// Who handed this out first.
    pub(crate) fn owner(&self, uri: &str) -> Option<BackendName> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).owners.get(uri).cloned()
    }

    /// Notes that a backend hands this out, unless another one did before; who is the first is returned.
    pub(crate) fn claim(&self, uri: &str, backend: &BackendName) -> Option<BackendName> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = kept.owners.get(uri) {
            return Some(owner.clone());
        }
        if kept.order.len() >= KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.owners.remove(&oldest);
        }
        kept.order.push_back(uri.to_owned());
        kept.owners.insert(uri.to_owned(), backend.clone());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_owner_stays_until_its_uri_is_the_oldest() {
        let (a, b) = (BackendName::new("a").unwrap(), BackendName::new("b").unwrap());
        let memory = Memory::default();
        assert_eq!(memory.claim("x:1", &a), None);
        assert_eq!(memory.claim("x:1", &b), Some(a.clone()));
        assert_eq!(memory.owner("x:1"), Some(a));
        for at in 0..KEPT {
            memory.claim(&format!("y:{at}"), &b);
        }
        assert_eq!(memory.owner("x:1"), None);
    }
}

//! What backends handed out without listing it: who was the first to hand out a URI. Bounded; the oldest goes first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use mcpmux_core::names::BackendName;

/// How many URIs are remembered.
const KEPT: usize = 10_000;
/// The longest URI that is remembered, in bytes.
const LONGEST: usize = 4096;

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

    /// Notes that a backend hands this out, unless another one that is still there did before; who is the first is
    /// returned.
    pub(crate) fn claim(
        &self,
        uri: &str,
        backend: &BackendName,
        is_there: impl Fn(&BackendName) -> bool,
    ) -> Option<BackendName> {
        if uri.len() > LONGEST {
            return None;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = kept.owners.get_mut(uri) {
            if !is_there(owner) {
                owner.clone_from(backend);
            }
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
        assert_eq!(memory.claim("x:1", &a, |_| true), None);
        assert_eq!(memory.claim("x:1", &b, |_| true), Some(a.clone()));
        assert_eq!(memory.owner("x:1"), Some(a.clone()));
        memory.claim("x:0", &a, |_| true);
        assert_eq!(memory.claim("x:0", &b, |owner| *owner != a), Some(b.clone()));
        let long = "x".repeat(LONGEST + 1);
        memory.claim(&long, &a, |_| true);
        assert_eq!(memory.owner(&long), None);
        for at in 0..KEPT {
            memory.claim(&format!("y:{at}"), &b, |_| true);
        }
        assert_eq!(memory.owner("x:1"), None);
    }
}

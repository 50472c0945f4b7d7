//! Which lists of a backend have changed since they were last asked for.

use std::sync::atomic::{AtomicU8, Ordering};

use mcpmux_core::catalog::EntryKind;
use tokio::sync::Notify;

/// A set of kinds of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    /// Every kind.
    pub(crate) const ALL: Self = Self(0b1111);
    /// What a change of resources is about.
    pub(crate) const RESOURCES: Self = Self(0b1100);

    /// One kind.
    pub(crate) const fn one(kind: EntryKind) -> Self {
        Self(match kind {
            EntryKind::Tool => 0b0001,
            EntryKind::Prompt => 0b0010,
            EntryKind::Resource => 0b0100,
            EntryKind::Template => 0b1000,
        })
    }

    /// Whether this kind is in it.
    pub(crate) const fn has(self, kind: EntryKind) -> bool {
        self.0 & Self::one(kind).0 != 0
    }

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The changes that were heard of.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    kinds: AtomicU8,
    heard: Notify,
}

impl Changed {
    /// These may have changed.
    pub(crate) fn mark(&self, kinds: Kinds) {
        self.kinds.fetch_or(kinds.0, Ordering::AcqRel);
        self.heard.notify_one();
    }

    /// Takes what has changed so far.
    pub(crate) fn take(&self) -> Kinds {
        Kinds(self.kinds.swap(0, Ordering::AcqRel))
    }

    /// Waits until something has changed.
    pub(crate) async fn heard(&self) {
        while self.kinds.load(Ordering::Acquire) == 0 {
            self.heard.notified().await;
        }
    }
}

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

    /// What is in both.
    pub(crate) const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The changes that were heard of, and those that may have been missed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    announced: AtomicU8,
    doubted: AtomicU8,
    heard: Notify,
}

impl Changed {
    /// The backend says that these have changed.
    pub(crate) fn announce(&self, kinds: Kinds) {
        self.announced.fetch_or(kinds.0, Ordering::AcqRel);
        self.heard.notify_one();
    }

    /// These may have changed, unheard.
    pub(crate) fn doubt(&self, kinds: Kinds) {
        self.doubted.fetch_or(kinds.0, Ordering::AcqRel);
        self.heard.notify_one();
    }

    /// Takes what was announced so far, and what was doubted.
    pub(crate) fn take(&self) -> (Kinds, Kinds) {
        let take = |kinds: &AtomicU8| Kinds(kinds.swap(0, Ordering::AcqRel));
        (take(&self.announced), take(&self.doubted))
    }

    /// Waits until there is something to take.
    pub(crate) async fn heard(&self) {
        let any = |kinds: &AtomicU8| kinds.load(Ordering::Acquire) != 0;
        while !any(&self.announced) && !any(&self.doubted) {
            self.heard.notified().await;
        }
    }
}

//! What a backend said of itself when it connected, and what that means for what it is asked.

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::era::Revision;
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::meta;

/// Its greeting.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    /// The revision to speak.
    pub(crate) revision: Revision,
    /// `serverInfo`
    pub(crate) info: Option<Raw>,
    /// `capabilities`; `None` if it did not say.
    pub(crate) capabilities: Option<Object>,
    /// `instructions`
    pub(crate) instructions: Option<String>,
    /// Whether its era is beyond doubt; one that has not answered what only a modern one understands may still be
    /// modern, and slow.
    pub(crate) conclusive: bool,
}

impl Hello {
    /// Reads a result of `initialize` or `server/discover`.
    pub(crate) fn read(revision: Revision, result: &Raw) -> Self {
        let object = result.object().unwrap_or_default();
        let own = || object.get("_meta")?.object().ok()?.get(meta::SERVER_INFO).cloned();
        Self {
            revision,
            info: object.get("serverInfo").cloned().or_else(own),
            capabilities: object.get("capabilities").and_then(|raw| raw.object().ok()),
            instructions: object
                .get("instructions")
                .and_then(|raw| Some(raw.as_string()?.into_owned())),
            conclusive: true,
        }
    }

    /// Of one that answered with nothing but its revision.
    pub(crate) const fn bare(revision: Revision) -> Self {
        Self { revision, info: None, capabilities: None, instructions: None, conclusive: true }
    }

    /// Whether it has entries of this kind, as far as is known.
    pub(crate) fn has(&self, kind: EntryKind) -> bool {
        self.declares(kind.capability())
    }

    /// Whether it declared a capability, as far as is known.
    pub(crate) fn declares(&self, capability: &str) -> bool {
        self.capabilities.as_ref().is_none_or(|known| known.get(capability).is_some())
    }

    /// Whether it says when this list changes; what is not known counts as no.
    pub(crate) fn tells_changes(&self, kind: EntryKind) -> bool {
        self.flag(kind, "listChanged") == Some(true)
    }

    /// Whether its resources can be subscribed to, as far as is known.
    pub(crate) fn subscribes(&self) -> bool {
        self.capabilities.is_none() || self.flag(EntryKind::Resource, "subscribe") == Some(true)
    }

    fn flag(&self, kind: EntryKind, key: &str) -> Option<bool> {
        let capability = self.capabilities.as_ref()?.get(kind.capability())?.object().ok()?;
        capability.get(key)?.read().ok()
    }
}

//! Who sits where and wants what; a look-up at a time, nothing here waits or tells anyone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mcpmux_core::call::Target;
use mcpmux_core::client::Client;
use mcpmux_core::level::Level;
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::{Ask, Peer};
use mcpmux_core::ports::Wants;

/// One client that is there.
pub(super) struct Sitting {
    pub(super) client: Arc<Client>,
    pub(super) peer: Arc<dyn Peer>,
    /// The least severe log messages it wants, once it has said.
    pub(super) level: Option<Level>,
    /// What it subscribed to, and as what URI it knows it.
    pub(super) subscribed: HashMap<Target, String>,
}

impl Sitting {
    /// Whether this is a session, and not the subscriptions of a modern client.
    fn is_session(&self) -> bool {
        self.client.session.is_some()
    }
}

/// Who is told of an update.
pub(super) struct Subscriber {
    pub(super) client: Arc<Client>,
    pub(super) peer: Arc<dyn Peer>,
    /// The URI that the resource has for it; of a part of what it subscribed to there is none.
    pub(super) subscribed: Option<String>,
}

/// All clients, in the order in which they came.
#[derive(Default)]
pub(super) struct Table {
    next: u64,
    sitting: BTreeMap<u64, Sitting>,
    /// The log levels of modern calls under way, counted; of a backend that there was one for, an entry stays.
    raised: HashMap<BackendName, BTreeMap<Level, usize>>,
    /// Whether a session has ever said what it wants.
    spoken: bool,
}

/// What a client that has not said may expect to read; no revision says which level backends begin with.
const USUAL: Level = Level::Info;

impl Table {
    pub(super) fn add(&mut self, sitting: Sitting) -> u64 {
        self.next += 1;
        self.sitting.insert(self.next, sitting);
        self.next
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Sitting> {
        self.sitting.remove(&id)
    }

    pub(super) fn get(&self, id: u64) -> Option<&Sitting> {
        self.sitting.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Sitting> {
        self.sitting.get_mut(&id)
    }

    /// Whether anybody is subscribed to this.
    pub(super) fn is_subscribed(&self, target: &Target) -> bool {
        self.sitting.values().any(|sitting| sitting.subscribed.contains_key(target))
    }

    /// Counts a modern call's log level; whether it is the first of this level there.
    pub(super) fn raise(&mut self, backend: &BackendName, level: Level) -> bool {
        let count = self.raised.entry(backend.clone()).or_default().entry(level).or_default();
        *count += 1;
        *count == 1
    }

    /// The call has ended; whether it was the last of this level there.
    pub(super) fn lower(&mut self, backend: &BackendName, level: Level) -> bool {
        let Some(levels) = self.raised.get_mut(backend) else { return false };
        let Some(count) = levels.get_mut(&level) else { return false };
        *count = count.saturating_sub(1);
        let last = *count == 0;
        if last {
            levels.remove(&level);
        }
        last
    }

    /// A session says what it wants.
    pub(super) fn set_level(&mut self, id: u64, level: Level) {
        if let Some(sitting) = self.sitting.get_mut(&id) {
            sitting.level = Some(level);
            self.spoken = true;
        }
    }

    /// What a client subscribed to by this URI.
    pub(super) fn known(&self, id: u64, exposed: &str) -> Option<Target> {
        let subscribed = &self.sitting.get(&id)?.subscribed;
        let (target, _) = subscribed.iter().find(|(_, known)| *known == exposed)?;
        Some(target.clone())
    }

    /// All that is wanted of a backend.
    pub(super) fn wants(&self, backend: &BackendName) -> Wants {
        let targets = self.sitting.values().flat_map(|sitting| sitting.subscribed.keys());
        let uris = targets
            .filter(|target| target.backend == *backend)
            .map(|target| target.native.as_str().to_owned())
            .collect();
        Wants { uris, level: self.level(backend) }
    }

    /// The level of who wants to read most. Once anyone has said, those who have not count as well: a backend that
    /// was told to say less, or more, stays with that until it is told otherwise.
    fn level(&self, backend: &BackendName) -> Option<Level> {
        let raised = self.raised.get(backend);
        if !self.spoken && raised.is_none() {
            return None;
        }
        let sessions = self.sitting.values().filter(|sitting| sitting.is_session());
        let said = sessions.map(|sitting| sitting.level.unwrap_or(USUAL));
        let raised = raised.and_then(|levels| levels.keys().next().copied());
        Some(said.chain(raised).min().unwrap_or(USUAL))
    }

    /// The sessions.
    pub(super) fn sessions(&self) -> Vec<(Arc<Client>, Arc<dyn Peer>)> {
        let sessions = self.sitting.values().filter(|sitting| sitting.is_session());
        sessions.map(|sitting| (Arc::clone(&sitting.client), Arc::clone(&sitting.peer))).collect()
    }

    /// The sessions that declared what it takes to be asked this.
    pub(super) fn able(&self, ask: &Ask) -> Vec<(Arc<Client>, Arc<dyn Peer>)> {
        let able = |sitting: &&Sitting| {
            sitting.is_session() && sitting.client.lacks(&ask.method, ask.params.as_ref()).is_none()
        };
        let able = self.sitting.values().filter(able);
        able.map(|sitting| (Arc::clone(&sitting.client), Arc::clone(&sitting.peer))).collect()
    }

    /// Who subscribed to a resource, or to one that it is a part of.
    pub(super) fn subscribers(&self, backend: &BackendName, native: &str) -> Vec<Subscriber> {
        let mut found = Vec::new();
        for sitting in self.sitting.values() {
            let own = sitting.subscribed.iter().filter(|(target, _)| target.backend == *backend);
            let mut part = false;
            let mut whole = None;
            for (target, exposed) in own {
                if target.native.as_str() == native {
                    whole = Some(exposed.clone());
                } else {
                    part |= is_part(target.native.as_str(), native);
                }
            }
            if whole.is_some() || part {
                let (client, peer) = (Arc::clone(&sitting.client), Arc::clone(&sitting.peer));
                found.push(Subscriber { client, peer, subscribed: whole });
            }
        }
        found
    }
}

/// Whether a URI names a part of another resource (2025-11-25, `ResourceUpdatedNotification`).
fn is_part(whole: &str, uri: &str) -> bool {
    uri.strip_prefix(whole)
        .is_some_and(|rest| whole.ends_with('/') || rest.starts_with('/') || rest.starts_with('#'))
}

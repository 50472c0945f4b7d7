//! The sessions of legacy clients over HTTP: who is there, and when one expires.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use mcpmux_core::config::Limits;

use super::streams::Streams;
use crate::door::conversation::Conversation;

/// All sessions.
pub(super) struct Sessions {
    sessions: RwLock<HashMap<Arc<str>, Arc<Session>>>,
    limit: usize,
    idle: Duration,
    epoch: Instant,
}

/// One client's conversation over HTTP.
pub(super) struct Session {
    pub(super) conversation: Arc<Conversation>,
    pub(super) streams: Arc<Streams>,
    /// When it was last heard of, in microseconds of [`Sessions::epoch`].
    heard: AtomicU64,
    /// Requests and streams that are open; meanwhile, or while the client is asked, the session is not idle.
    open: AtomicUsize,
}

/// Keeps a session from being idle.
pub(super) struct Busy(Arc<Session>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Session {
    pub(super) const fn new(conversation: Arc<Conversation>, streams: Arc<Streams>) -> Self {
        let (heard, open) = (AtomicU64::new(0), AtomicUsize::new(0));
        Self { conversation, streams, heard, open }
    }

    /// Notes that a request or a stream is open, for as long as what is returned lives.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.open.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    fn is_busy(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0 || self.conversation.reach.asks.is_open()
    }

    fn end(&self) {
        self.conversation.end();
        self.streams.end();
    }
}

impl Sessions {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sessions: RwLock::default(),
            limit: limits.sessions,
            idle: limits.session_idle,
            epoch: Instant::now(),
        }
    }

    /// A session id that nobody can guess: 128 random bits.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub(super) fn new_id() -> Result<Arc<str>, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(format!("{:032x}", u128::from_be_bytes(bytes)).into())
    }

    /// Keeps a session. If there are too many, the one that has been idle longest goes; `false` if none is idle.
    pub(super) fn add(&self, id: Arc<str>, session: Arc<Session>) -> bool {
        session.heard.store(self.now(), Ordering::Relaxed);
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        let mut gone = None;
        if sessions.len() >= self.limit {
            // Clients that leave without a word must not keep others out.
            let idle = sessions.iter().filter(|(_, session)| !session.is_busy());
            let oldest = idle.min_by_key(|(_, session)| session.heard.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(id, _)| Arc::clone(id)) else {
                return false;
            };
            gone = sessions.remove(&oldest);
        }
        sessions.insert(id, session);
        drop(sessions);
        if let Some(gone) = gone {
            gone.end();
        }
        true
    }

    /// The session of this id, which is thereby heard of.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Session>> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let session = Arc::clone(sessions.get(id)?);
        session.heard.store(self.now(), Ordering::Relaxed);
        Some(session)
    }

    /// Ends a session; `false` if there is none of this id.
    pub(super) fn end(&self, id: &str) -> bool {
        let session = self.sessions.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        session.inspect(|session| session.end()).is_some()
    }

    /// Ends the sessions that have been idle too long. While a request or a stream is open, one is not idle.
    pub(super) fn sweep(&self) {
        let now = self.now();
        let idle = u64::try_from(self.idle.as_micros()).unwrap_or(u64::MAX);
        let mut gone = Vec::new();
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| {
            if session.is_busy() {
                session.heard.store(now, Ordering::Relaxed);
                return true;
            }
            let keep = now.saturating_sub(session.heard.load(Ordering::Relaxed)) < idle;
            if !keep {
                gone.push(Arc::clone(session));
            }
            keep
        });
        drop(sessions);
        gone.iter().for_each(|session| session.end());
    }

    /// Ends what would never end by itself, since clients can no longer be heard: the GET streams, and questions.
    pub(super) fn leave(&self) {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        for session in sessions.values() {
            session.conversation.leave();
            session.streams.end_news();
        }
    }

    /// Ends all sessions.
    pub(super) fn clear(&self) {
        let sessions =
            std::mem::take(&mut *self.sessions.write().unwrap_or_else(PoisonError::into_inner));
        sessions.values().for_each(|session| session.end());
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

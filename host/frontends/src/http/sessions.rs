//! The sessions of legacy clients over HTTP: who they are, what they have under way, when they expire.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcpmux_core::client::Client;
use mcpmux_core::config::Limits;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// All sessions.
pub(super) struct Sessions {
    sessions: RwLock<HashMap<Arc<str>, Arc<Session>>>,
    limit: usize,
    idle: Duration,
    epoch: Instant,
}

/// One client's conversation.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    /// Requests under way, by the text of their id; dropping the sender cancels one.
    flights: Mutex<HashMap<Bytes, oneshot::Sender<()>>>,
    /// When it was last heard of, in microseconds of [`Sessions::epoch`].
    heard: AtomicU64,
    /// Ends the stream that is open; there is one at a time.
    stream: Mutex<CancellationToken>,
    /// Cancelled when the session ends.
    ended: CancellationToken,
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
    pub(super) fn add(&self, id: Arc<str>, client: Client) -> bool {
        let session = Session {
            client: Arc::new(client),
            flights: Mutex::default(),
            heard: AtomicU64::new(self.now()),
            stream: Mutex::default(),
            ended: CancellationToken::new(),
        };
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= self.limit {
            // Clients that leave without a word must not keep others out.
            let idle = sessions.iter().filter(|(_, session)| !session.is_busy());
            let oldest = idle.min_by_key(|(_, session)| session.heard.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(id, _)| Arc::clone(id)) else {
                return false;
            };
            if let Some(session) = sessions.remove(&oldest) {
                session.end();
            }
        }
        sessions.insert(id, Arc::new(session));
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

    /// Ends the sessions that have been idle too long. While a request or the stream is open, one is not idle.
    pub(super) fn sweep(&self) {
        let now = self.now();
        let idle = u64::try_from(self.idle.as_micros()).unwrap_or(u64::MAX);
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| {
            let busy = session.is_busy();
            if busy {
                session.heard.store(now, Ordering::Relaxed);
            }
            let keep = busy || now.saturating_sub(session.heard.load(Ordering::Relaxed)) < idle;
            if !keep {
                session.end();
            }
            keep
        });
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Session {
    /// Whether a request or a stream is open: the map holds one reference, each of them another.
    fn is_busy(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    /// Notes that a request is under way; the receiver ends when the client cancels it. `None` if another
    /// request of this id is under way: then the later one cannot be cancelled.
    pub(super) fn depart(&self, id: Bytes) -> Option<oneshot::Receiver<()>> {
        match self.flights().entry(id) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                let (cancel, cancelled) = oneshot::channel();
                place.insert(cancel);
                Some(cancelled)
            }
        }
    }

    /// Forgets a request: it was answered, or is to be cancelled.
    pub(super) fn land(&self, id: &Bytes) {
        self.flights().remove(id);
    }

    /// Opens the stream of server messages, ending the one that was open. The token ends it.
    pub(super) fn open_stream(&self) -> CancellationToken {
        let token = self.ended.child_token();
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *stream, token.clone()).cancel();
        token
    }

    fn end(&self) {
        self.ended.cancel();
        self.flights().clear();
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<Bytes, oneshot::Sender<()>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The `subscriptions/listen` streams of a modern link: which are open, what they were granted, and the resources
//! that calls subscribe to before anyone above has said that they are wanted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mcpmux_core::json::{Object, Raw};
use tokio::sync::{Notify, oneshot, watch};

/// Resources, by their URI at the backend.
pub(crate) type Uris = BTreeSet<String>;

/// What the current stream carries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carried {
    /// The resources that were asked for.
    pub(crate) asked: Uris,
    /// Those of them that the backend agreed to.
    pub(crate) granted: Uris,
}

/// The streams of one link.
pub(crate) struct Listens {
    open: Mutex<HashMap<u64, Option<oneshot::Sender<Uris>>>>,
    /// Resources that calls subscribe to, with how many such calls wait.
    extra: Mutex<BTreeMap<String, usize>>,
    /// Notified when those change.
    pub(crate) turned: Notify,
    /// What the current stream carries.
    pub(crate) carried: watch::Sender<Carried>,
}

impl Default for Listens {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            extra: Mutex::default(),
            turned: Notify::new(),
            carried: watch::Sender::new(Carried::default()),
        }
    }
}

impl Listens {
    /// A stream is about to be opened by the request of this number; the resources that the backend agrees to
    /// come out here.
    pub(crate) fn open(&self, id: u64) -> oneshot::Receiver<Uris> {
        let (granted, agreed) = oneshot::channel();
        lock(&self.open).insert(id, Some(granted));
        agreed
    }

    /// Whether the request of this number opened a stream that is still read.
    pub(crate) fn is_open(&self, id: u64) -> bool {
        lock(&self.open).contains_key(&id)
    }

    /// The stream is no longer read.
    pub(crate) fn close(&self, id: u64) {
        lock(&self.open).remove(&id);
    }

    /// The backend agreed to this; one that does not say which stream it means, means the newest.
    pub(crate) fn acknowledged(&self, id: Option<u64>, granted: &Object) {
        let uris = granted.get("resourceSubscriptions").and_then(|raw| raw.read::<Uris>().ok());
        let mut open = lock(&self.open);
        let newest = || open.keys().max().copied();
        let Some(id) = id.or_else(newest) else { return };
        let sender = open.get_mut(&id).and_then(Option::take);
        // If nobody waits any more, the stream was given up.
        let _ = sender.map(|sender| sender.send(uris.unwrap_or_default()));
    }

    /// A call subscribes to a resource.
    pub(crate) fn subscribe(&self, uri: &str) {
        *lock(&self.extra).entry(uri.to_owned()).or_default() += 1;
        self.turned.notify_one();
    }

    /// The call was answered; the resource stays until someone above says what is wanted.
    pub(crate) fn settle(&self, uri: &str, granted: bool) {
        let mut extra = lock(&self.extra);
        let waiting = extra.get_mut(uri).map(|waiting| {
            *waiting = waiting.saturating_sub(1);
            *waiting
        });
        if !granted && waiting == Some(0) {
            extra.remove(uri);
            self.turned.notify_one();
        }
    }

    /// A call unsubscribes from a resource.
    pub(crate) fn unsubscribe(&self, uri: &str) {
        if lock(&self.extra).remove(uri).is_some() {
            self.turned.notify_one();
        }
    }

    /// Someone above has said what is wanted: what no call waits for is no longer kept here.
    pub(crate) fn told(&self) {
        lock(&self.extra).retain(|_, waiting| *waiting > 0);
    }

    /// What is wanted above, and what calls subscribe to.
    pub(crate) fn wanted(&self, above: &Uris) -> Uris {
        above.iter().chain(lock(&self.extra).keys()).cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What to ask a modern backend to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The lists whose changes it can tell, by the member that asks for it.
    pub(crate) lists: Vec<&'static str>,
    /// Resources.
    pub(crate) uris: Uris,
}

impl Filter {
    /// Whether there is nothing to be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.uris.is_empty()
    }

    /// `params` of the request.
    pub(crate) fn params(&self) -> Object {
        let mut notifications = Object::default();
        for list in &self.lists {
            notifications.set(list, Raw::literal("true"));
        }
        if !self.uris.is_empty() {
            notifications.set("resourceSubscriptions", Raw::of(&self.uris));
        }
        let mut params = Object::default();
        params.set("notifications", notifications.to_raw());
        params
    }
}

//! Seeing to what clients want of a connected backend besides answers: changes, updates, log messages.
//!
//! A legacy backend is told once on each link, and its log level again when that changes; what is subscribed to
//! later comes as calls. A modern one is told by opening a stream of changes: one for the whole link, replaced by
//! another, which is opened before the old one is closed, whenever the resources change.

use std::future::pending;
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::catalog::EntryKind;
use mcpmux_core::config::Patience;
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::level::Level;
use mcpmux_core::ports::Wants;
use mcpmux_protocol::names::{SET_LEVEL, SUBSCRIBE};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

use crate::link::changed::Kinds;
use crate::link::listens::{Carried, Filter, Uris};
use crate::link::{Again, Hello, Link};

/// The first and the longest wait before a stream is opened again.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long a stream has to be acknowledged.
const ACKNOWLEDGE: Duration = Duration::from_secs(10);

/// Sees to what is wanted on this link. Never ends.
pub(super) async fn keep(
    link: &Link,
    hello: &Hello,
    wants: watch::Receiver<Wants>,
    patience: &Patience,
) {
    if hello.revision.era() == Era::Modern {
        return Listening::new(link, hello, wants).keep().await;
    }
    tokio::join!(hear(link), tell(link, hello, wants, patience));
}

/// Keeps a legacy backend's own stream open, if it has one. Never ends.
async fn hear(link: &Link) {
    let (mut wait, longest) = AGAIN;
    loop {
        if link.tune_in().await == Again::Never {
            return pending().await;
        }
        sleep(wait).await;
        wait = (wait * 2).min(longest);
        // What changed meanwhile was not heard.
        link.hearing().changed.doubt(Kinds::ALL);
    }
}

/// Tells a legacy backend what is wanted of it. Never ends.
async fn tell(link: &Link, hello: &Hello, mut wants: watch::Receiver<Wants>, patience: &Patience) {
    let Wants { uris, mut level } = wants.borrow_and_update().clone();
    set_level(link, hello, level, patience).await;
    if hello.subscribes() {
        for uri in uris {
            let mut params = Object::default();
            params.set("uri", Raw::string(&uri));
            request(link, SUBSCRIBE, params, patience).await;
        }
    }
    while wants.changed().await.is_ok() {
        let wanted = wants.borrow_and_update().level;
        if wanted != level {
            level = wanted;
            set_level(link, hello, level, patience).await;
        }
    }
    pending().await
}

async fn set_level(link: &Link, hello: &Hello, level: Option<Level>, patience: &Patience) {
    let Some(level) = level.filter(|_| hello.capabilities.is_some() && hello.declares("logging"))
    else {
        return;
    };
    let mut params = Object::default();
    params.set("level", Raw::string(level.as_str()));
    request(link, SET_LEVEL, params, patience).await;
}

async fn request(link: &Link, method: &str, params: Object, patience: &Patience) {
    let backend = &link.hearing().name;
    match link.ask(method, params, patience).await {
        Ok(Body::Result(_)) => {}
        Ok(Body::Error(_)) => warn!(%backend, method, "it refuses what it offers"),
        Err(fault) => debug!(%backend, method, why = %fault, "it was not told what is wanted"),
    }
}

/// The streams of a modern backend.
struct Listening<'a> {
    link: &'a Link,
    hello: &'a Hello,
    wants: watch::Receiver<Wants>,
    current: Option<Stream>,
    /// The one before, until this time.
    last: Option<(Instant, Stream)>,
    wait: Duration,
}

/// An open stream.
struct Stream {
    filter: Filter,
    reading: AbortOnDropHandle<Again>,
    _entry: Entry,
}

/// Its entry among the link's streams.
struct Entry(Link, u64);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.hearing().listens.close(self.1);
    }
}

impl<'a> Listening<'a> {
    fn new(link: &'a Link, hello: &'a Hello, wants: watch::Receiver<Wants>) -> Self {
        Self { link, hello, wants, current: None, last: None, wait: AGAIN.0 }
    }

    async fn keep(mut self) {
        loop {
            let filter = self.filter();
            let asked = filter.uris.clone();
            if filter.is_empty() {
                self.current = None;
                self.carry(asked, Uris::new());
            } else if self.current.as_ref().is_none_or(|current| current.filter != filter) {
                self.open(filter).await;
            }
            self.link.hearing().attentive.send_replace(true);
            self.wait_for_change().await;
        }
    }

    /// What to listen to now.
    fn filter(&mut self) -> Filter {
        let listens = &self.link.hearing().listens;
        let lists = [
            (EntryKind::Tool, "toolsListChanged"),
            (EntryKind::Prompt, "promptsListChanged"),
            (EntryKind::Resource, "resourcesListChanged"),
        ];
        let told = lists.into_iter().filter(|(kind, _)| self.hello.tells_changes(*kind));
        let uris = listens.wanted(&self.wants.borrow_and_update().uris);
        let uris = if self.hello.subscribes() { uris } else { Uris::new() };
        Filter { lists: told.map(|(_, member)| member).collect(), uris }
    }

    /// Opens a stream in the place of the current one; if it is refused, that one stays.
    async fn open(&mut self, filter: Filter) {
        let hearing = self.link.hearing();
        let (id, params, link) = (self.link.number(), filter.params(), self.link.clone());
        let granted = hearing.listens.open(id);
        let entry = Entry(self.link.clone(), id);
        let task = hearing.runtime.spawn(async move { link.listen(id, params).await });
        let mut reading = AbortOnDropHandle::new(task);
        let again = tokio::select! {
            biased;
            granted = timeout(ACKNOWLEDGE, granted) => {
                // One that acknowledges nothing may still tell; what it was not asked for in time, it is not.
                let uris = granted.ok().and_then(Result::ok).unwrap_or_default();
                self.carry(filter.uris.clone(), uris);
                let stream = Stream { filter, reading, _entry: entry };
                let until = Instant::now() + self.link.overlap();
                self.last = self.current.replace(stream).map(|last| (until, last));
                self.wait = AGAIN.0;
                return;
            }
            again = &mut reading => again.unwrap_or(Again::Later),
        };
        self.carry(filter.uris.clone(), Uris::new());
        if again == Again::Later {
            self.broke_off().await;
        } else {
            debug!(backend = %hearing.name, "it does not open a stream of changes");
            // Until something else is wanted, it is not asked again.
            let reading = AbortOnDropHandle::new(hearing.runtime.spawn(pending()));
            if self.current.is_none() {
                self.current = Some(Stream { filter, reading, _entry: entry });
            }
        }
    }

    /// Says what the stream carries, for the calls that wait for it.
    fn carry(&self, asked: Uris, granted: Uris) {
        self.link.hearing().listens.carried.send_replace(Carried { asked, granted });
    }

    /// Waits until something else may have to be listened to.
    async fn wait_for_change(&mut self) {
        let listens = &self.link.hearing().listens;
        loop {
            let last = self.last.as_ref().map(|(until, _)| *until);
            let overlap = async {
                match last {
                    Some(until) => sleep_until(until).await,
                    None => pending().await,
                }
            };
            let ended = async {
                match &mut self.current {
                    Some(current) => drop((&mut current.reading).await),
                    None => pending().await,
                }
            };
            tokio::select! {
                () = overlap => self.last = None,
                changed = self.wants.changed() => {
                    if changed.is_err() {
                        return pending().await;
                    }
                    listens.told();
                    return;
                }
                () = listens.turned.notified() => return,
                () = ended => {
                    self.current = None;
                    return self.broke_off().await;
                }
            }
        }
    }

    /// A stream ended: the next one is opened after a while, and what changed meanwhile is asked for.
    async fn broke_off(&mut self) {
        let hearing = self.link.hearing();
        hearing.attentive.send_replace(true);
        sleep(self.wait).await;
        self.wait = (self.wait * 2).min(AGAIN.1);
        hearing.changed.doubt(Kinds::ALL);
    }
}

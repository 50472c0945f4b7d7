//! What a backend says on a link besides answers, and who hears it.
//!
//! What comes on the stream of one call belongs to that call. Where one stream carries everything, progress is
//! told apart by its token; a log message, or a notification that mcpmux does not know, is the call's if only one
//! client has calls under way, and is heard by the floor above otherwise. Updates of resources are always heard
//! there. Everything is passed on before the next message of the same stream is looked at, so it stays in order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use mcpmux_core::call::Body;
use mcpmux_core::catalog::EntryKind;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::peer::Event;
use mcpmux_core::ports::{BackendEvents, Pending as Future};
use mcpmux_protocol::names::{
    ACKNOWLEDGED, CANCELLED, MESSAGE, PROGRESS, PROMPTS_CHANGED, RESOURCES_CHANGED, TOOLS_CHANGED,
    UPDATED,
};
use mcpmux_protocol::{Message, meta};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::debug;

use super::asks::{self, Asks};
use super::changed::{Changed, Kinds};
use super::closing::Closing;
use super::hello::Hello;
use super::listens::Listens;
use super::number_of;
use super::pending::Pending;
use super::underway::{Owner, Underway};

/// A link as something that hears its backend and can say something to it.
pub(crate) trait Voice: Send + Sync + 'static {
    /// What the link has heard.
    fn hearing(&self) -> &Hearing;

    /// Sends a message that has no answer. Where messages can overtake each other, the future is done when this
    /// one has arrived.
    fn say(&self, message: Vec<u8>) -> Future<'_, ()>;
}

/// What both sorts of links know of their conversation.
pub(crate) struct Hearing {
    /// Whose link it is.
    pub(crate) name: BackendName,
    /// The link's end.
    pub(crate) closing: Closing,
    /// Which lists have changed.
    pub(crate) changed: Changed,
    /// What waits for an answer.
    pub(crate) pending: Pending,
    /// What the backend asks.
    pub(crate) asks: Asks,
    /// The streams of changes of a modern backend.
    pub(crate) listens: Listens,
    /// Whether a change would be heard by now.
    pub(crate) attentive: watch::Sender<bool>,
    /// Whether it has asked for the roots, and so wants to know when they change.
    pub(crate) wants_roots: AtomicBool,
    /// Where questions wait for their answers.
    pub(crate) runtime: Handle,
    /// Hears what belongs to no call.
    pub(crate) events: Arc<dyn BackendEvents>,
    hello: OnceLock<Arc<Hello>>,
}

impl Hearing {
    /// Nothing heard yet. Needs a tokio runtime.
    pub(crate) fn new(name: BackendName, events: Arc<dyn BackendEvents>) -> Self {
        Self {
            name,
            closing: Closing::default(),
            changed: Changed::default(),
            pending: Pending::default(),
            asks: Asks::default(),
            listens: Listens::default(),
            attentive: watch::Sender::new(false),
            wants_roots: AtomicBool::new(false),
            runtime: Handle::current(),
            events,
            hello: OnceLock::new(),
        }
    }

    /// The handshake found this.
    pub(crate) fn met(&self, hello: &Hello) {
        // A link shakes hands once.
        let _ = self.hello.set(Arc::new(hello.clone()));
    }

    /// What the backend said of itself, once it has.
    pub(crate) fn hello(&self) -> Option<&Arc<Hello>> {
        self.hello.get()
    }

    /// The revision spoken.
    pub(crate) fn revision(&self) -> Revision {
        self.hello.get().map_or(Revision::NEWEST_LEGACY, |hello| hello.revision)
    }

    /// Why the link ended.
    pub(crate) fn why(&self) -> String {
        self.closing.why().map_or_else(|| "the link ended".to_owned(), ToString::to_string)
    }

    /// The backend said something that is no answer; `of`: on the stream of this call.
    pub(crate) fn heard<V: Voice>(voice: &Arc<V>, of: Option<&Arc<Underway>>, message: Message) {
        match message {
            Message::Notification { method, params } => {
                voice.hearing().notified(of, method, params);
            }
            Message::Request { id, method, params } => asks::asked(voice, of, id, method, params),
            Message::Response { .. } => {
                debug!(backend = %voice.hearing().name, "an answer came that nobody waits for");
            }
        }
    }

    fn notified(&self, of: Option<&Arc<Underway>>, method: String, params: Option<Raw>) {
        let object = || params.as_ref().and_then(|params| params.object().ok()).unwrap_or_default();
        match method.as_str() {
            PROGRESS => self.progress(of, object()),
            MESSAGE => self.tell(of, Event::Message(object())),
            UPDATED => {
                let mut params = object();
                untag(&mut params);
                self.events.heard(&self.name, Event::Updated(params));
            }
            TOOLS_CHANGED => self.changed.announce(Kinds::one(EntryKind::Tool)),
            PROMPTS_CHANGED => self.changed.announce(Kinds::one(EntryKind::Prompt)),
            RESOURCES_CHANGED => self.changed.announce(Kinds::RESOURCES),
            ACKNOWLEDGED if self.is_modern() => self.acknowledged(&object()),
            CANCELLED => self.cancelled(&object()),
            _ => self.tell(of, Event::Other { method, params }),
        }
    }

    fn progress(&self, of: Option<&Arc<Underway>>, params: Object) {
        if let Some(call) = of {
            return call.progress(params);
        }
        let token = params.get(meta::PROGRESS_TOKEN).and_then(number_of);
        match token.and_then(|token| self.pending.call(token)) {
            Some(call) => call.progress(params),
            None => self.events.heard(&self.name, Event::Progress(params)),
        }
    }

    /// Tells the client whose call is meant, or the floor above.
    fn tell(&self, of: Option<&Arc<Underway>>, event: Event) {
        if let Some(call) = of {
            return call.event(event);
        }
        match Owner::among(&self.pending.calls()) {
            Owner::Call(call) if call.peer.is_some() => call.event(event),
            _ => self.events.heard(&self.name, event),
        }
    }

    fn acknowledged(&self, params: &Object) {
        let granted = params.get("notifications").and_then(|raw| raw.object().ok());
        self.listens.acknowledged(subscription(params), &granted.unwrap_or_default());
    }

    /// The backend takes a question back, or ends a stream of changes.
    fn cancelled(&self, params: &Object) {
        let Some(id) = params.get("requestId") else { return };
        self.asks.take_back(id);
        if let Some(id) = number_of(id).filter(|id| self.listens.is_open(*id)) {
            self.pending.answer(id, Ok(Body::Result(Raw::literal("{}"))));
        }
    }

    fn is_modern(&self) -> bool {
        self.revision().era() == Era::Modern
    }

    /// Notes that roots were asked for.
    pub(crate) fn asked_for_roots(&self) {
        self.wants_roots.store(true, Ordering::Relaxed);
    }
}

/// The subscription that a notification belongs to, one of our own numbers.
fn subscription(params: &Object) -> Option<u64> {
    params.get("_meta")?.object().ok()?.get(meta::SUBSCRIPTION).and_then(number_of)
}

/// Takes the subscription's number out: it is ours, and means nothing above.
fn untag(params: &mut Object) {
    let Some(Ok(mut inner)) = params.get("_meta").map(Raw::object) else { return };
    if inner.take(meta::SUBSCRIPTION).is_none() {
        return;
    }
    if inner.is_empty() {
        params.take("_meta");
    } else {
        params.set("_meta", inner.to_raw());
    }
}

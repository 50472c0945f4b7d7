//! The conversation with a legacy client, whatever carries it: what belongs to its session and to no single call.

use std::sync::{Arc, Mutex, PoisonError};

use mcpmux_core::call::{Body, Method};
use mcpmux_core::client::Client;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::level::Level;
use mcpmux_core::peer::Flight;
use mcpmux_mux::{Generations, Seat};
use mcpmux_protocol::names::{
    CANCELLED, INITIALIZED, PING, PROGRESS, PROMPTS_CHANGED, RESOURCES_CHANGED, ROOTS_CHANGED,
    ROOTS_LIST, SET_LEVEL, SUBSCRIBE, TOOLS_CHANGED, UNSUBSCRIBE,
};
use mcpmux_protocol::write;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::flights::Flights;
use super::outlet::Outlet;
use super::reach::{Reach, SessionPeer};
use super::{Door, Reply, Request, calls, invalid};

/// One client's conversation, from `initialize` to its end.
pub(crate) struct Conversation {
    pub(crate) reach: Arc<Reach>,
    pub(crate) flights: Arc<Flights>,
    /// Its place at the mux; given up at the end.
    seat: Mutex<Option<Arc<Seat>>>,
    /// Cancelled at the end.
    pub(crate) ended: CancellationToken,
}

impl Conversation {
    /// Begins a conversation; `outlet` is the way for what belongs to no call.
    pub(crate) fn begin(
        door: &Door,
        client: Client,
        flights: Arc<Flights>,
        outlet: Arc<impl Outlet>,
    ) -> Self {
        let reach = Arc::new(Reach::new(Arc::new(client), door.limits.asks));
        let peer = Arc::new(SessionPeer { reach: Arc::clone(&reach), outlet });
        let seat = door.mux.join(Arc::clone(&reach.client), peer);
        Self {
            reach,
            flights,
            seat: Mutex::new(Some(Arc::new(seat))),
            ended: CancellationToken::new(),
        }
    }

    /// The client says something that wants no answer.
    pub(crate) fn hear(&self, method: &str, params: Object) {
        match method {
            INITIALIZED => {
                self.reach.greeted.cancel();
                if self.reach.client.lacks(ROOTS_LIST, None).is_none() {
                    self.roots_changed();
                }
            }
            CANCELLED => {
                if let Some(id) = params.get("requestId") {
                    self.flights.cancel(id);
                }
            }
            PROGRESS => self.reach.asks.progressed(params),
            ROOTS_CHANGED => self.roots_changed(),
            _ => {}
        }
    }

    fn roots_changed(&self) {
        if let Some(seat) = self.seat() {
            seat.roots_changed();
        }
    }

    /// The client answers what it was asked.
    pub(crate) fn answered(&self, id: &Raw, body: Body) {
        self.reach.asks.answered(id, body);
    }

    /// Answers a request; `None` if the client cancelled it.
    pub(crate) async fn answer(
        &self,
        door: &Door,
        mut request: Request,
        flight: Flight,
    ) -> Option<Reply> {
        let id = request.id.clone();
        request.level = Some(self.reach.level().unwrap_or(Level::Info));
        let answer = async {
            match request.method.as_str() {
                PING => Reply::answer(write::result(&request.id, Raw::literal("{}"))),
                SET_LEVEL => self.set_level(&request),
                SUBSCRIBE => self.subscribe(Method::Subscribe, request, flight).await,
                UNSUBSCRIBE => self.subscribe(Method::Unsubscribe, request, flight).await,
                _ => door.answer(request, flight).await,
            }
        };
        self.flights.fly(&id, answer).await
    }

    fn set_level(&self, request: &Request) -> Reply {
        let level = request.params.get("level").and_then(|level| Level::parse(&level.as_string()?));
        let Some(level) = level else {
            return invalid(&request.id, "`params.level` must be one of the log levels");
        };
        self.reach.set_level(level);
        if let Some(seat) = self.seat() {
            seat.set_level(level);
        }
        Reply::answer(write::result(&request.id, Raw::literal("{}")))
    }

    async fn subscribe(&self, method: Method, request: Request, flight: Flight) -> Reply {
        let (id, era) = (request.id.clone(), request.client.era());
        let call = match calls::call(method, request) {
            Ok(call) => call,
            Err(why) => return invalid(&id, &why),
        };
        let Some(seat) = self.seat() else {
            return invalid(&id, "the session has ended");
        };
        let outcome = match method {
            Method::Unsubscribe => seat.unsubscribe(call, flight).await,
            _ => seat.subscribe(call, flight).await,
        };
        calls::reply(&id, method, era, outcome)
    }

    /// Tells the client of changed lists, until the conversation ends. What changes at once is told once.
    pub(crate) async fn follow(
        &self,
        mut changes: watch::Receiver<Generations>,
        outlet: &impl Outlet,
    ) {
        let mut known = *changes.borrow_and_update();
        tokio::select! {
            () = self.ended.cancelled() => return,
            () = self.reach.greeted.cancelled() => {}
        }
        loop {
            tokio::select! {
                () = self.ended.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            let now = *changes.borrow_and_update();
            for method in changed(known, now) {
                outlet.tell(write::notification(method, None));
            }
            known = now;
        }
    }

    /// The client can no longer be heard: what it was asked gets no answer any more.
    pub(crate) fn leave(&self) {
        self.reach.asks.end();
    }

    /// Ends the conversation: what is under way is cancelled, what was asked gets no answer any more.
    pub(crate) fn end(&self) {
        self.ended.cancel();
        self.leave();
        self.flights.clear();
        self.seat.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn seat(&self) -> Option<Arc<Seat>> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The notifications that say how one state of the lists became another.
pub(super) fn changed(
    before: Generations,
    after: Generations,
) -> impl Iterator<Item = &'static str> {
    [
        (before.tools != after.tools, TOOLS_CHANGED),
        (before.prompts != after.prompts, PROMPTS_CHANGED),
        (before.resources != after.resources, RESOURCES_CHANGED),
    ]
    .into_iter()
    .filter_map(|(changed, method)| changed.then_some(method))
}
